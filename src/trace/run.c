#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* The run itself: its bar, stress sub-runs, pause, continue, cancel. */
#include <stdlib.h>

#include "trace/state.h"

static void bar(struct nx_trace *t, char ph, int64_t ts)
{
    span_head(t, NX_LIT("test run"), NX_LIT("run"), ph, ts, PID_RUN, TID_RUN);
}

static void sub_run(struct nx_trace *t, char ph, int64_t ts)
{
    span_head(t, NX_LIT("sub-run"), NX_LIT("stress"), ph, ts, PID_RUN, TID_SUB_RUN);
}

static void version_arg(struct nx_trace *t)
{
    emit_key(&t->e, K("nextest_version"));
    emit_strz(&t->e, t->version);
}

/* Keeps what later events and the footer need; the event's strings die with it. */
static int keep_run(struct nx_trace *t, const struct nx_event *ev)
{
    struct nx_str profile = str_copy(ev->u.run_started.profile_name);
    struct nx_strs from = ev->u.run_started.cli_args;
    struct nx_str *args = calloc(from.n ? from.n : 1, sizeof *args);
    bool ok = profile.p && args;
    for (size_t i = 0; ok && i < from.n; i++) {
        args[i] = str_copy(from.v[i]);
        ok = args[i].p != NULL;
    }
    free((char *)(uintptr_t)t->profile.p);
    for (size_t i = 0; i < t->cli_args.n; i++)
        free((char *)(uintptr_t)t->cli_args.v[i].p);
    free(t->cli_args.v);
    t->profile = profile;
    t->cli_args = (struct nx_strs){args, args ? from.n : 0};
    memcpy(t->run_id, ev->u.run_started.run_id, sizeof t->run_id);
    t->has_condition = ev->u.run_started.has_condition;
    t->condition = ev->u.run_started.condition;
    t->has_run = ok;
    return ok ? 0 : -NX_ENOMEM;
}

int on_run_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    struct emit *e = &t->e;
    if (keep_run(t, ev) < 0)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for the run");
    int rc = span_run_metadata(t, TID_RUN, "run", err);
    if (rc < 0)
        return rc;
    bar(t, 'B', nx_instant_micros(ev->timestamp));
    span_args(t);
    version_arg(t);
    emit_key(e, K("run_id"));
    emit_strz(e, t->run_id);
    emit_key(e, K("profile"));
    emit_str(e, t->profile);
    emit_key(e, K("cli_args"));
    args_strs(e, t->cli_args);
    if (t->has_condition) {
        emit_key(e, K("stress_condition"));
        args_condition(e, &t->condition);
    }
    span_end_args(t);
    t->bar = BAR_OPEN;
    return 0;
}

int on_run_finished(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    (void)err;
    struct emit *e = &t->e;
    int64_t ts = nx_instant_micros(ev->timestamp);
    t->finished_seen = true;
    if (t->bar == BAR_CLOSED)
        return 0;
    if (t->bar == BAR_PAUSED) { /* the pause closed it: open it for a moment, so that the end has its args */
        bar(t, 'B', ts);
        span_tail(t);
    }
    bar(t, 'E', ts);
    span_args(t);
    version_arg(t);
    emit_key(e, K("time_taken_ms"));
    args_millis(e, ev->u.run_finished.elapsed);
    if (t->has_run) {
        emit_key(e, K("profile"));
        emit_str(e, t->profile);
    }
    emit_key(e, K("run_stats"));
    args_finished_stats(e, &ev->u.run_finished.stats);
    if (ev->u.run_finished.has_not_seen) {
        emit_key(e, K("outstanding_not_seen"));
        emit_open(e, '{');
        emit_key(e, K("total_not_seen"));
        emit_u64(e, ev->u.run_finished.total_not_seen);
        emit_close(e, '}');
    }
    span_end_args(t);
    t->bar = BAR_CLOSED;
    return 0;
}

static int instant(struct nx_trace *t, const struct nx_event *ev, const char *name, const char *reason,
                   struct nx_err *err)
{
    struct emit *e = &t->e;
    int rc = span_run_metadata(t, TID_RUN, "run", err);
    if (rc < 0)
        return rc;
    span_head(t, nx_slice_of(name), NX_LIT("run"), 'i', nx_instant_micros(ev->timestamp), PID_RUN, TID_RUN);
    emit_key(e, K("s"));
    emit_lit(e, "\"p\"");
    span_args(t);
    emit_key(e, K("running"));
    emit_u64(e, ev->running);
    emit_key(e, K("setup_scripts_running"));
    emit_u64(e, ev->setup_scripts_running);
    if (reason) {
        emit_key(e, K("reason"));
        emit_strz(e, reason);
    }
    span_end_args(t);
    return 0;
}

/* These events say how many of both are running. */
static void take_counts(struct nx_trace *t, const struct nx_event *ev)
{
    t->running_tests = ev->running;
    t->running_scripts = ev->setup_scripts_running;
    span_concurrency(t, nx_instant_micros(ev->timestamp));
}

int on_run_begin_cancel(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    take_counts(t, ev);
    return instant(t, ev, "cancel", nx_cancel_reasons[ev->u.run_begin_cancel.reason], err);
}

int on_run_paused(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    int64_t ts = nx_instant_micros(ev->timestamp);
    take_counts(t, ev);
    if (t->bar == BAR_OPEN) {
        bar(t, 'E', ts);
        span_tail(t);
        t->bar = BAR_PAUSED;
    }
    if (t->sub_run_open) {
        sub_run(t, 'E', ts);
        span_tail(t);
    }
    int rc = tests_all(t, 'E', ts, err);
    return rc < 0 ? rc : instant(t, ev, "paused", NULL, err);
}

int on_run_continued(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    int64_t ts = nx_instant_micros(ev->timestamp);
    take_counts(t, ev);
    int rc = instant(t, ev, "continued", NULL, err);
    if (rc < 0)
        return rc;
    if (t->bar == BAR_PAUSED) {
        bar(t, 'B', ts);
        span_tail(t);
        t->bar = BAR_OPEN;
    }
    if (t->sub_run_open) {
        sub_run(t, 'B', ts);
        span_tail(t);
    }
    return tests_all(t, 'B', ts, err);
}

int on_sub_run_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    int rc = span_run_metadata(t, TID_SUB_RUN, "stress sub-runs", err);
    if (rc < 0)
        return rc;
    sub_run(t, 'B', nx_instant_micros(ev->timestamp));
    span_args(t);
    emit_key(&t->e, K("progress"));
    args_progress(&t->e, &ev->u.sub_run.progress);
    span_end_args(t);
    t->sub_run_open = true;
    return 0;
}

int on_sub_run_finished(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    struct emit *e = &t->e;
    if (!t->sub_run_open)
        return orphan(t, err, "StressSubRunFinished has no prior StressSubRunStarted event (corrupt or truncated log?)");
    sub_run(t, 'E', nx_instant_micros(ev->timestamp));
    span_args(t);
    emit_key(e, K("progress"));
    args_progress(e, &ev->u.sub_run.progress);
    emit_key(e, K("time_taken_ms"));
    args_millis(e, ev->u.sub_run.elapsed);
    emit_key(e, K("sub_stats"));
    args_run_stats(e, &ev->u.sub_run.stats);
    span_end_args(t);
    t->sub_run_open = false;
    return 0;
}
