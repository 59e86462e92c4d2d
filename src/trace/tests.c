#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Tests: attempts as spans, retries as flows. */
#include <stdio.h>
#include <stdlib.h>

#include "trace/state.h"

static int pid_of(struct nx_trace *t, const struct nx_event *ev, uint64_t *ret, struct nx_err *err)
{
    if (t->by_slot) {
        *ret = PID_FIRST_BINARY;
        return 0;
    }
    return binary_pid(t->binaries, ev->test.binary, &t->next_pid, ret, err);
}

static void test_id_args(struct emit *e, const struct nx_test_id *id)
{
    emit_key(e, K("binary_id"));
    emit_str(e, id->binary);
    emit_key(e, K("test_name"));
    emit_str(e, id->name);
}

static void retry_args(struct emit *e, struct nx_retry r)
{
    emit_key(e, K("attempt"));
    emit_u64(e, r.attempt);
    emit_key(e, K("total_attempts"));
    emit_u64(e, r.total);
}

/* The span that starts: retried attempts say which one they are. */
static int begin(struct nx_trace *t, const struct nx_event *ev, bool retried, struct nx_err *err)
{
    static const struct nx_str all_tests = {"tests", 5, true};
    struct emit *e = &t->e;
    int64_t ts = nx_instant_micros(ev->timestamp);
    uint64_t pid, tid = ev->slot.global + TID_OFFSET;
    int rc = pid_of(t, ev, &pid, err);
    if (rc == 0)
        rc = span_metadata(t, pid, tid, t->by_slot ? all_tests : ev->test.binary, "slot-", true, ev->slot.global, err);
    if (rc < 0)
        return rc;
    span_test_head(t, ev->test.binary, ev->test.name, 'B', ts, pid, tid);
    span_args(t);
    test_id_args(e, &ev->test);
    if (retried)
        retry_args(e, ev->u.t.retry);
    if (ev->u.t.command_line.n > 0) {
        emit_key(e, K("command_line"));
        args_strs(e, ev->u.t.command_line);
    }
    span_end_args(t);

    struct test_entry *entry = test_find(&t->tests, &ev->test);
    if (retried && entry && entry->flow_pending) {
        span_head(t, NX_LIT("retry"), NX_LIT("test"), 'f', ts, pid, tid);
        emit_key(e, K("id"));
        emit_u64(e, entry->flow);
        emit_key(e, K("bp"));
        emit_lit(e, "\"e\"");
        span_tail(t);
        entry->flow_pending = false;
    }
    t->running_tests = ev->running;
    span_concurrency(t, ts);
    return test_open(&t->tests, entry, &ev->test, &ev->slot, pid, err);
}

int on_test_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    return begin(t, ev, false, err);
}

int on_test_retry_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    return begin(t, ev, true, err);
}

/* The entry of an open test; NULL with *ret_rc 0: not open, and told. */
static struct test_entry *open_entry(struct nx_trace *t, const struct nx_event *ev, int *ret_rc, struct nx_err *err)
{
    struct test_entry *entry = test_find(&t->tests, &ev->test);
    *ret_rc = 0;
    if (entry && entry->open)
        return entry;
    *ret_rc = orphan(t, err,
                     "event for test `%.*s` in binary `%.*s` has no prior TestStarted event (corrupt or truncated log?)",
                     (int)(ev->test.name.n < 120 ? ev->test.name.n : 120), ev->test.name.p,
                     (int)(ev->test.binary.n < 80 ? ev->test.binary.n : 80), ev->test.binary.p);
    return NULL;
}

int on_test_slow(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    struct emit *e = &t->e;
    int rc;
    struct test_entry *entry = open_entry(t, ev, &rc, err);
    if (!entry)
        return rc;
    span_head(t, NX_LIT("slow"), NX_LIT("test"), 'i', nx_instant_micros(ev->timestamp), entry->pid, entry->slot + TID_OFFSET);
    emit_key(e, K("s"));
    emit_lit(e, "\"t\"");
    span_args(t);
    test_id_args(e, &ev->test);
    emit_key(e, K("elapsed_secs"));
    args_secs(e, ev->u.t.elapsed);
    emit_key(e, K("will_terminate"));
    emit_bool(e, ev->u.t.will_terminate);
    emit_key(e, K("attempt"));
    emit_u64(e, ev->u.t.retry.attempt);
    if (ev->has_stress_index) {
        emit_key(e, K("stress_index"));
        args_stress_index(e, &ev->stress_index);
    }
    span_end_args(t);
    return 0;
}

static bool is_zero(struct nx_duration d)
{
    return d.secs == 0 && d.nanos == 0;
}

static void flaky_failure(struct emit *e, const struct nx_status *st)
{
    char text[120];
    int n = snprintf(text, sizeof text, "test passed on attempt %u/%u but is configured to fail when flaky",
                     st->retry.attempt, st->retry.total);
    struct nx_error_summary s = {{"flaky failure", 13, true}, {text, (uint32_t)n, true}};
    emit_key(e, K("error"));
    args_error(e, &s);
}

