#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Source of names and order: nextest-runner/src/reporter/events.rs and record/summary.rs, as serde writes them. */
#include "trace/args.h"

static void member_u64(struct emit *e, const char *key, size_t n, uint64_t v)
{
    emit_key(e, key, n);
    emit_u64(e, v);
}

static void member_word(struct emit *e, const char *key, size_t n, const char *word)
{
    emit_key(e, key, n);
    if (word)
        emit_strz(e, word);
    else
        emit_lit(e, "null");
}

void args_strs(struct emit *e, struct nx_strs s)
{
    emit_open(e, '[');
    for (size_t i = 0; i < s.n; i++) {
        emit_elem(e);
        emit_str(e, s.v[i]);
    }
    emit_close(e, ']');
}

void args_duration(struct emit *e, struct nx_duration d)
{
    emit_open(e, '{');
    member_u64(e, K("secs"), d.secs);
    member_u64(e, K("nanos"), d.nanos);
    emit_close(e, '}');
}

void args_secs(struct emit *e, struct nx_duration d)
{
    char *p = emit_room(e);
    e->n += nx_number_secs(p, d.secs, d.nanos);
}

void args_millis(struct emit *e, struct nx_duration d)
{
    char *p = emit_room(e);
    e->n += nx_number_millis(p, d.secs, d.nanos);
}

static void abort_text(struct emit *e, const char *key, size_t n, const struct nx_abort *a)
{
    emit_key(e, key, n);
    if (a->has_text)
        emit_str(e, a->text);
    else
        emit_lit(e, "null");
}

static void abort_description(struct emit *e, const struct nx_abort *a)
{
    emit_open(e, '{');
    emit_key(e, K("kind"));
    switch ((enum nx_abort_kind)a->kind) {
    case NX_ABORT_UNIX_SIGNAL:
        emit_lit(e, "\"unix-signal\"");
        emit_key(e, K("signal"));
        emit_i64(e, a->code);
        abort_text(e, K("name"), a);
        break;
    case NX_ABORT_WINDOWS_NT_STATUS:
        emit_lit(e, "\"windows-nt-status\"");
        emit_key(e, K("code"));
        emit_i64(e, a->code);
        abort_text(e, K("message"), a);
        break;
    case NX_ABORT_WINDOWS_JOB_OBJECT:
        emit_lit(e, "\"windows-job-object\"");
        break;
    }
    emit_close(e, '}');
}

static void failure(struct emit *e, const struct nx_failure *f)
{
    emit_open(e, '{');
    emit_key(e, K("kind"));
    if (f->kind == NX_FAILURE_EXIT_CODE) {
        emit_lit(e, "\"exit-code\"");
        emit_key(e, K("code"));
        emit_i64(e, f->code);
    } else {
        emit_lit(e, "\"abort\"");
        emit_key(e, K("abort"));
        abort_description(e, &f->abort);
    }
    emit_close(e, '}');
}

static void counted_result(struct emit *e, const struct nx_result *r)
{
    emit_key(e, K("result"));
    if (r->counts_as == NX_PASS)
        emit_lit(e, "\"pass\"");
    else
        emit_lit(e, "\"fail\"");
}

void args_result(struct emit *e, const struct nx_result *r)
{
    emit_open(e, '{');
    emit_key(e, K("status"));
    switch ((enum nx_result_status)r->status) {
    case NX_RESULT_PASS:
        emit_lit(e, "\"pass\"");
        break;
    case NX_RESULT_LEAK:
        emit_lit(e, "\"leak\"");
        counted_result(e, r);
        break;
    case NX_RESULT_FAIL:
        emit_lit(e, "\"fail\"");
        emit_key(e, K("failure"));
        failure(e, &r->failure);
        emit_key(e, K("leaked"));
        emit_bool(e, r->leaked);
        break;
    case NX_RESULT_EXEC_FAIL:
        emit_lit(e, "\"exec-fail\"");
        break;
    case NX_RESULT_TIMEOUT:
        emit_lit(e, "\"timeout\"");
        counted_result(e, r);
        break;
    }
    emit_close(e, '}');
}

