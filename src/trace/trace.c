#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "trace/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void opening(struct nx_trace *t, uint64_t lines)
{
    emit_open(&t->e, '{');
    emit_key(&t->e, K("traceEvents"));
    emit_open(&t->e, '[');
    if (t->marked)
        span_mark(t, lines);
}

int nx_trace_new(const struct nx_trace_opts *opts, struct nx_sink *sink, struct nx_trace **ret, struct nx_err *err)
{
    struct nx_trace *t = calloc(1, sizeof *t);
    if (!t)
        goto fail;
    t->by_slot = opts->by_slot;
    t->strict = opts->strict;
    t->for_perfetto = opts->for_perfetto;
    t->marked = opts->marked;
    t->next_pid = PID_FIRST_BINARY;
    t->version = strdup(opts->nextest_version);
    if (!t->version || emit_init(&t->e, sink, opts->pretty) < 0 || test_table_init(&t->tests) < 0 ||
        binary_table_new(&t->binaries) < 0)
        goto fail;
    opening(t, opts->lines);
    t->events = 0;
    *ret = t;
    return 0;
fail:
    nx_trace_free(t);
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for a trace");
}

void nx_trace_free(struct nx_trace *t)
{
    if (!t)
        return;
    emit_fini(&t->e);
    test_table_fini(&t->tests);
    binary_table_free(t->binaries);
    track_set_fini(&t->tracks);
    script_list_fini(&t->scripts);
    free((char *)(uintptr_t)t->profile.p);
    for (size_t i = 0; i < t->cli_args.n; i++)
        free((char *)(uintptr_t)t->cli_args.v[i].p);
    free(t->cli_args.v);
    free(t->version);
    free(t);
}

int orphan(struct nx_trace *t, struct nx_err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(t->odd, sizeof t->odd, fmt, ap);
    va_end(ap);
    return t->strict ? nx_fail(err, NX_EFORMAT, NULL, "%s", t->odd) : 0;
}

static int dispatch(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    switch (ev->kind) {
    case NX_EV_RUN_STARTED:
        return on_run_started(t, ev, err);
    case NX_EV_STRESS_SUB_RUN_STARTED:
        return on_sub_run_started(t, ev, err);
    case NX_EV_SETUP_SCRIPT_STARTED:
        return on_script_started(t, ev, err);
    case NX_EV_SETUP_SCRIPT_SLOW:
        return on_script_slow(t, ev, err);
    case NX_EV_TEST_STARTED:
        return on_test_started(t, ev, err);
    case NX_EV_TEST_SLOW:
        return on_test_slow(t, ev, err);
    case NX_EV_TEST_RETRY_STARTED:
        return on_test_retry_started(t, ev, err);
    case NX_EV_TEST_SKIPPED: /* has no duration, makes no span */
        return 0;
    case NX_EV_RUN_BEGIN_CANCEL:
        return on_run_begin_cancel(t, ev, err);
    case NX_EV_RUN_PAUSED:
        return on_run_paused(t, ev, err);
    case NX_EV_RUN_CONTINUED:
        return on_run_continued(t, ev, err);
    case NX_EV_STRESS_SUB_RUN_FINISHED:
        return on_sub_run_finished(t, ev, err);
    case NX_EV_RUN_FINISHED:
        return on_run_finished(t, ev, err);
    case NX_EV_SETUP_SCRIPT_FINISHED:
        return on_script_finished(t, ev, err);
    case NX_EV_TEST_ATTEMPT_FAILED_WILL_RETRY:
        return on_attempt_failed(t, ev, err);
    case NX_EV_TEST_FINISHED:
        return on_test_finished(t, ev, err);
    case NX_EV_COUNT:
        break;
    }
    return nx_fail(err, NX_EINTERNAL, NULL, "no such kind of event");
}

static int sink_result(struct nx_trace *t, struct nx_err *err)
{
    if (t->e.rc < 0 && err)
        *err = t->e.err;
    return t->e.rc;
}

int nx_trace_event(struct nx_trace *t, const struct nx_event *ev, const char **ret_odd, struct nx_err *err)
{
    t->odd[0] = '\0';
    int rc = dispatch(t, ev, err);
    *ret_odd = t->odd[0] ? t->odd : NULL;
    return rc < 0 ? rc : sink_result(t, err);
}

static void other_data(struct nx_trace *t)
{
    struct emit *e = &t->e;
    emit_key(e, K("otherData"));
    emit_open(e, '{');
    emit_key(e, K("nextest_version"));
    emit_strz(e, t->version);
    if (t->has_run) {
        emit_key(e, K("run_id"));
        emit_strz(e, t->run_id);
        emit_key(e, K("profile_name"));
        emit_str(e, t->profile);
    }
    if (t->cli_args.n > 0) {
        emit_key(e, K("cli_args"));
        args_strs(e, t->cli_args);
    }
    if (t->has_condition) {
        emit_key(e, K("stress_condition"));
        args_condition(e, &t->condition);
    }
    emit_close(e, '}');
}

static void footer(struct nx_trace *t)
{
    emit_close(&t->e, ']');
    emit_key(&t->e, K("displayTimeUnit"));
    emit_lit(&t->e, "\"ms\"");
    other_data(t);
    emit_close(&t->e, '}');
}

int nx_trace_finish(struct nx_trace *t, struct nx_err *err)
{
    footer(t);
    return nx_trace_flush(t, err);
}

/* The emitter's place in the document, to be put back after something was written elsewhere. */
struct aside {
    struct nx_sink *sink;
    unsigned depth;
    bool first;
    uint64_t events;
    struct nx_sink_mem mem;
};

static int go_aside(struct nx_trace *t, struct aside *a, struct nx_strbuf *out, struct nx_err *err)
{
    int rc = nx_trace_flush(t, err);
    *a = (struct aside){.sink = t->e.sink, .depth = t->e.depth, .first = t->e.first, .events = t->events};
    nx_sink_mem_init(&a->mem, out);
    t->e.sink = &a->mem.sink;
    return rc;
}

static int come_back(struct nx_trace *t, const struct aside *a, struct nx_err *err)
{
    emit_flush(&t->e);
    int rc = sink_result(t, err);
    t->e.sink = a->sink;
    t->e.depth = a->depth;
    t->e.first = a->first;
    t->events = a->events;
    t->e.rc = 0;
    return rc;
}

int nx_trace_footer(struct nx_trace *t, struct nx_strbuf *out, struct nx_err *err)
{
    struct aside a;
    int rc = go_aside(t, &a, out, err);
    if (rc < 0) {
        t->e.sink = a.sink;
        return rc;
    }
    footer(t);
    return come_back(t, &a, err);
}

int nx_trace_opening(struct nx_trace *t, uint64_t lines, struct nx_strbuf *out, struct nx_err *err)
{
    struct aside a;
    if (!t->marked)
        return 0;
    int rc = go_aside(t, &a, out, err);
    if (rc < 0) {
        t->e.sink = a.sink;
        return rc;
    }
    t->e.depth = 0;
    t->e.first = true;
    opening(t, lines);
    return come_back(t, &a, err);
}

int nx_trace_flush(struct nx_trace *t, struct nx_err *err)
{
    emit_flush(&t->e);
    return sink_result(t, err);
}

uint64_t nx_trace_events(const struct nx_trace *t)
{
    return t->events;
}

bool nx_trace_run_finished(const struct nx_trace *t)
{
    return t->finished_seen;
}
