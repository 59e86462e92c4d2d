# `make bench` measures; `make bench BENCH_FLAGS='--only export --rounds 3'`.
EXTRA_DIST += bench
BENCH_FLAGS =

.PHONY: bench
bench: all
	$(srcdir)/bench/run --nxctl ./nxctl$(EXEEXT) --nxtraced ./nxtraced$(EXEEXT) $(BENCH_FLAGS)
