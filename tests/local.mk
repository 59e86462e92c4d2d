# Every test speaks TAP, so that each single check counts: automake's tap-driver writes a .log and a .trs per program,
# and tests/tools/tally adds the .trs files up.
#
#     make check             everything
#     make check TESTS=tests/unit/json_scan
#     make check-asan        everything, built with AddressSanitizer and UBSan in asan/
#     make check-valgrind    the unit tests under valgrind

# Whole folders, but for those in which a build in place leaves something.
EXTRA_DIST += tests/conftest.py tests/pytest.ini tests/requirements.txt tests/support tests/tools tests/layout tests/data \
	tests/api tests/cli tests/http tests/golden tests/e2e tests/browser tests/fuzz/corpus tests/suite/layout $(PYTEST_SUITES)

TEST_EXTENSIONS =
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
# A suite that hangs must end all the same.
LOG_COMPILER = timeout --foreground -k 10 1500
AM_TESTS_ENVIRONMENT = \
	NX_SRCDIR=`cd '$(top_srcdir)' && pwd -P`; export NX_SRCDIR; \
	NX_BUILDDIR='$(abs_top_builddir)'; export NX_BUILDDIR; \
	NX_TEST_DATA="$$NX_SRCDIR/tests/data"; export NX_TEST_DATA; \
	NXCTL='$(abs_top_builddir)/nxctl$(EXEEXT)'; export NXCTL; \
	NXTRACED='$(abs_top_builddir)/nxtraced$(EXEEXT)'; export NXTRACED; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	NM='$(NM)'; export NM; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	ASAN_OPTIONS='detect_leaks=1:abort_on_error=1:detect_stack_use_after_return=1'; export ASAN_OPTIONS; \
	UBSAN_OPTIONS='print_stacktrace=1:halt_on_error=1'; export UBSAN_OPTIONS;

# --- unit tests (cmocka) and fuzz targets; their lists are in the folders -----------------------------------------
UNIT_TESTS =
FUZZ_TARGETS =
include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/fault/local.mk

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
if ENABLE_FUZZ
noinst_PROGRAMS += $(FUZZ_TARGETS)
else
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
endif

# --- the tree's shape, and the black-box tests (pytest) -----------------------------------------------------------
TESTS += tests/suite/layout
TESTS += $(PYTEST_SUITES)
# The longest first, so that it does not end alone.
PYTEST_SUITES = tests/suite/browser tests/suite/golden tests/suite/api tests/suite/cli tests/suite/http \
	tests/suite/e2e tests/suite/fault

# --- the same again under a watcher ------------------------------------------------------------------------------
VALGRIND_FLAGS = --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect \
	--show-leak-kinds=definite,indirect --trace-children=no --num-callers=30
VALGRIND_TRS = $(UNIT_TESTS:tests/unit/%=valgrind/%.trs)

.PHONY: check-valgrind check-asan valgrind-rerun
# A program that did not build counts as one failure.
check-valgrind:
	@test -n '$(VALGRIND)' || { echo 'check-valgrind: configure found no valgrind' >&2; exit 1; }
	$(AM_V_at)rm -rf valgrind
	-$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) -k $(UNIT_TESTS)
	-$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) -k $(VALGRIND_TRS)
	$(AM_V_at)$(srcdir)/tests/tools/tally valgrind=valgrind

$(VALGRIND_TRS): valgrind/%.trs: valgrind-rerun
	@$(MKDIR_P) valgrind
	@NX_VALGRIND=1; export NX_VALGRIND; $(AM_TESTS_ENVIRONMENT) \
	$(LOG_DRIVER) --test-name valgrind/$* --log-file valgrind/$*.log --trs-file $@ --color-tests no \
		--enable-hard-errors yes --expect-failure no -- $(LOG_COMPILER) $(VALGRIND) $(VALGRIND_FLAGS) tests/unit/$*

# A build folder of its own, because the objects differ.
check-asan:
	@$(MKDIR_P) asan
	cd asan && { test -f config.status || \
		CC='$(CC)' $(abs_top_srcdir)/configure --enable-sanitizers --quiet PYTHON='$(PYTHON)'; }
	cd asan && $(MAKE) $(AM_MAKEFLAGS) check

clean-local:
	rm -rf asan valgrind
