#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdio.h>

#include "trace/state.h"

static char *put(char *p, const char *text, size_t n)
{
    memcpy(p, text, n);
    return p + n;
}
#define PUT(p, text) put(p, text, sizeof(text) - 1)

/* All of it in one piece of buffer: this is half of a trace. */
static void head_compact(struct nx_trace *t, struct nx_slice cat, char ph, int64_t ts, uint64_t pid, uint64_t tid)
{
    struct emit *e = &t->e;
    char *p = emit_room(e);
    p = PUT(p, ",\"cat\":\"");
    p = put(p, cat.p, cat.n);
    p = PUT(p, "\",\"ph\":\"");
    *p++ = ph;
    p = PUT(p, "\",\"ts\":");
    emit_ts_text(e, ts);
    p = put(p, e->ts_text, e->ts_n);
    p = PUT(p, ",\"pid\":");
    p += nx_number_u64(p, pid);
    p = PUT(p, ",\"tid\":");
    p += nx_number_u64(p, tid);
    e->n = (size_t)(p - e->buf);
}

static void head_rest(struct nx_trace *t, struct nx_slice cat, char ph, int64_t ts, uint64_t pid, uint64_t tid)
{
    struct emit *e = &t->e;
    if (!e->pretty) {
        head_compact(t, cat, ph, ts, pid, tid);
        return;
    }
    emit_key(e, K("cat"));
    emit_char(e, '"');
    emit_bytes(e, cat.p, cat.n);
    emit_char(e, '"');
    emit_key(e, K("ph"));
    emit_char(e, '"');
    emit_char(e, ph);
    emit_char(e, '"');
    emit_key(e, K("ts"));
    emit_ts_text(e, ts);
    emit_bytes(e, e->ts_text, e->ts_n);
    emit_key(e, K("pid"));
    emit_u64(e, pid);
    emit_key(e, K("tid"));
    emit_u64(e, tid);
}

static void open_event(struct nx_trace *t)
{
    t->events++;
    emit_elem(&t->e);
    emit_open(&t->e, '{');
    emit_key(&t->e, K("name"));
}

void span_head(struct nx_trace *t, struct nx_slice name, struct nx_slice cat, char ph, int64_t ts, uint64_t pid,
               uint64_t tid)
{
    open_event(t);
    emit_char(&t->e, '"');
    emit_bytes(&t->e, name.p, name.n);
    emit_char(&t->e, '"');
    head_rest(t, cat, ph, ts, pid, tid);
}

void span_test_head(struct nx_trace *t, struct nx_str binary, struct nx_str name, char ph, int64_t ts, uint64_t pid,
                    uint64_t tid)
{
    open_event(t);
    emit_char(&t->e, '"');
    if (t->by_slot) {
        emit_part(&t->e, binary);
        emit_char(&t->e, ' ');
    }
    emit_part(&t->e, name);
    emit_char(&t->e, '"');
    head_rest(t, NX_LIT("test"), ph, ts, pid, tid);
}

void span_script_head(struct nx_trace *t, struct nx_str name, char ph, int64_t ts, uint64_t tid)
{
    open_event(t);
    emit_str(&t->e, name);
    head_rest(t, NX_LIT("setup-script"), ph, ts, PID_SCRIPTS, tid);
}

void span_tail(struct nx_trace *t)
{
    emit_close(&t->e, '}');
}

/* A counter of the run's, with up to three values. Three of five trace events are one, so the compact form is written in
 * one piece: names and keys are short literals. */
static void counter(struct nx_trace *t, struct nx_slice name, int64_t ts, const struct nx_slice *keys, const uint64_t *v,
                    size_t n)
{
    struct emit *e = &t->e;
    if (e->pretty) {
        span_head(t, name, NX_LIT("run"), 'C', ts, PID_RUN, 0);
        span_args(t);
        for (size_t i = 0; i < n; i++) {
            emit_key(e, keys[i].p + 1, keys[i].n - 1); /* without the comma */
            emit_u64(e, v[i]);
        }
        span_end_args(t);
        return;
    }
    char *p = emit_room(e);
    t->events++;
    emit_ts_text(e, ts);
    *p = ',';
    p += !e->first;
    p = PUT(p, "{\"name\":\"");
    p = put(p, name.p, name.n);
    p = PUT(p, "\",\"cat\":\"run\",\"ph\":\"C\",\"ts\":");
    p = put(p, e->ts_text, e->ts_n);
    p = PUT(p, ",\"pid\":0,\"tid\":0,\"args\":{");
    for (size_t i = 0; i < n; i++) {
        p = put(p, keys[i].p + (i == 0), keys[i].n - (i == 0));
        p += nx_number_u64(p, v[i]);
    }
    p = PUT(p, "}}");
    e->n = (size_t)(p - e->buf);
    e->first = false;
}