/* The end of an attempt's span. `flaky`: it passed after retries, and flaky_result counts. */
static void end(struct nx_trace *t, const struct nx_event *ev, const struct test_entry *entry,
                const struct nx_status *st, struct nx_duration next_delay, bool flaky)
{
    struct emit *e = &t->e;
    span_test_head(t, ev->test.binary, ev->test.name, 'E', nx_instant_micros(ev->timestamp), entry->pid,
                   entry->slot + TID_OFFSET);
    span_args(t);
    test_id_args(e, &ev->test);
    emit_key(e, K("time_taken_ms"));
    args_millis(e, st->time_taken);
    emit_key(e, K("result"));
    args_result(e, &st->result);
    retry_args(e, st->retry);
    emit_key(e, K("is_slow"));
    emit_bool(e, st->is_slow);
    emit_key(e, K("test_group"));
    emit_str(e, entry->group);
    if (ev->has_stress_index) {
        emit_key(e, K("stress_index"));
        args_stress_index(e, &ev->stress_index);
    }
    if (!is_zero(st->delay_before_start)) {
        emit_key(e, K("delay_before_start_secs"));
        args_secs(e, st->delay_before_start);
    }
    if (st->has_error) {
        emit_key(e, K("error"));
        args_error(e, &st->error);
    } else if (flaky && ev->u.t.flaky_result == NX_FAIL) {
        flaky_failure(e, st);
    }
    if (!is_zero(next_delay)) {
        emit_key(e, K("delay_before_next_attempt_secs"));
        args_secs(e, next_delay);
    }
    if (flaky) {
        emit_key(e, K("flaky_result"));
        if (ev->u.t.flaky_result == NX_FAIL)
            emit_lit(e, "\"fail\"");
        else
            emit_lit(e, "\"pass\"");
    }
    span_end_args(t);
}

static void flow_start(struct nx_trace *t, const struct test_entry *entry, int64_t ts)
{
    span_head(t, NX_LIT("retry"), NX_LIT("test"), 's', ts, entry->pid, entry->slot + TID_OFFSET);
    emit_key(&t->e, K("id"));
    emit_u64(&t->e, entry->flow);
    span_tail(t);
}

/* An attempt's end and the start of its flow: behind it as nextest has it, or before it, inside the slice. While the run is paused the
 * slice is closed already, so there is nowhere for a flow to start. */
static void end_failed(struct nx_trace *t, const struct nx_event *ev, struct test_entry *entry, int64_t ts)
{
    entry->flow = t->next_flow++;
    entry->flow_pending = !t->for_perfetto || t->bar != BAR_PAUSED;
    if (t->for_perfetto && entry->flow_pending)
        flow_start(t, entry, ts);
    end(t, ev, entry, &ev->u.t.statuses[0], ev->u.t.delay_before_next, false);
    if (!t->for_perfetto)
        flow_start(t, entry, ts);
}

int on_attempt_failed(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    int rc;
    int64_t ts = nx_instant_micros(ev->timestamp);
    struct test_entry *entry = open_entry(t, ev, &rc, err);
    if (rc < 0)
        return rc;
    if (entry) {
        end_failed(t, ev, entry, ts);
        test_close(&t->tests, entry);
    }
    t->running_tests = ev->running;
    span_concurrency(t, ts);
    return 0;
}

int on_test_finished(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    int rc;
    int64_t ts = nx_instant_micros(ev->timestamp);
    struct test_entry *entry = open_entry(t, ev, &rc, err);
    if (rc < 0)
        return rc;
    if (entry) {
        /* Earlier attempts were closed by their own events. */
        const struct nx_status *last = &ev->u.t.statuses[ev->u.t.statuses_n - 1];
        bool flaky = ev->u.t.statuses_n > 1 && nx_result_success(&last->result);
        end(t, ev, entry, last, (struct nx_duration){0, 0}, flaky);
        test_close(&t->tests, entry);
    }
    t->running_tests = ev->running;
    span_concurrency(t, ts);
    span_results(t, ts, &ev->u.t.stats);
    return 0;
}

int tests_all(struct nx_trace *t, char ph, int64_t ts, struct nx_err *err)
{
    int rc;
    struct test_entry **v = test_open_by_slot(&t->tests, &rc);
    if (rc < 0)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for the open tests");
    for (size_t i = 0; i < t->tests.open_n; i++) {
        span_test_head(t, v[i]->binary, v[i]->name, ph, ts, v[i]->pid, v[i]->slot + TID_OFFSET);
        span_tail(t);
    }
    free(v);
    for (size_t i = 0; i < t->scripts.n; i++) {
        span_script_head(t, t->scripts.v[i].name, ph, ts, t->scripts.v[i].index + TID_OFFSET);
        span_tail(t);
    }
    return 0;
}
