# `make bench` measures; `make bench BENCH_FLAGS='--only export --rounds 3'`.
EXTRA_DIST += bench/gen bench/gen-store bench/run bench/shape.py
EXTRA_PROGRAMS += bench/measure
CLEANFILES += bench/measure$(EXEEXT)
bench_measure_SOURCES = bench/measure.c
BENCH_FLAGS =

.PHONY: bench
bench: all bench/measure$(EXEEXT)
	$(srcdir)/bench/run --measure bench/measure$(EXEEXT) --nxctl ./nxctl$(EXEEXT) --nxtraced ./nxtraced$(EXEEXT) $(BENCH_FLAGS)
