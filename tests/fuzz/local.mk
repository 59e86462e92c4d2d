# Fuzz targets. Normally each replays its corpus (tests/fuzz/replay.c) in `make check`; with clang and
# --enable-fuzz each is a libFuzzer program:
#     ./fuzz_line -max_len=4096 NEW-CORPUS tests/fuzz/corpus/fuzz_line
if ENABLE_FUZZ
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif

FUZZ_TARGETS += tests/fuzz/fuzz_line
tests_fuzz_fuzz_line_SOURCES = tests/fuzz/fuzz_line.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_line_LDADD = $(NX_trace)
tests_fuzz_fuzz_line_LDFLAGS = $(AM_LDFLAGS) $(NX_FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_list
tests_fuzz_fuzz_list_SOURCES = tests/fuzz/fuzz_list.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_list_LDADD = $(NX_store)
tests_fuzz_fuzz_list_LDFLAGS = $(AM_LDFLAGS) $(NX_FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_log
tests_fuzz_fuzz_log_SOURCES = tests/fuzz/fuzz_log.c tests/fuzz/fuzz.h tests/fuzz/check_timeline.h tests/fuzz/check_trace.h \
	$(FUZZ_MAIN)
tests_fuzz_fuzz_log_LDADD = $(NX_api)
tests_fuzz_fuzz_log_LDFLAGS = $(AM_LDFLAGS) $(NX_FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_portable
tests_fuzz_fuzz_portable_SOURCES = tests/fuzz/fuzz_portable.c tests/fuzz/fuzz.h tests/fuzz/check_trace.h $(FUZZ_MAIN)
tests_fuzz_fuzz_portable_LDADD = $(NX_api)
tests_fuzz_fuzz_portable_LDFLAGS = $(AM_LDFLAGS) $(NX_FUZZ_LDFLAGS)
