/* store/run: one run out of JSON, by serde's rules; copies; versions. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "store/pull.h"
#include "store/run.h"

#define ID "\"run-id\":\"9EBB38DF116E4545AD7C0AF083E688AB\","
#define VERSION "\"store-format-version\":2,\"nextest-version\":\"0.9.143-rc.1+x.07\","
#define TIMES "\"started-at\":\"2026-11-24T10:14:06.5+01:00\",\"last-written-at\":\"2026-11-24T09:14:07Z\","
#define SIZES                                                                                                \
    "\"sizes\":{\"log\":{\"compressed\":18446744073709551615,\"uncompressed\":2},\"store\":{\"compressed\":" \
    "3,"                                                                                                     \
    "\"uncompressed\":4,\"entries\":5,\"new\":[]}},"
#define STATUS "\"status\":{\"status\":\"incomplete\"}"

static int parse(const char *json, struct nx_run *run, struct nx_err *err)
{
    char padded[4096 + NX_SCAN_PAD] = "";
    struct nx_pull p;
    assert_true(strlen(json) <= 4096);
    strcpy(padded, json);
    nx_pull_init(&p, padded, strlen(json), err);
    int rc = nx_run_parse(&p, run);
    if (rc == 0)
        assert_true(nx_pull_end(&p));
    nx_pull_fini(&p);
    return rc;
}

static void good(const char *json, struct nx_run *run)
{
    struct nx_err err;
    if (parse(json, run, &err) < 0)
        fail_msg("%s: %s", json, err.why);
}

/* Refused, with these words in the reason; the run that was there is untouched. */
static void bad(const char *json, const char *why)
{
    struct nx_run run = {.env_n = 77};
    struct nx_err err;
    assert_int_equal(parse(json, &run, &err), -NX_EFORMAT);
    if (!strstr(err.why, why))
        fail_msg("%s: %s", json, err.why);
    assert_int_equal(run.env_n, 77);
}

static void least(void **state)
{
    (void)state;
    struct nx_run r;
    good("{" ID VERSION TIMES SIZES STATUS "}", &r);
    assert_string_equal(r.id, "9ebb38df-116e-4545-ad7c-0af083e688ab");
    assert_int_equal(r.store_major, 2);
    assert_int_equal(r.store_minor, 0);
    assert_string_equal(r.nextest_version, "0.9.143-rc.1+x.07");
    assert_int_equal(r.started_at.sec, 1795511646);
    assert_int_equal(r.started_at.nsec, 500000000);
    assert_int_equal(r.started_at.offset, 3600);
    assert_false(r.has_duration);
    assert_int_equal(r.cli_args_n, 0);
    assert_null(r.cli_args[0]);
    assert_int_equal(r.env_n, 0);
    assert_string_equal(r.parent_id, "");
    assert_true(r.log.compressed == UINT64_MAX);
    assert_int_equal(r.log.entries, 0);
    assert_int_equal(r.store.entries, 5);
    assert_int_equal(r.status, NX_RUN_INCOMPLETE);
    assert_string_equal(r.status_text, "incomplete");
    assert_false(nx_run_ended(&r));
    nx_run_fini(&r);
}

