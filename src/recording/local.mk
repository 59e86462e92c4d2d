noinst_LIBRARIES += libnx_recording.a
libnx_recording_a_SOURCES = \
	src/recording/recording.h \
	src/recording/runlog.h
