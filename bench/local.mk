# `make bench` measures: bench-run BENCH_FLAGS='--only export --rounds 3', then bench-scale.
EXTRA_DIST += bench/figures.py bench/gen bench/gen-store bench/live.py bench/run bench/scale bench/shape.py
EXTRA_PROGRAMS += bench/measure bench/index_bench
CLEANFILES += bench/measure$(EXEEXT) bench/index_bench$(EXEEXT)
bench_measure_SOURCES = bench/measure.c
bench_index_bench_SOURCES = bench/index_bench.c
bench_index_bench_LDADD = $(NX_catalog)
BENCH_FLAGS =

BENCH_ALL = --measure bench/measure$(EXEEXT) --nxctl ./nxctl$(EXEEXT) --nxtraced ./nxtraced$(EXEEXT)

.PHONY: bench bench-run bench-scale
bench: bench-run bench-scale
bench-run: all bench/measure$(EXEEXT)
	$(srcdir)/bench/run $(BENCH_ALL) $(BENCH_FLAGS)
# A store of 10,000 runs; BENCH_SCALE_FLAGS='--runs 1000 --only list'.
BENCH_SCALE_FLAGS =
bench-scale: all bench/measure$(EXEEXT) bench/index_bench$(EXEEXT)
	$(srcdir)/bench/scale --index bench/index_bench$(EXEEXT) $(BENCH_ALL) $(BENCH_SCALE_FLAGS)