static void most(void **state)
{
    (void)state;
    struct nx_run r, c;
    struct nx_err err;
    good("{" ID VERSION TIMES SIZES "\"store-format-minor-version\":1,\"duration-secs\":1.25,"
         "\"cli-args\":[\"cargo\",\"nextest \\u00e9\"],\"build-scope-args\":[\"-p\"],"
         "\"env-vars\":{\"NEXTEST_B\":\"1\",\"CARGO_A\":\"\",\"NEXTEST_B\":\"2\"},"
         "\"parent-run-id\":\"urn:uuid:9ebb38df-116e-4545-ad7c-0af083e688ac\",\"new\":{\"a\":1,\"a\":2},"
         "\"status\":{\"status\":\"cancelled\",\"initial-run-count\":10,\"passed\":5,\"failed\":1,"
         "\"exit-code\":-100,\"new\":0}}",
         &r);
    assert_int_equal(nx_run_copy(&c, &r, &err), 0);
    nx_run_fini(&r);
    assert_true(c.has_duration && c.duration_secs == 1.25);
    assert_int_equal(c.cli_args_n, 2);
    assert_string_equal(c.cli_args[1], "nextest \xc3\xa9");
    assert_null(c.cli_args[2]);
    assert_int_equal(c.build_scope_args_n, 1);
    assert_int_equal(c.env_n, 2);
    assert_string_equal(c.env[0].name, "CARGO_A");
    assert_string_equal(c.env[1].name, "NEXTEST_B");
    assert_string_equal(c.env[1].value, "2");
    assert_string_equal(c.parent_id, "9ebb38df-116e-4545-ad7c-0af083e688ac");
    assert_int_equal(c.status, NX_RUN_CANCELLED);
    assert_true(c.has_initial && c.initial_count == 10 && c.passed == 5 && c.failed == 1);
    assert_int_equal(c.exit_code, -100);
    assert_true(nx_run_ended(&c));
    nx_run_fini(&c);
}

static void statuses(void **state)
{
    (void)state;
    struct nx_run r;
#define WITH(s) "{" ID VERSION TIMES SIZES "\"status\":" s "}"
    good(WITH("{\"status\":\"stress-completed\",\"success-count\":3,\"failed-count\":0,\"exit-code\":0}"),
         &r);
    assert_false(r.has_initial);
    assert_int_equal(r.passed, 3);
    nx_run_fini(&r);
    good(WITH("{\"status\":\"stress-cancelled\",\"initial-iteration-count\":null,\"success-count\":3,"
              "\"failed-count\":0,\"exit-code\":0}"),
         &r);
    assert_false(r.has_initial);
    nx_run_fini(&r);
    good(WITH("{\"initial-iteration-count\":4,\"success-count\":3,\"failed-count\":0,\"exit-code\":0,"
              "\"status\":\"stress-cancelled\"}"),
         &r);
    assert_true(r.has_initial && r.initial_count == 4);
    nx_run_fini(&r);
    good(WITH("{\"status\":\"paused-over-night\",\"exit-code\":\"x\"}"), &r);
    assert_int_equal(r.status, NX_RUN_UNKNOWN);
    assert_string_equal(r.status_text, "paused-over-night");
    nx_run_fini(&r);
    good(WITH("[\"completed\",1,1,0,0]"), &r);
    assert_int_equal(r.status, NX_RUN_COMPLETED);
    nx_run_fini(&r);
    bad(WITH("\"completed\""), "status is not an object");
    bad(WITH("{}"), "missing field `status`");
    bad(WITH("{\"status\":1}"), "`status` is not a string");
    bad(WITH("{\"status\":\"completed\",\"initial-run-count\":1,\"passed\":1,\"failed\":0}"),
        "missing field `exit-code`");
    bad(WITH("{\"status\":\"completed\",\"initial-run-count\":null,\"passed\":1,\"failed\":0,\"exit-code\":"
             "0}"),
        "`initial-run-count`");
    bad(WITH("{\"status\":\"completed\",\"initial-run-count\":1,\"passed\":-1,\"failed\":0,\"exit-code\":0}"),
        "`passed`");
    bad(WITH(
            "{\"status\":\"completed\",\"initial-run-count\":1,\"passed\":1.0,\"failed\":0,\"exit-code\":0}"),
        "`passed`");
    bad(WITH("{\"status\":\"completed\",\"initial-run-count\":1,\"passed\":1,\"failed\":0,\"exit-code\":"
             "2147483648}"),
        "`exit-code`");
    bad(WITH("{\"status\":\"stress-completed\",\"initial-iteration-count\":0,\"success-count\":3,\"failed-"
             "count\":0,"
             "\"exit-code\":0}"),
        "`initial-iteration-count`");
    bad(WITH("{\"status\":\"stress-completed\",\"success-count\":4294967296,\"failed-count\":0,\"exit-code\":"
             "0}"),
        "`success-count`");
}

