noinst_LIBRARIES += libnx_recording.a
libnx_recording_a_SOURCES = \
	src/recording/output.c \
	src/recording/portable.c \
	src/recording/recording.c src/recording/recording.h src/recording/recording_impl.h \
	src/recording/runlog.c src/recording/runlog.h
