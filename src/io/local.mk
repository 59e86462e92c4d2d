noinst_LIBRARIES += libnx_io.a
libnx_io_a_SOURCES = \
	src/io/dirs.c src/io/dirs.h \
	src/io/encode.c src/io/encode.h \
	src/io/reader.c src/io/reader.h src/io/reader_impl.h \
	src/io/sink.c src/io/sink.h src/io/sink_file.c \
	src/io/spool.c src/io/spool.h \
	src/io/zip.c src/io/zip.h \
	src/io/zip_cursor.c src/io/zip_cursor.h \
	src/io/zip_end.c \
	src/io/zip_entry.c src/io/zip_entry.h \
	src/io/zip_layout.c src/io/zip_layout.h \
	src/io/zstd.c src/io/zstd.h