void span_concurrency(struct nx_trace *t, int64_t ts)
{
    static const struct nx_slice keys[] = {{",\"running_tests\":", 17}, {",\"running_scripts\":", 19}};
    const uint64_t v[] = {t->running_tests, t->running_scripts};
    counter(t, NX_LIT("concurrency"), ts, keys, v, 2);
}

void span_results(struct nx_trace *t, int64_t ts, const struct nx_run_stats *s)
{
    static const struct nx_slice keys[] = {{",\"passed\":", 10}, {",\"flaky\":", 9}, {",\"failed\":", 10}};
    const uint64_t v[] = {s->passed, s->flaky, s->failed + s->exec_failed + s->failed_timed_out};
    counter(t, NX_LIT("test results"), ts, keys, v, 3);
}

/* --- metadata --- */

static void meta_head(struct nx_trace *t, const char *what, uint64_t pid, uint64_t tid)
{
    span_head(t, nx_slice_of(what), NX_LIT(""), 'M', 0, pid, tid);
    span_args(t);
}

static void meta_sort(struct nx_trace *t, const char *what, uint64_t pid, uint64_t tid, uint64_t index)
{
    meta_head(t, what, pid, tid);
    emit_key(&t->e, K("sort_index"));
    emit_u64(&t->e, index);
    span_end_args(t);
}

static void process_name_open(struct nx_trace *t, uint64_t pid)
{
    meta_head(t, "process_name", pid, 0);
    emit_key(&t->e, K("name"));
}

static void process_name_close(struct nx_trace *t, uint64_t pid)
{
    span_end_args(t);
    meta_sort(t, "process_sort_index", pid, 0, pid);
}

static int thread_metadata(struct nx_trace *t, uint64_t pid, uint64_t tid, const char *thread, bool numbered,
                           uint64_t number, struct nx_err *err)
{
    int added = track_add(&t->tracks, pid, tid, err);
    if (added <= 0)
        return added;
    struct emit *e = &t->e;
    meta_head(t, "thread_name", pid, tid);
    emit_key(e, K("name"));
    emit_char(e, '"');
    emit_bytes(e, thread, strlen(thread));
    if (numbered)
        emit_u64(e, number);
    emit_char(e, '"');
    span_end_args(t);
    meta_sort(t, "thread_sort_index", pid, tid, tid);
    return 0;
}

void span_mark(struct nx_trace *t, uint64_t lines)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%012" PRIu64, lines);
    meta_head(t, "process_labels", PID_RUN, 0);
    emit_key(&t->e, K("labels"));
    emit_lit(&t->e, "\"of the first ");
    emit_bytes(&t->e, digits, (size_t)n);
    emit_lit(&t->e, " lines of the run log\"");
    span_end_args(t);
}

int span_metadata(struct nx_trace *t, uint64_t pid, uint64_t tid, struct nx_str process, const char *thread,
                  bool numbered, uint64_t number, struct nx_err *err)
{
    int added = track_add(&t->tracks, ~pid, 0, err);
    if (added < 0)
        return added;
    if (added) {
        process_name_open(t, pid);
        emit_str(&t->e, process);
        process_name_close(t, pid);
    }
    return thread_metadata(t, pid, tid, thread, numbered, number, err);
}

int span_run_metadata(struct nx_trace *t, uint64_t tid, const char *thread, struct nx_err *err)
{
    int added = track_add(&t->tracks, ~(uint64_t)PID_RUN, 0, err);
    if (added < 0)
        return added;
    if (added) {
        struct emit *e = &t->e;
        process_name_open(t, PID_RUN);
        emit_lit(e, "\"nextest run");
        if (t->has_run) { /* a log whose start is lost has no profile */
            emit_lit(e, " (");
            emit_part(e, t->profile);
            emit_char(e, ')');
        }
        emit_char(e, '"');
        process_name_close(t, PID_RUN);
    }
    return thread_metadata(t, PID_RUN, tid, thread, false, 0, err);
}
