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

#include "trace/trace.h"

#define S(z) ((struct nx_str){z, sizeof(z) - 1, true})

static struct nx_event at(enum nx_event_kind kind, int64_t micros)
{
    return (struct nx_event){.kind = kind, .timestamp = {micros / 1000000, (uint32_t)(micros % 1000000) * 1000, 0}};
}

static struct nx_event started(int64_t us, const char *name, uint64_t slot, uint64_t running)
{
    struct nx_event ev = at(NX_EV_TEST_STARTED, us);
    ev.test = (struct nx_test_id){S("bin"), {name, (uint32_t)strlen(name), true}};
    ev.slot = (struct nx_slot){.global = slot, .test_group = S("@global")};
    ev.running = running;
    return ev;
}

static struct nx_event finished(int64_t us, const char *name, struct nx_status *st, uint64_t running)
{
    struct nx_event ev = started(us, name, 0, running);
    ev.kind = NX_EV_TEST_FINISHED;
    ev.u.t.statuses = st;
    ev.u.t.statuses_n = 1;
    ev.u.t.stats.passed = 4;
    ev.u.t.stats.failed = 1;
    ev.u.t.stats.exec_failed = 2;
    ev.u.t.stats.failed_timed_out = 3;
    return ev;
}

static struct nx_event counts(enum nx_event_kind kind, int64_t us, uint64_t running)
{
    struct nx_event ev = at(kind, us);
    ev.running = running;
    return ev;
}

struct world {
    struct nx_strbuf out;
    struct nx_sink_mem sink;
    struct nx_trace *t;
    const char *odd;
    struct nx_err err;
};

static void open_world(struct world *w, struct nx_trace_opts opts)
{
    opts.nextest_version = "0.9.143";
    nx_strbuf_init(&w->out, 0);
    nx_sink_mem_init(&w->sink, &w->out);
    nx_err_clear(&w->err);
    assert_int_equal(nx_trace_new(&opts, &w->sink.sink, &w->t, &w->err), 0);
}

static void add(struct world *w, struct nx_event ev)
{
    assert_int_equal(nx_trace_event(w->t, &ev, &w->odd, &w->err), 0);
}

static const char *finish(struct world *w)
{
    assert_int_equal(nx_trace_finish(w->t, &w->err), 0);
    return w->out.p;
}

static void close_world(struct world *w)
{
    nx_trace_free(w->t);
    nx_strbuf_fini(&w->out);
}

static void no_events(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (struct nx_trace_opts){.pretty = false});
    assert_string_equal(finish(&w), "{\"traceEvents\":[],\"displayTimeUnit\":\"ms\",\"otherData\":{\"nextest_version\":\"0.9.143\"}}");
    assert_int_equal(nx_trace_events(w.t), 0);
    close_world(&w);
    open_world(&w, (struct nx_trace_opts){.pretty = true});
    assert_string_equal(finish(&w), "{\n  \"traceEvents\": [],\n  \"displayTimeUnit\": \"ms\",\n  \"otherData\": {\n"
                                    "    \"nextest_version\": \"0.9.143\"\n  }\n}");
    close_world(&w);
}

static void one_test(void **state)
{
    (void)state;
    struct nx_status st = {.retry = {1, 1}, .time_taken = {1, 500000}, .result = {.status = NX_RESULT_PASS}};
    struct world w;
    open_world(&w, (struct nx_trace_opts){.by_slot = true});
    add(&w, started(1000001, "t\"1", 3, 1));
    add(&w, finished(3000000, "t\"1", &st, 0));
    (void)finish(&w);
    assert_int_equal(nx_trace_events(w.t), 9); /* 4 metadata, B, C, E, C, C */
    assert_non_null(strstr(w.out.p, "{\"name\":\"process_name\",\"cat\":\"\",\"ph\":\"M\",\"ts\":0.0,\"pid\":2,\"tid\":0,"
                                    "\"args\":{\"name\":\"tests\"}}"));
    assert_non_null(strstr(w.out.p, "\"args\":{\"name\":\"slot-3\"}"));
    assert_non_null(strstr(w.out.p, "\"ph\":\"B\",\"ts\":1000001.0,\"pid\":2,\"tid\":10003,"));
    assert_non_null(strstr(w.out.p, "\"time_taken_ms\":1000.5,\"result\":{\"status\":\"pass\"},\"attempt\":1,"
                                    "\"total_attempts\":1,\"is_slow\":false,\"test_group\":\"@global\"}}"));
    assert_non_null(strstr(w.out.p, "\"args\":{\"passed\":4,\"flaky\":0,\"failed\":6}}"));
    close_world(&w);
}

