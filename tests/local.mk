# Every test speaks TAP, so that each single check counts (automake's tap-driver writes a .log and a .trs per program;
# tests/tools/tally adds the .trs files up).
EXTRA_DIST += tests/conftest.py tests/pytest.ini tests/support tests/tools tests/layout tests/data \
	tests/cli tests/http tests/golden tests/e2e

TEST_EXTENSIONS =
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = \
	NX_SRCDIR='$(abs_top_srcdir)'; export NX_SRCDIR; \
	NX_BUILDDIR='$(abs_top_builddir)'; export NX_BUILDDIR; \
	NX_TEST_DATA='$(abs_top_srcdir)/tests/data'; export NX_TEST_DATA; \
	NXCTL='$(abs_top_builddir)/nxctl$(EXEEXT)'; export NXCTL; \
	NXTRACED='$(abs_top_builddir)/nxtraced$(EXEEXT)'; export NXTRACED; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	NM='$(NM)'; export NM; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	ASAN_OPTIONS='detect_leaks=1:abort_on_error=1:detect_stack_use_after_return=1'; export ASAN_OPTIONS; \
	UBSAN_OPTIONS='print_stacktrace=1:halt_on_error=1'; export UBSAN_OPTIONS;

# --- unit tests (cmocka) -------------------------------------------------------------------------------------------
# tests/unit/<folder>_<subject>.c is a program of its own. Add it to UNIT_TESTS and say which folder's list it links:
#     tests_unit_json_scan_LDADD = $(NX_json) $(CMOCKA_LIBS)
UNIT_TESTS =
EXTRA_DIST += tests/unit
include tests/unit/local.mk
if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
