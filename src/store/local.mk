noinst_LIBRARIES += libnx_store.a
libnx_store_a_SOURCES = \
	src/store/encode.c \
	src/store/layout.c src/store/layout.h \
	src/store/listdoc.c src/store/listdoc.h \
	src/store/lock.c src/store/lock.h \
	src/store/pull.c src/store/pull.h \
	src/store/run.c src/store/run.h src/store/run_parse.c src/store/run_write.c src/store/run_write.h \
	src/store/runlist.c src/store/runlist.h