/* A pause closes every open span, tests by slot, and a continue opens them again; both without args. */
static void pause_and_continue(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (struct nx_trace_opts){.by_slot = false});
    add(&w, started(1, "late", 5, 1));
    add(&w, started(2, "early", 1, 2));
    add(&w, counts(NX_EV_RUN_PAUSED, 10, 2));
    add(&w, counts(NX_EV_RUN_CONTINUED, 20, 2));
    const char *p = finish(&w);
    const char *close_early = strstr(p, "{\"name\":\"early\",\"cat\":\"test\",\"ph\":\"E\",\"ts\":10.0,\"pid\":2,\"tid\":10001}");
    const char *close_late = strstr(p, "{\"name\":\"late\",\"cat\":\"test\",\"ph\":\"E\",\"ts\":10.0,\"pid\":2,\"tid\":10005}");
    const char *paused = strstr(p, "{\"name\":\"paused\"");
    const char *continued = strstr(p, "{\"name\":\"continued\"");
    const char *open_early = strstr(p, "{\"name\":\"early\",\"cat\":\"test\",\"ph\":\"B\",\"ts\":20.0,\"pid\":2,\"tid\":10001}");
    assert_true(close_early && close_late && paused && continued && open_early);
    assert_true(close_early < close_late && close_late < paused && paused < continued && continued < open_early);
    /* The log's start is missing: the run has no profile. */
    assert_non_null(strstr(p, "\"args\":{\"name\":\"nextest run\"}"));
    close_world(&w);
}

/* A slot is any number: a track of the largest tid has a name of its own, and tids that wrap are sorted as such. */
static void huge_slots(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (struct nx_trace_opts){0});
    add(&w, started(1, "last", UINT64_MAX - 10000, 1));
    add(&w, started(2, "wrapped", UINT64_MAX, 2));
    add(&w, counts(NX_EV_RUN_PAUSED, 3, 2));
    const char *text = finish(&w);
    assert_non_null(strstr(text, "\"tid\":18446744073709551615,\"args\":{\"name\":\"slot-18446744073709541615\"}"));
    const char *a = strstr(text, "{\"name\":\"wrapped\",\"cat\":\"test\",\"ph\":\"E\",\"ts\":3.0,\"pid\":2,\"tid\":9999}");
    const char *b = strstr(text, "{\"name\":\"last\",\"cat\":\"test\",\"ph\":\"E\"");
    assert_true(a && b && a < b);
    close_world(&w);
}

static void retry_flow(void **state)
{
    (void)state;
    struct nx_status bad = {.retry = {1, 2}, .result = {.status = NX_RESULT_FAIL}};
    struct nx_status good[2] = {bad, {.retry = {2, 2}, .result = {.status = NX_RESULT_PASS}}};
    struct world w;
    open_world(&w, (struct nx_trace_opts){.by_slot = false});
    add(&w, started(1, "t", 0, 1));
    struct nx_event failed = finished(2, "t", &bad, 1);
    failed.kind = NX_EV_TEST_ATTEMPT_FAILED_WILL_RETRY;
    failed.u.t.delay_before_next = (struct nx_duration){0, 250000000};
    add(&w, failed);
    struct nx_event retry = started(3, "t", 4, 1);
    retry.kind = NX_EV_TEST_RETRY_STARTED;
    retry.u.t.retry = (struct nx_retry){2, 2};
    add(&w, retry);
    struct nx_event done = finished(4, "t", good, 0);
    done.u.t.statuses_n = 2;
    done.u.t.flaky_result = NX_FAIL;
    add(&w, done);
    const char *p = finish(&w);
    assert_non_null(strstr(p, "\"delay_before_next_attempt_secs\":0.25}}"));
    assert_non_null(strstr(p, "{\"name\":\"retry\",\"cat\":\"test\",\"ph\":\"s\",\"ts\":2.0,\"pid\":2,\"tid\":10000,\"id\":0}"));
    assert_non_null(strstr(p, "{\"name\":\"retry\",\"cat\":\"test\",\"ph\":\"f\",\"ts\":3.0,\"pid\":2,\"tid\":10004,\"id\":0,\"bp\":\"e\"}"));
    assert_non_null(strstr(p, "\"error\":{\"short_message\":\"flaky failure\",\"description\":\"test passed on attempt 2/2 "
                              "but is configured to fail when flaky\"},\"flaky_result\":\"fail\"}}"));
    close_world(&w);
}

static struct nx_event failed_at(int64_t us, struct nx_status *st)
{
    struct nx_event ev = finished(us, "t", st, 1);
    ev.kind = NX_EV_TEST_ATTEMPT_FAILED_WILL_RETRY;
    return ev;
}

