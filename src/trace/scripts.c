#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Setup scripts. */
#include "trace/state.h"

int on_script_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    static const struct nx_str process = {"setup-scripts", 13, true};
    uint64_t index = ev->u.script.index, tid = index + TID_OFFSET;
    int64_t ts = nx_instant_micros(ev->timestamp);
    int rc = span_metadata(t, PID_SCRIPTS, tid, process, "script-", true, index, err);
    if (rc < 0)
        return rc;
    span_script_head(t, ev->u.script.script_id, 'B', ts, tid);
    span_tail(t);
    t->running_scripts++;
    span_concurrency(t, ts);
    return script_put(&t->scripts, index, ev->u.script.script_id, err);
}

static int no_start(struct nx_trace *t, const char *what, struct nx_str id, struct nx_err *err)
{
    return orphan(t, err, "%s for script `%.*s` has no prior SetupScriptStarted event (corrupt or truncated log?)", what,
                  (int)(id.n < 120 ? id.n : 120), id.p);
}

static void stress_arg(struct nx_trace *t, const struct nx_event *ev)
{
    if (!ev->has_stress_index)
        return;
    emit_key(&t->e, K("stress_index"));
    args_stress_index(&t->e, &ev->stress_index);
}

int on_script_slow(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    struct emit *e = &t->e;
    /* The event carries no index, only the name. */
    const struct script_entry *script = script_named(&t->scripts, ev->u.script.script_id);
    if (!script)
        return no_start(t, "SetupScriptSlow", ev->u.script.script_id, err);
    span_head(t, NX_LIT("slow"), NX_LIT("setup-script"), 'i', nx_instant_micros(ev->timestamp), PID_SCRIPTS, script->index + TID_OFFSET);
    emit_key(e, K("s"));
    emit_lit(e, "\"t\"");
    span_args(t);
    emit_key(e, K("script_id"));
    emit_str(e, ev->u.script.script_id);
    emit_key(e, K("elapsed_secs"));
    args_secs(e, ev->u.script.elapsed);
    emit_key(e, K("will_terminate"));
    emit_bool(e, ev->u.script.will_terminate);
    stress_arg(t, ev);
    span_end_args(t);
    return 0;
}

int on_script_finished(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err)
{
    struct emit *e = &t->e;
    const struct nx_status *st = &ev->u.script.status;
    int64_t ts = nx_instant_micros(ev->timestamp);
    if (script_at(&t->scripts, ev->u.script.index)) {
        span_script_head(t, ev->u.script.script_id, 'E', ts, ev->u.script.index + TID_OFFSET);
        span_args(t);
        emit_key(e, K("script_id"));
        emit_str(e, ev->u.script.script_id);
        emit_key(e, K("time_taken_ms"));
        args_millis(e, st->time_taken);
        emit_key(e, K("result"));
        args_result(e, &st->result);
        emit_key(e, K("is_slow"));
        emit_bool(e, st->is_slow);
        stress_arg(t, ev);
        if (st->has_error) {
            emit_key(e, K("error"));
            args_error(e, &st->error);
        }
        span_end_args(t);
    } else {
        /* nextest names the slow event for both cases. */
        int rc = no_start(t, "SetupScriptSlow", ev->u.script.script_id, err);
        if (rc < 0)
            return rc;
    }
    if (t->running_scripts > 0)
        t->running_scripts--;
    span_concurrency(t, ts);
    script_drop(&t->scripts, ev->u.script.index);
    return 0;
}
