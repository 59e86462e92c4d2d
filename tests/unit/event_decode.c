#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/decode.h"

#define TIME "\"timestamp\":\"2026-11-24T09:09:20.355660384Z\""
#define ELAPSED "\"elapsed\":{\"secs\":3,\"nanos\":6530010}"
#define LINE(kind) "{" TIME "," ELAPSED ",\"kind\":{" kind "}}"
#define ID "\"test-instance\":{\"binary-id\":\"seeds::flaky\",\"name\":\"dies\"}"
#define STATS                                                                                                 \
    "{\"initial-run-count\":1,\"finished-count\":2,\"setup-scripts-initial-count\":3,"                        \
    "\"setup-scripts-finished-count\":4,\"setup-scripts-passed\":5,\"setup-scripts-failed\":6,"               \
    "\"setup-scripts-exec-failed\":7,\"setup-scripts-timed-out\":8,\"passed\":9,\"passed-slow\":10,"          \
    "\"passed-timed-out\":11,\"flaky\":12,\"failed\":13,\"failed-slow\":14,\"failed-timed-out\":15,"          \
    "\"leaky\":16,\"leaky-failed\":17,\"exec-failed\":18,\"skipped\":19,\"cancel-reason\":\"signal\"}"
#define RESULT_FAIL                                                                                           \
    "{\"status\":\"fail\",\"failure\":{\"kind\":\"abort\",\"abort\":{\"kind\":\"unix-signal\",\"signal\":6,"  \
    "\"name\":\"ABRT\"}},\"leaked\":true}"
#define STATUS(result)                                                                                        \
    "{\"retry-data\":{\"attempt\":1,\"total-attempts\":2},\"output\":{\"type\":\"output\",\"result\":null,"   \
    "\"output\":{\"kind\":\"split\",\"stdout\":{\"status\":\"full\",\"file-name\":\"469d359fee6377b7-stdout\"}," \
    "\"stderr\":{\"status\":\"empty\"}},\"errors\":null},\"result\":" result                                  \
    ",\"start-time\":\"2026-11-24T09:09:20.350449239Z\",\"time-taken\":{\"secs\":0,\"nanos\":4789394},"       \
    "\"is-slow\":false,\"delay-before-start\":{\"secs\":1,\"nanos\":5},"                                      \
    "\"error-summary\":{\"short-message\":\"short\",\"description\":\"long\\nline\"},\"output-error-slice\":null}"
#define STARTED(running)                                                                                      \
    LINE("\"type\":\"core\",\"kind\":\"test-started\",\"stress-index\":{\"current\":1,\"total\":null}," ID    \
         ",\"slot-assignment\":{\"global-slot\":7,\"group-slot\":null,\"test-group\":\"@global\"},"           \
         "\"current-stats\":" STATS ",\"running\":" running ",\"command-line\":[\"/bin/x\",\"--exact\"]")
#define FINISHED(statuses)                                                                                    \
    LINE("\"type\":\"output\",\"kind\":\"test-finished\",\"stress-index\":null," ID                           \
         ",\"success-output\":\"never\",\"failure-output\":\"immediate\",\"junit-store-success-output\":false," \
         "\"junit-store-failure-output\":true,\"junit-flaky-fail-status\":\"failure\","                       \
         "\"run-statuses\":{\"statuses\":[" statuses "],\"flaky-result\":\"fail\"},\"current-stats\":" STATS ",\"running\":1")

/* One decoded line, with the buffer that it points into. */
struct decoded {
    struct nx_decoder *d;
    char *buf;
    const struct nx_event *ev;
    const char *odd;
    struct nx_err err;
    int rc;
};

static struct decoded decode(const char *line, bool strict, bool general)
{
    struct decoded r = {.d = nx_decoder_new(strict)};
    size_t n = strlen(line);
    r.buf = malloc(n + NX_SCAN_PAD);
    assert_non_null(r.d);
    assert_non_null(r.buf);
    memcpy(r.buf, line, n);
    memset(r.buf + n, '}', NX_SCAN_PAD);
    nx_decoder_set_general(r.d, general);
    nx_err_clear(&r.err);
    r.rc = nx_decode(r.d, (struct nx_slice){r.buf, n}, &r.ev, &r.odd, &r.err);
    return r;
}

static void done(struct decoded *r)
{
    nx_decoder_free(r->d);
    free(r->buf);
}

static bool str_is(struct nx_str s, const char *z)
{
    return nx_slice_is((struct nx_slice){s.p, s.n}, z);
}

