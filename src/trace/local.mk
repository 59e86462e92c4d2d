noinst_LIBRARIES += libnx_trace.a
libnx_trace_a_SOURCES =