static struct nx_event retried_at(int64_t us)
{
    struct nx_event ev = started(us, "t", 0, 1);
    ev.kind = NX_EV_TEST_RETRY_STARTED;
    ev.u.t.retry = (struct nx_retry){2, 3};
    return ev;
}

/* For Perfetto a flow starts before the end of its slice. In a pause there is no slice, and so no flow. */
static void flow_for_perfetto(void **state)
{
    (void)state;
    struct nx_status bad = {.retry = {1, 3}, .result = {.status = NX_RESULT_FAIL}};
    struct world w;
    open_world(&w, (struct nx_trace_opts){.for_perfetto = true});
    add(&w, started(1, "t", 0, 1));
    add(&w, failed_at(2, &bad));
    add(&w, retried_at(3));
    const char *s = strstr(finish(&w), "\"ph\":\"s\",\"ts\":2.0"), *end = strstr(w.out.p, "\"ph\":\"E\",\"ts\":2.0");
    assert_non_null(s);
    assert_true(s < end);
    assert_non_null(strstr(end, "\"ph\":\"f\",\"ts\":3.0"));
    close_world(&w);

    open_world(&w, (struct nx_trace_opts){.for_perfetto = true});
    struct nx_event begin = at(NX_EV_RUN_STARTED, 0);
    begin.u.run_started.profile_name = S("ci");
    add(&w, begin);
    add(&w, started(1, "t", 0, 1));
    add(&w, counts(NX_EV_RUN_PAUSED, 2, 1));
    add(&w, failed_at(3, &bad));
    add(&w, counts(NX_EV_RUN_CONTINUED, 4, 1));
    add(&w, retried_at(5));
    add(&w, failed_at(6, &bad));
    (void)finish(&w);
    assert_null(strstr(w.out.p, "\"id\":0"));
    assert_non_null(strstr(w.out.p, "\"ph\":\"s\",\"ts\":6.0,\"pid\":2,\"tid\":10000,\"id\":1}"));
    close_world(&w);
}

/* A marked trace begins by telling of how many lines it is, in as many bytes whichever number it is. */
static void opening(void **state)
{
    (void)state;
    for (int pretty = 0; pretty < 2; pretty++) {
        struct world w, want;
        struct nx_strbuf out;
        nx_strbuf_init(&out, 0);
        open_world(&w, (struct nx_trace_opts){.pretty = pretty, .marked = true});
        open_world(&want, (struct nx_trace_opts){.pretty = pretty, .marked = true, .lines = 31});
        assert_int_equal(nx_trace_opening(w.t, 31, &out, &w.err), 0);
        add(&w, started(1, "t", 0, 1));
        add(&want, started(1, "t", 0, 1));
        assert_int_equal(nx_trace_events(w.t), nx_trace_events(want.t));
        nx_strbuf_clear(&out);
        assert_int_equal(nx_trace_opening(w.t, 31, &out, &w.err), 0);
        (void)finish(&w);
        (void)finish(&want);
        assert_non_null(strstr(out.p, "000000000031 lines"));
        assert_int_equal(w.out.n, want.out.n);
        assert_memory_equal(want.out.p, out.p, out.n);
        assert_memory_not_equal(w.out.p, out.p, out.n);
        assert_memory_equal(want.out.p + out.n, w.out.p + out.n, w.out.n - out.n);
        close_world(&w);
        close_world(&want);
        nx_strbuf_clear(&out);
        open_world(&w, (struct nx_trace_opts){.pretty = pretty});
        assert_int_equal(nx_trace_opening(w.t, 31, &out, &w.err), 0);
        assert_int_equal(out.n, 0);
        close_world(&w);
        nx_strbuf_fini(&out);
    }
}

static void orphans(void **state)
{
    (void)state;
    struct nx_status st = {.retry = {1, 1}};
    struct world w;
    open_world(&w, (struct nx_trace_opts){.strict = true});
    struct nx_event ev = finished(1, "ghost", &st, 3);
    assert_int_equal(nx_trace_event(w.t, &ev, &w.odd, &w.err), -NX_EFORMAT);
    assert_string_equal(w.err.why, "event for test `ghost` in binary `bin` has no prior TestStarted event (corrupt or truncated log?)");
    close_world(&w);

    open_world(&w, (struct nx_trace_opts){.strict = false});
    add(&w, ev);
    assert_non_null(w.odd);
    ev = at(NX_EV_STRESS_SUB_RUN_FINISHED, 2);
    add(&w, ev);
    assert_non_null(strstr(w.odd, "StressSubRunFinished"));
    ev = at(NX_EV_SETUP_SCRIPT_FINISHED, 3);
    ev.u.script.script_id = S("db");
    add(&w, ev);
    assert_non_null(strstr(w.odd, "`db`"));
    ev.kind = NX_EV_SETUP_SCRIPT_SLOW;
    add(&w, ev);
    assert_non_null(w.odd);
    /* What the events say of the whole run is still used. */
    const char *p = finish(&w);
    assert_non_null(strstr(p, "\"args\":{\"running_tests\":3,\"running_scripts\":0}}"));
    assert_null(strstr(p, "\"ph\":\"E\""));
    close_world(&w);
}