static void check_started(const struct nx_event *ev)
{
    assert_int_equal(ev->kind, NX_EV_TEST_STARTED);
    assert_int_equal(nx_instant_micros(ev->timestamp), 1795511360355660);
    assert_int_equal(ev->elapsed.secs, 3);
    assert_int_equal(ev->elapsed.nanos, 6530010);
    assert_true(ev->has_stress_index && ev->stress_index.current == 1 && !ev->stress_index.has_total);
    assert_true(str_is(ev->test.binary, "seeds::flaky") && str_is(ev->test.name, "dies"));
    assert_int_equal(ev->slot.global, 7);
    assert_false(ev->slot.has_group);
    assert_true(str_is(ev->slot.test_group, "@global"));
    assert_int_equal(ev->running, 2);
    assert_int_equal(ev->u.t.command_line.n, 2);
    assert_true(str_is(ev->u.t.command_line.v[1], "--exact"));
    assert_int_equal(ev->u.t.stats.initial_run_count, 1);
    assert_int_equal(ev->u.t.stats.skipped, 19);
    assert_int_equal(ev->u.t.stats.cancel_reason, NX_CANCEL_SIGNAL);
}

static void test_started(void **state)
{
    (void)state;
    for (int general = 0; general < 2; general++) {
        struct decoded r = decode(STARTED("2"), true, general);
        assert_int_equal(r.rc, 0);
        assert_null(r.odd);
        check_started(r.ev);
        done(&r);
    }
}

static void test_finished(void **state)
{
    (void)state;
    for (int general = 0; general < 2; general++) {
        struct decoded r = decode(FINISHED(STATUS(RESULT_FAIL) "," STATUS("{\"status\":\"pass\"}")), true, general);
        assert_int_equal(r.rc, 0);
        assert_int_equal(r.ev->u.t.statuses_n, 2);
        const struct nx_status *a = &r.ev->u.t.statuses[0], *b = &r.ev->u.t.statuses[1];
        assert_int_equal(a->result.status, NX_RESULT_FAIL);
        assert_true(a->result.leaked);
        assert_int_equal(a->result.failure.kind, NX_FAILURE_ABORT);
        assert_int_equal(a->result.failure.abort.code, 6);
        assert_true(str_is(a->result.failure.abort.text, "ABRT"));
        assert_false(nx_result_success(&a->result));
        assert_true(nx_result_success(&b->result));
        assert_int_equal(a->retry.total, 2);
        assert_int_equal(a->time_taken.nanos, 4789394);
        assert_int_equal(a->delay_before_start.secs, 1);
        assert_true(a->has_error && str_is(a->error.description, "long\nline") && !a->error.description.plain);
        assert_true(a->output.output.has_stdout && str_is(a->output.output.out.file_name, "469d359fee6377b7-stdout"));
        assert_int_equal(a->output.output.err.status, NX_STREAM_EMPTY);
        assert_int_equal(r.ev->u.t.flaky_result, NX_FAIL);
        done(&r);
    }
}

/* Forms that serde takes as well as the one that it writes. */
static void other_forms(void **state)
{
    (void)state;
    static const char *const lines[] = {
        /* kind first, type behind kind, blanks, an unknown member of every sort, structs as arrays */
        "{ \"kind\" : { \"running\":2, \"kind\":\"test-started\", \"type\":\"core\", \"new\":[{\"a\":[1.5e3,\"\\u0041\"]}],"
        "\"stress-index\":[1,null], \"test-instance\":[\"seeds::flaky\",\"d\\u0069es\"], \"command-line\":[\"/bin/x\",\"--exact\"],"
        "\"slot-assignment\":{\"test-group\":\"@global\",\"global-slot\":7}, \"current-stats\":" STATS "},"
        " \"elapsed\":[3,6530010], \"unknown\":null, " TIME " }",
        "{" TIME ",\"elapsed\":{\"nanos\":1006530010,\"secs\":2},\"kind\":{\"type\":\"core\",\"kind\":\"test-started\","
        "\"stress-index\":{\"total\":null,\"current\":1}," ID ",\"slot-assignment\":[7,null,\"@global\"],"
        "\"current-stats\":" STATS ",\"running\":2,\"command-line\":[\"/bin/x\",\"--exact\"]}} \r",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        for (int general = 0; general < 2; general++) {
            struct decoded r = decode(lines[i], true, general);
            if (r.rc != 0)
                fail_msg("line %zu: %s at %llu", i, r.err.why, (unsigned long long)r.err.offset);
            check_started(r.ev);
            done(&r);
        }
    }
}

