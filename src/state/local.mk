noinst_LIBRARIES += libnx_state.a
libnx_state_a_SOURCES = src/state/home.h src/state/home.c src/state/traces.h src/state/traces.c src/state/quota.h src/state/quota.c
