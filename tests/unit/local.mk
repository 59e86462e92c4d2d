# Unit tests: one program per file; it links its own folder's archives and no others.
UNIT_TESTS += tests/unit/base_arena
tests_unit_base_arena_LDADD = $(NX_base) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/base_err
tests_unit_base_err_LDADD = $(NX_base) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/base_limits
tests_unit_base_limits_LDADD = $(NX_base) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/base_strbuf
tests_unit_base_strbuf_LDADD = $(NX_base) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/json_doc
tests_unit_json_doc_LDADD = $(NX_json) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/state_traces
tests_unit_state_traces_LDADD = $(NX_state) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/watch_watch
tests_unit_watch_watch_LDADD = $(NX_watch) $(CMOCKA_LIBS)