/* Cut after any event, the trace is the whole one's prefix, footer aside. */
static void prefix(void **state)
{
    (void)state;
    struct nx_event evs[12];
    struct nx_status st = {.retry = {1, 1}};
    size_t n = 0;
    evs[n] = at(NX_EV_RUN_STARTED, 1);
    evs[n].u.run_started.profile_name = S("ci");
    memcpy(evs[n++].u.run_started.run_id, "dc88651a-7d93-498d-bdb2-d927bb0cdeee", 37);
    evs[n++] = started(2, "a", 0, 1);
    evs[n++] = started(3, "b", 1, 2);
    evs[n++] = counts(NX_EV_RUN_PAUSED, 4, 2);
    evs[n++] = counts(NX_EV_RUN_CONTINUED, 5, 2);
    evs[n++] = finished(6, "a", &st, 1);
    evs[n++] = counts(NX_EV_RUN_BEGIN_CANCEL, 7, 1);
    evs[n - 1].u.run_begin_cancel.reason = NX_CANCEL_INTERRUPT;
    evs[n++] = finished(8, "b", &st, 0);
    evs[n++] = at(NX_EV_RUN_FINISHED, 9);
    for (int pretty = 0; pretty < 2; pretty++) {
        struct world whole;
        open_world(&whole, (struct nx_trace_opts){.pretty = pretty, .strict = true});
        for (size_t i = 0; i < n; i++)
            add(&whole, evs[i]);
        assert_true(nx_trace_run_finished(whole.t));
        (void)finish(&whole);
        for (size_t cut = 1; cut < n; cut++) {
            struct world w;
            open_world(&w, (struct nx_trace_opts){.pretty = pretty, .strict = true});
            for (size_t i = 0; i < cut; i++)
                add(&w, evs[i]);
            assert_int_equal(nx_trace_flush(w.t, &w.err), 0);
            size_t len = w.out.n;
            assert_true(len < whole.out.n);
            assert_memory_equal(w.out.p, whole.out.p, len);
            (void)finish(&w);
            close_world(&w);
        }
        close_world(&whole);
    }
}

static int refuse(struct nx_sink *self, const void *p, size_t n, struct nx_err *err)
{
    (void)self;
    (void)p;
    (void)n;
    return nx_fail(err, NX_EWRITE, "out", "disk full");
}

static void sink_errors_stick(void **state)
{
    (void)state;
    struct nx_sink sink = {1, refuse};
    struct nx_trace_opts opts = {.nextest_version = "1"};
    struct nx_trace *t;
    struct nx_err err;
    assert_int_equal(nx_trace_new(&opts, &sink, &t, &err), 0);
    assert_int_equal(nx_trace_flush(t, &err), -NX_EWRITE);
    nx_err_clear(&err);
    assert_int_equal(nx_trace_finish(t, &err), -NX_EWRITE);
    assert_string_equal(err.why, "disk full");
    nx_trace_free(t);
}

/* Strings longer than the emitter's buffer, with and without escapes, arrive whole. */
static void long_strings(void **state)
{
    (void)state;
    size_t n = 700000;
    char *name = malloc(n + 1);
    assert_non_null(name);
    for (int escaped = 0; escaped < 2; escaped++) {
        memset(name, escaped ? '\n' : 'x', n);
        name[n] = '\0';
        struct world w;
        open_world(&w, (struct nx_trace_opts){.by_slot = true});
        struct nx_event ev = started(1, name, 0, 1);
        ev.test.name.plain = !escaped;
        add(&w, ev);
        (void)finish(&w);
        assert_true(w.out.n > 2 * n * (escaped ? 2u : 1u));
        assert_null(strchr(w.out.p, '\n'));
        close_world(&w);
    }
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_events), cmocka_unit_test(one_test), cmocka_unit_test(pause_and_continue),
        cmocka_unit_test(retry_flow), cmocka_unit_test(flow_for_perfetto), cmocka_unit_test(opening),
        cmocka_unit_test(orphans), cmocka_unit_test(prefix),
        cmocka_unit_test(sink_errors_stick), cmocka_unit_test(long_strings), cmocka_unit_test(huge_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
