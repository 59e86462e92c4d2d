#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/output.h"

#include <stdlib.h>
#include <string.h>

#include "api/loose.h"
#include "base/strbuf.h"
#include "event/decode.h"
#include "recording/runlog.h"

/* --- where it is --- */

struct search {
    const struct nx_output_query *q;
    uint32_t attempt;
    uint64_t line;
    bool any, running;
};

/* Rows come in order of attempt: the last fitting one stays. */
static int match(void *arg, const struct nx_run_row *run, const struct nx_exec_row *e)
{
    struct search *s = arg;
    (void)run;
    if (e->stress != s->q->stress)
        return 0;
    s->any = true;
    if (s->q->attempt ? e->attempt != s->q->attempt : s->line && !e->last)
        return 0;
    s->attempt = e->attempt;
    s->line = e->line;
    s->running = e->outcome == NX_OUTCOME_RUNNING;
    return 0;
}

struct only {
    int64_t run;
    struct search *s;
};

static int of_run(void *arg, const struct nx_exec_row *e)
{
    struct only *o = arg;
    return e->test == o->run ? match(o->s, NULL, e) : 0;
}

static int find_line(const struct nx_world *w, const struct nx_found *run, struct search *s, struct nx_err *err)
{
    const struct nx_output_query *q = s->q;
    int64_t test;
    int rc = nx_index_find_test(w->ix, q->binary, q->test, &test, err);
    struct only o = {test, s};
    if (rc == 0)
        rc = nx_index_scan(w->ix, run->id, of_run, &o, err);
    if (rc < 0)
        return rc;
    if (!s->any)
        return nx_fail(err, NX_ENOTFOUND, NULL, "no test `%.*s` of `%.*s` in run %s", (int)(q->test.n < 200 ? q->test.n : 200),
                       q->test.p, (int)(q->binary.n < 200 ? q->binary.n : 200), q->binary.p, run->uuid);
    if (!s->line)
        return nx_fail(err, NX_ENOTFOUND, NULL, "the test has no attempt %u in run %s", q->attempt, run->uuid);
    if (s->running)
        return nx_fail(err, NX_EINCOMPLETE, NULL, "the test is still running, or its end was not recorded");
    return 0;
}

/* --- the recording --- */

static int open_run(const struct nx_world *w, const struct nx_found *run, struct nx_recording **ret, struct nx_err *err)
{
    struct nx_pick pick;
    struct nx_scope scope = {run->ws_name, run->ws_store};
    int rc = nx_select(w->view, scope, nx_slice_of(run->uuid), &pick, err);
    if (rc < 0)
        return rc == -NX_ENOTFOUND || rc == -NX_ENORUNS
                   ? nx_fail(err, NX_EGONE, NULL, "run %s is no longer on disk: only its history is left", run->uuid)
                   : rc;
    char *dir = nx_run_dir(pick.ws, pick.run);
    rc = dir ? nx_recording_open_dir(dir, pick.run, ret, err) : nx_fail(err, NX_ENOMEM, NULL, "no memory for a path");
    free(dir);
    return rc;
}

/* The event on a line of the log. The decoder keeps it. */
static int event_at(struct nx_recording *rec, uint64_t want, struct nx_decoder *d, struct nx_runlog **log,
                    const struct nx_event **ret, struct nx_err *err)
{
    struct nx_reader *reader;
    int rc = nx_recording_log(rec, &reader, err);
    if (rc == 0)
        rc = nx_runlog_open(reader, log, err);
    while (rc == 0) {
        struct nx_slice line;
        uint64_t number;
        const char *odd;
        int got = nx_runlog_next(*log, &line, &number, err);
        if (got < 0 && !nx_runlog_ended(*log))
            continue;
        if (got < 0)
            return got;
        if (got == 0 || number > want)
            return nx_fail(err, NX_EFORMAT, nx_recording_name(rec), "line %llu of the run log is not what the index says",
                           (unsigned long long)want);
        if (number == want)
            return nx_decode(d, line, ret, &odd, err);
    }
    return rc;
}