static void refuses(void **state)
{
    (void)state;
    bad("7", "a run is not an object");
    bad("{" VERSION TIMES SIZES STATUS "}", "missing field `run-id`");
    bad("{" ID TIMES SIZES STATUS "}", "missing field `store-format-version`");
    bad("{" ID VERSION SIZES STATUS "}", "missing field `started-at`");
    bad("{" ID VERSION TIMES STATUS "}", "missing field `sizes`");
    bad("{" ID ID VERSION TIMES SIZES STATUS "}", "duplicate field `run-id`");
    bad("{\"run-id\":\"x\"," VERSION TIMES SIZES STATUS "}", "`run-id` is not a UUID");
    bad("{\"run-id\":null," VERSION TIMES SIZES STATUS "}", "`run-id` is not a UUID");
#define MORE(m) "{" ID VERSION TIMES SIZES m "," STATUS "}"
    bad(MORE("\"store-format-minor-version\":4294967296"), "`store-format-minor-version`");
    bad(MORE("\"store-format-minor-version\":null"), "`store-format-minor-version`");
    bad(MORE("\"duration-secs\":\"1\""), "`duration-secs`");
    bad(MORE("\"cli-args\":null"), "`cli-args`");
    bad(MORE("\"cli-args\":[1]"), "`cli-args`");
    bad(MORE("\"env-vars\":[]"), "`env-vars`");
    bad(MORE("\"env-vars\":{\"a\":1}"), "`env-vars`");
    bad(MORE("\"parent-run-id\":\"\""), "`parent-run-id`");
    struct nx_run r;
    good(MORE("\"parent-run-id\":null,\"duration-secs\":null"), &r);
    nx_run_fini(&r);
    good(MORE("\"duration-secs\":7"), &r);
    assert_true(r.duration_secs == 7.0);
    nx_run_fini(&r);
    bad("{" ID VERSION
        "\"started-at\":\"yesterday\",\"last-written-at\":\"2026-11-24T09:14:07Z\"," SIZES STATUS "}",
        "`started-at` is not a time: input contains invalid characters");
    bad("{" ID VERSION TIMES "\"sizes\":{\"log\":{\"compressed\":1,\"uncompressed\":2}}," STATUS "}",
        "missing field `store`");
    static const char *const versions[] = {"",
                                           "1",
                                           "1.2",
                                           "1.2.3.4",
                                           "01.2.3",
                                           "1.2.03",
                                           "1.2.3-",
                                           "1.2.3-01",
                                           "1.2.3+",
                                           "1.2.3-a..b",
                                           "v1.2.3",
                                           "1.2.3 ",
                                           "1.2.99999999999999999999"};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct nx_strbuf b;
        nx_strbuf_init(&b, 0);
        nx_strbuf_addf(&b, "{%s\"store-format-version\":2,\"nextest-version\":\"%s\",%s%s%s}", ID,
                       versions[i], TIMES, SIZES, STATUS);
        bad(b.p, "`nextest-version` is not a version");
        nx_strbuf_fini(&b);
    }
}

/* serde takes a struct as an array of its members too. */
static void as_an_array(void **state)
{
    (void)state;
    struct nx_run r;
    good("[\"9ebb38df-116e-4545-ad7c-0af083e688ab\",2,1,\"0.9.143\",\"2026-11-24T10:14:06Z\",\"2026-11-24T10:"
         "14:06Z\","
         "null,[],[\"x\"],{},null,[[1,2,3],[4,5]],{\"status\":\"incomplete\"}]",
         &r);
    assert_int_equal(r.store_minor, 1);
    assert_string_equal(r.build_scope_args[0], "x");
    assert_int_equal(r.log.entries, 3);
    assert_int_equal(r.store.uncompressed, 5);
    nx_run_fini(&r);
    bad("[\"9ebb38df-116e-4545-ad7c-0af083e688ab\",2,1,\"0.9.143\"]", "missing field `started-at`");
    bad("[]", "missing field `run-id`");
}

