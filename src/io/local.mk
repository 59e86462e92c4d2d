noinst_LIBRARIES += libnx_io.a
libnx_io_a_SOURCES = \
	src/io/encode.c src/io/encode.h \
	src/io/reader.h \
	src/io/sink.h \
	src/io/zip.h \
	src/io/zstd.h