static void run_stats_members(struct emit *e, const struct nx_run_stats *s)
{
    member_u64(e, K("initial-run-count"), s->initial_run_count);
    member_u64(e, K("finished-count"), s->finished_count);
    member_u64(e, K("setup-scripts-initial-count"), s->setup_scripts_initial_count);
    member_u64(e, K("setup-scripts-finished-count"), s->setup_scripts_finished_count);
    member_u64(e, K("setup-scripts-passed"), s->setup_scripts_passed);
    member_u64(e, K("setup-scripts-failed"), s->setup_scripts_failed);
    member_u64(e, K("setup-scripts-exec-failed"), s->setup_scripts_exec_failed);
    member_u64(e, K("setup-scripts-timed-out"), s->setup_scripts_timed_out);
    member_u64(e, K("passed"), s->passed);
    member_u64(e, K("passed-slow"), s->passed_slow);
    member_u64(e, K("passed-timed-out"), s->passed_timed_out);
    member_u64(e, K("flaky"), s->flaky);
    member_u64(e, K("failed"), s->failed);
    member_u64(e, K("failed-slow"), s->failed_slow);
    member_u64(e, K("failed-timed-out"), s->failed_timed_out);
    member_u64(e, K("leaky"), s->leaky);
    member_u64(e, K("leaky-failed"), s->leaky_failed);
    member_u64(e, K("exec-failed"), s->exec_failed);
    member_u64(e, K("skipped"), s->skipped);
    member_word(e, K("cancel-reason"), nx_cancel_reasons[s->cancel_reason]);
}

void args_run_stats(struct emit *e, const struct nx_run_stats *s)
{
    emit_open(e, '{');
    run_stats_members(e, s);
    emit_close(e, '}');
}

void args_stress_index(struct emit *e, const struct nx_stress_index *i)
{
    emit_open(e, '{');
    member_u64(e, K("current"), i->current);
    emit_key(e, K("total"));
    if (i->has_total)
        emit_u64(e, i->total);
    else
        emit_lit(e, "null");
    emit_close(e, '}');
}

static void final_stats(struct emit *e, const struct nx_final_stats *f)
{
    static const char *const outcomes[] = {"success", "no-tests-run", "cancelled", "failed"};
    emit_open(e, '{');
    member_word(e, K("outcome"), outcomes[f->outcome]);
    if (f->outcome == NX_FINAL_CANCELLED)
        member_word(e, K("reason"), nx_cancel_reasons[f->reason]);
    if (f->outcome == NX_FINAL_CANCELLED || f->outcome == NX_FINAL_FAILED) {
        emit_key(e, K("kind"));
        emit_open(e, '{');
        if (f->kind.step == NX_STEP_SETUP_SCRIPT) {
            member_word(e, K("step"), "setup-script");
        } else {
            member_word(e, K("step"), "test");
            member_u64(e, K("initial_run_count"), f->kind.initial_run_count);
            member_u64(e, K("not_run"), f->kind.not_run);
        }
        emit_close(e, '}');
    }
    emit_close(e, '}');
}

void args_finished_stats(struct emit *e, const struct nx_finished_stats *s)
{
    emit_open(e, '{');
    if (s->kind == NX_FINISHED_SINGLE) {
        member_word(e, K("type"), "single");
        run_stats_members(e, &s->single);
    } else {
        member_word(e, K("type"), "stress");
        emit_key(e, K("completed"));
        args_stress_index(e, &s->completed);
        member_u64(e, K("success-count"), s->success_count);
        member_u64(e, K("failed-count"), s->failed_count);
        emit_key(e, K("last-final-stats"));
        final_stats(e, &s->last);
    }
    emit_close(e, '}');
}

void args_progress(struct emit *e, const struct nx_progress *p)
{
    emit_open(e, '{');
    member_word(e, K("progress-type"), p->kind == NX_PROGRESS_COUNT ? "count" : "time");
    emit_key(e, K("total"));
    if (p->kind == NX_PROGRESS_TIME) {
        args_duration(e, p->total_time);
    } else {
        emit_open(e, '{');
        bool infinite = p->total_count.kind == NX_STRESS_INFINITE;
        member_word(e, K("kind"), infinite ? "infinite" : "count");
        if (!infinite)
            member_u64(e, K("count"), p->total_count.count);
        emit_close(e, '}');
    }
    emit_key(e, K("elapsed"));
    args_duration(e, p->elapsed);
    member_u64(e, K("completed"), p->completed);
    emit_close(e, '}');
}

void args_condition(struct emit *e, const struct nx_condition *c)
{
    emit_open(e, '{');
    if (c->kind == NX_CONDITION_COUNT) {
        member_word(e, K("type"), "count");
        emit_key(e, K("count"));
        if (c->has_count)
            emit_u64(e, c->count);
        else
            emit_lit(e, "null");
    } else {
        member_word(e, K("type"), "duration");
        emit_key(e, K("duration"));
        args_duration(e, c->duration);
    }
    emit_close(e, '}');
}

void args_error(struct emit *e, const struct nx_error_summary *s)
{
    emit_open(e, '{');
    emit_key(e, K("short_message"));
    emit_str(e, s->short_message);
    emit_key(e, K("description"));
    emit_str(e, s->description);
    emit_close(e, '}');
}