/* What nobody knows is passed over as serde does it; what is kept must be whole, and the text JSON to its
 * end. */
static void passes_over_and_ends(void **state)
{
    (void)state;
    struct nx_run r;
    good(MORE("\"x\":1e999,\"y\":\"\\u0000\",\"cli-args\":[]"), &r);
    nx_run_fini(&r);
    good("{ \"run\\u002did\" : \"9ebb38df116e4545ad7c0af083e688ab\" , " VERSION TIMES SIZES STATUS " }", &r);
    nx_run_fini(&r);
    bad(MORE("\"cli-args\":[\"a\\u0000b\"]"), "a string holds U+0000");
    bad(MORE("\"env-vars\":{\"a\\u0000\":\"\"}"), "a string holds U+0000");
    bad(MORE("\"run\\u002did\":\"9ebb38df116e4545ad7c0af083e688ab\""), "duplicate field `run-id`");
    bad(WITH("{\"status\":\"incomplete\",\"new\":1e999}"), "bad JSON: number out of range");
    bad(MORE("\"cli-args\":[\"a\",]"), "bad JSON: expected value");
    bad(MORE("\"cli-args\":[\"a\" \"b\"]"), "bad JSON: expected `,` or `]`");
    bad("{" ID VERSION TIMES SIZES STATUS ",}", "bad JSON");
    bad("{" ID VERSION TIMES SIZES "\"status\" {}}", "bad JSON: expected `:`");
    bad("{" ID VERSION TIMES SIZES STATUS, "bad JSON: ends inside an object");
    bad("{" ID VERSION TIMES SIZES "\"cli-args\":nul", "`cli-args`");
    bad("{" ID VERSION TIMES SIZES "\"duration-secs\":nul", "bad JSON");
    bad("{" ID VERSION TIMES SIZES "\"cli-args\":", "bad JSON: ends before a value");
    bad("{" ID VERSION TIMES SIZES "\"cli-args\":[\"a\\ud800\"]", "bad JSON");
    bad("[\"9ebb38df-116e-4545-ad7c-0af083e688ab\",2,1,\"0.9.143\",\"2026-11-24T10:14:06Z\",\"2026-11-24T10:"
        "14:06Z\","
        "null,[],[],{},null,[[1,2,3],[4,5]],{\"status\":\"incomplete\"},0]",
        "an array of more than 13 members");
}

static void versions(void **state)
{
    (void)state;
    struct nx_run r = {.store_major = 2, .store_minor = 1};
    struct nx_err err;
    bool newer = true;
    char version[] = "0.9.200";
    r.nextest_version = version;
    assert_int_equal(nx_run_check_version(&r, true, &newer, &err), 0);
    assert_false(newer);
    r.store_minor = 0;
    assert_int_equal(nx_run_check_version(&r, true, NULL, &err), 0);
    r.store_minor = 2;
    assert_int_equal(nx_run_check_version(&r, true, &newer, &err), -NX_EVERSION);
    assert_non_null(strstr(err.why, "minor version 2 is newer than supported version 1"));
    assert_int_equal(nx_run_check_version(&r, false, &newer, &err), 0);
    assert_true(newer);
    assert_int_equal(nx_run_check_version(&r, false, NULL, &err), 0);
    r.store_major = 1;
    assert_int_equal(nx_run_check_version(&r, false, &newer, &err), -NX_EVERSION);
    assert_non_null(strstr(err.why, "use nextest <= 0.9.130"));
    r.store_major = 0;
    assert_int_equal(nx_run_check_version(&r, false, NULL, &err), -NX_EVERSION);
    r.store_major = 3;
    r.store_minor = 0;
    assert_int_equal(nx_run_check_version(&r, false, NULL, &err), -NX_EVERSION);
    assert_non_null(strstr(err.hint, "upgrade nextest"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least),   cmocka_unit_test(most),        cmocka_unit_test(statuses),
        cmocka_unit_test(refuses), cmocka_unit_test(as_an_array), cmocka_unit_test(versions),
        cmocka_unit_test(passes_over_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