static const struct nx_status *status_of(const struct nx_event *ev, uint32_t attempt)
{
    if (ev->kind != NX_EV_TEST_FINISHED && ev->kind != NX_EV_TEST_ATTEMPT_FAILED_WILL_RETRY)
        return NULL;
    for (size_t i = 0; i < ev->u.t.statuses_n; i++)
        if (ev->u.t.statuses[i].retry.attempt == attempt)
            return &ev->u.t.statuses[i];
    return NULL;
}

/* --- streams --- */

static int add_stream(struct nx_recording *rec, const struct nx_stream *s, struct nx_strbuf *out,
                      struct nx_output_found *ret, struct nx_err *err)
{
    if (s->status == NX_STREAM_EMPTY)
        return 0;
    char name[64], *p;
    size_t n;
    if (s->file_name.n >= sizeof name)
        return nx_fail(err, NX_EFORMAT, nx_recording_name(rec), "an output's name is too long");
    memcpy(name, s->file_name.p, s->file_name.n);
    name[s->file_name.n] = '\0';
    int rc = nx_recording_output(rec, name, &p, &n, err);
    if (rc < 0)
        return rc;
    nx_strbuf_add(out, p, n);
    free(p);
    if (s->status == NX_STREAM_TRUNCATED) {
        ret->truncated = true;
        ret->original_size += s->original_size;
    }
    return out->failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory for an output") : 0;
}

static int read_streams(struct nx_recording *rec, const struct nx_output *o, enum nx_stream_choice which,
                        struct nx_strbuf *out, struct nx_output_found *ret, struct nx_err *err)
{
    int rc = 0;
    if (o->kind == NX_OUTPUT_COMBINED)
        return which == NX_STDERR ? 0 : add_stream(rec, &o->out, out, ret, err);
    if (o->has_stdout && which != NX_STDERR)
        rc = add_stream(rec, &o->out, out, ret, err);
    if (rc == 0 && o->has_stderr && which != NX_STDOUT)
        rc = add_stream(rec, &o->err, out, ret, err);
    return rc;
}

int nx_output_get(const struct nx_world *w, const struct nx_found *run, const struct nx_output_query *q,
                  struct nx_output_found *ret, struct nx_err *err)
{
    struct search s = {.q = q};
    struct nx_recording *rec, *owned = NULL;
    struct nx_runlog *log = NULL;
    struct nx_decoder *d = nx_decoder_new(false);
    struct nx_output_found found = {0};
    struct nx_strbuf out;
    const struct nx_event *ev;
    nx_strbuf_init(&out, 0);
    const struct nx_loose *loose = nx_loose_of(w, run);
    int rc = d ? find_line(w, run, &s, err) : nx_fail(err, NX_ENOMEM, NULL, "no memory for a decoder");
    if (rc == 0 && !loose)
        rc = open_run(w, run, &owned, err);
    rec = loose ? loose->rec : owned;
    if (rc == 0)
        rc = event_at(rec, s.line, d, &log, &ev, err);
    if (rc == 0) {
        const struct nx_status *st = status_of(ev, s.attempt);
        if (!st)
            rc = nx_fail(err, NX_EFORMAT, nx_recording_name(rec), "the run log is not what the index says");
        else if (st->output.kind == NX_CHILD_OUTPUT)
            rc = read_streams(rec, &st->output.output, q->stream, &out, &found, err);
    }
    if (rc == 0) {
        found.attempt = s.attempt;
        found.p = nx_strbuf_take(&out, &found.n);
        rc = found.p ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory for an output");
    }
    nx_strbuf_fini(&out);
    nx_runlog_close(log);
    nx_recording_close(owned);
    nx_decoder_free(d);
    if (rc == 0)
        *ret = found;
    return rc;
}