/* serde takes an internally tagged enum as an array too: the tag first, then the members. */
static void tagged_arrays(void **state)
{
    (void)state;
    for (int general = 0; general < 2; general++) {
        struct decoded r = decode(FINISHED(STATUS("[\"fail\", [\"abort\",[\"unix-signal\",6,\"ABRT\"]],true]") ","
                                           STATUS("[\"pass\"]")),
                                  true, general);
        if (r.rc != 0)
            fail_msg("%s at %llu", r.err.why, (unsigned long long)r.err.offset);
        const struct nx_status *a = &r.ev->u.t.statuses[0];
        assert_true(a->result.status == NX_RESULT_FAIL && a->result.leaked && a->result.failure.abort.code == 6);
        assert_true(str_is(a->result.failure.abort.text, "ABRT"));
        assert_true(nx_result_success(&r.ev->u.t.statuses[1].result));
        done(&r);
        static const char *const bad[] = {"[]", "[1]", "[\"pass\",1]", "[\"leak\"]", "[\"leak\" \"pass\"]", "[\"pass\""};
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            char line[4096];
            snprintf(line, sizeof line, "%s%s%s", FINISHED("@"), "", "");
            char *at = strchr(line, '@');
            char rest[2048], status[1024];
            snprintf(rest, sizeof rest, "%s", at + 1);
            snprintf(status, sizeof status, "%s", STATUS("@"));
            char *hole = strchr(status, '@');
            snprintf(at, sizeof line - (size_t)(at - line), "%.*s%s%s%s", (int)(hole - status), status, bad[i], hole + 1, rest);
            r = decode(line, true, general);
            assert_int_equal(r.rc, -NX_EFORMAT);
            done(&r);
        }
    }
}

/* A line whose lists would take far more memory than the line is left out, and nothing else. */
static void lists_of_nothing(void **state)
{
    (void)state;
    static const char head[] = "{" TIME "," ELAPSED ",\"kind\":{\"type\":\"core\",\"kind\":\"run-started\","
                               "\"run-id\":\"dc88651a-7d93-498d-bdb2-d927bb0cdeee\",\"profile-name\":\"x\",\"cli-args\":[\"\"";
    static const char tail[] = "],\"stress-condition\":null}}";
    size_t many = 12 << 20, n = sizeof head - 1;
    char *line = malloc(n + many * 3 + sizeof tail);
    assert_non_null(line);
    memcpy(line, head, n);
    for (size_t i = 0; i < many; i++, n += 3)
        memcpy(line + n, ",\"\"", 3);
    memcpy(line + n, tail, sizeof tail);
    struct decoded r = decode(line, false, false);
    assert_int_equal(r.rc, -NX_ELIMIT);
    done(&r);
    free(line);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *line, *why;
    } cases[] = {
        {"", "expected value"},
        {"[]", "invalid type: sequence"},
        {"{", "ends inside an object"},
        {"{}", "missing field `timestamp`"},
        {"{" TIME "," ELAPSED "}", "missing field `kind`"},
        {STARTED("2") "x", "trailing characters"},
        {STARTED("null"), "invalid type: null, expected usize"},
        {STARTED("-1"), "invalid value: integer `-1`, expected usize"},
        {STARTED("1.0"), "invalid type: floating point `1.0`, expected usize"},
        {STARTED("18446744073709551616"), "invalid type: floating point"},
        {STARTED("\"2\""), "invalid type: string, expected usize"},
        {STARTED("02"), "invalid number"},
        {STARTED("2,\"running\":2"), "duplicate field `running`"},
        {STARTED("2,\"type\":\"core\""), "duplicate field `type`"},
        {STARTED("2,\"kind\":\"test-started\""), "duplicate field `kind`"},
        {STARTED("2,\"x\":1e999"), "number out of range"},
        {STARTED("2,\"x\":\"\\ud800\""), "unexpected end of hex escape"},
        {STARTED("2,"), "key must be a string"},
        {"{" TIME ",}", "trailing comma"},
        {LINE("\"type\":\"hyper\",\"kind\":\"test-started\""), "unknown variant `hyper`, expected `core` or `output`"},
        {LINE("\"type\":\"core\",\"kind\":\"test-finished\""), "unknown variant `test-finished`"},
        {LINE("\"type\":\"core\",\"kind\":\"teleported\""), "unknown variant `teleported`"},
        {LINE("\"type\":\"core\""), "missing field `kind`"},
        {LINE("\"type\":\"core\",\"kind\":\"run-paused\",\"running\":1"), "missing field `setup-scripts-running`"},
        {LINE("\"type\":\"core\",\"kind\":\"run-begin-cancel\",\"setup-scripts-running\":0,\"running\":1,"
              "\"reason\":\"boredom\""),
         "unknown variant `boredom`, expected one of `setup-script-failure`"},
        {LINE("\"type\":\"core\",\"kind\":\"run-begin-cancel\",\"setup-scripts-running\":0,\"running\":1,\"reason\":null"),
         "invalid type: null"},
        {FINISHED(""), "expected non-empty statuses"},
        {FINISHED(STATUS("{\"status\":\"transcended\"}")), "unknown variant `transcended`"},
        {FINISHED(STATUS("{\"status\":\"fail\",\"failure\":{\"kind\":\"exit-code\",\"code\":2147483648},\"leaked\":false}")),
         "integer `2147483648`, expected i32"},
        {"{\"timestamp\":\"2026-11-24\"," ELAPSED ",\"kind\":{}}", "premature end of input"},
        {"{" TIME ",\"elapsed\":{\"secs\":1,\"nanos\":2,\"x\":3},\"kind\":{}}", "unknown field `x`"},
        {"{" TIME ",\"elapsed\":{\"secs\":18446744073709551615,\"nanos\":1000000000},\"kind\":{}}",
         "overflow deserializing Duration"},
        {"{" TIME ",\"elapsed\":[1],\"kind\":{}}", "invalid length"},
        {"{" TIME ",\"elapsed\":[1,2,3],\"kind\":{}}", "trailing elements"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int general = 0; general < 2; general++) {
            struct decoded r = decode(cases[i].line, true, general);
            if (r.rc >= 0)
                fail_msg("accepted: %s", cases[i].line);
            if (!strstr(r.err.why, cases[i].why))
                fail_msg("%s: said '%s', not '%s'", cases[i].line, r.err.why, cases[i].why);
            assert_true(r.err.offset <= strlen(cases[i].line));
            done(&r);
        }
    }
}

