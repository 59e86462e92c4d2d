noinst_LIBRARIES += libnx_trace.a
libnx_trace_a_SOURCES = \
	src/trace/args.c \
	src/trace/args.h \
	src/trace/emit.c \
	src/trace/emit.h \
	src/trace/run.c \
	src/trace/scripts.c \
	src/trace/spans.c \
	src/trace/state.h \
	src/trace/table.c \
	src/trace/table.h \
	src/trace/table_impl.h \
	src/trace/table_tests.c \
	src/trace/tests.c \
	src/trace/trace.c \
	src/trace/trace.h
