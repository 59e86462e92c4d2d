noinst_LIBRARIES += libnx_store.a
libnx_store_a_SOURCES = \
	src/store/layout.h \
	src/store/run.h \
	src/store/runlist.h