/* serde stops at the 128th level inside what it buffers, and nowhere in what it ignores. */
static void depth(void **state)
{
    (void)state;
    char line[4096];
    for (int n = 124; n <= 126; n++) {
        char open[200] = {0}, close[200] = {0};
        memset(open, '[', (size_t)n);
        memset(close, ']', (size_t)n);
        snprintf(line, sizeof line,
                 "{" TIME "," ELAPSED ",\"kind\":{\"type\":\"core\",\"kind\":\"run-paused\",\"setup-scripts-running\":0,"
                 "\"running\":0,\"x\":%s%s}}",
                 open, close);
        struct decoded r = decode(line, true, false);
        assert_int_equal(r.rc, n <= 125 ? 0 : -NX_ELIMIT);
        done(&r);
        snprintf(line, sizeof line,
                 "{\"x\":%s%s%s%s," TIME "," ELAPSED ",\"kind\":{\"type\":\"core\",\"kind\":\"run-paused\","
                 "\"setup-scripts-running\":0,\"running\":0}}",
                 open, open, close, close);
        r = decode(line, true, false);
        assert_int_equal(r.rc, 0);
        done(&r);
    }
}

/* What a trace does without is told of, and refused only when strict. */
static void lenient(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{" TIME ",\"kind\":{\"type\":\"core\",\"kind\":\"run-paused\",\"setup-scripts-running\":0,\"running\":0}}",
        LINE("\"type\":\"core\",\"kind\":\"setup-script-slow\",\"stress-index\":null,\"script-id\":\"9 lives\","
             "\"program\":\"x\",\"args\":[],\"elapsed\":[1,2],\"will-terminate\":false"),
        LINE("\"type\":\"core\",\"kind\":\"test-skipped\""),
    };
    static const char *const odd[] = {"missing field `elapsed`", "invalid identifier `9 lives`", "missing field `test-instance`"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct decoded r = decode(lines[i], false, false);
        assert_int_equal(r.rc, 0);
        assert_non_null(r.odd);
        assert_string_equal(r.odd, odd[i]);
        done(&r);
        r = decode(lines[i], true, false);
        assert_int_equal(r.rc, -NX_EFORMAT);
        assert_string_equal(r.err.why, odd[i]);
        done(&r);
    }
}

/* An event of the future is told apart from a broken one. */
static void newer_kind(void **state)
{
    (void)state;
    struct decoded r = decode(LINE("\"type\":\"core\",\"kind\":\"teleported\""), false, false);
    assert_int_equal(r.rc, -NX_EVERSION);
    assert_true(r.err.hint[0] != '\0');
    done(&r);
}

/* Every line cut at every length is refused, and never read behind its end. */
static void cut_lines(void **state)
{
    (void)state;
    static const char *const lines[] = {STARTED("2"), FINISHED(STATUS(RESULT_FAIL))};
    for (size_t i = 0; i < 2; i++) {
        char copy[4096];
        size_t n = strlen(lines[i]);
        assert_true(n < sizeof copy);
        for (size_t cut = 0; cut < n; cut++) {
            memcpy(copy, lines[i], cut);
            copy[cut] = '\0';
            struct decoded r = decode(copy, false, cut % 2);
            assert_true(r.rc < 0);
            done(&r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_started), cmocka_unit_test(test_finished), cmocka_unit_test(other_forms),
        cmocka_unit_test(tagged_arrays), cmocka_unit_test(lists_of_nothing),
        cmocka_unit_test(refused),      cmocka_unit_test(depth),         cmocka_unit_test(lenient),
        cmocka_unit_test(newer_kind),   cmocka_unit_test(cut_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
