noinst_LIBRARIES += libnx_index.a
libnx_index_a_SOURCES = \
	src/index/impl.h \
	src/index/index.h \
	src/index/open.c \
	src/index/outcomes.def \
	src/index/read.c \
	src/index/rows.h \
	src/index/schema.c \
	src/index/write.c
