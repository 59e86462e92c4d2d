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
