noinst_LIBRARIES += libnx_index.a
libnx_index_a_SOURCES = \
	src/index/impl.h \
	src/index/index.h \
	src/index/open.c \
	src/index/outcomes.def \
	src/index/over.c \
	src/index/query.c \
	src/index/query.h \
	src/index/read_execs.c \
	src/index/read_runs.c \
	src/index/read_tests.c \
	src/index/rows.c \
	src/index/rows.h \
	src/index/schema.c \
	src/index/stores.c \
	src/index/write.c
