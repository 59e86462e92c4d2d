noinst_LIBRARIES += libnx_archive.a
libnx_archive_a_SOURCES = \
	src/archive/archive.c src/archive/archive.h \
	src/archive/batch.c src/archive/batch.h \
	src/archive/copy.c src/archive/copy.h \
	src/archive/retain.c src/archive/retain.h
