/*
 * The state of a trace while it is made, and the pieces that its parts share. Private to src/trace.
 *
 * trace.c folds events into it; spans.c writes the trace events; tests.c and run.c are the mapping, by subject.
 */
#ifndef NX_TRACE_STATE_H
#define NX_TRACE_STATE_H

#include "trace/args.h"
#include "trace/emit.h"
#include "trace/table.h"
#include "trace/trace.h"

enum {
    PID_RUN = 0,
    PID_SCRIPTS = 1,
    PID_FIRST_BINARY = 2, /* and the one of all tests, by slot */
    TID_RUN = 1,
    TID_SUB_RUN = 2,
};

enum run_bar { BAR_CLOSED, BAR_OPEN, BAR_PAUSED };

struct nx_trace {
    struct emit e;
    bool by_slot, strict, for_perfetto, marked, finished_seen;
    char *version;

    struct test_table tests;
    struct binary_table *binaries;
    struct track_set tracks;
    struct script_list scripts;
    uint64_t next_pid, next_flow, events;
    uint64_t running_tests, running_scripts;
    bool sub_run_open;
    enum run_bar bar;

    /* From the last run-started event, for later events and the footer. Owned. */
    bool has_run;
    char run_id[37];
    struct nx_str profile;
    struct nx_strs cli_args;
    bool has_condition;
    struct nx_condition condition;

    char odd[320];
};

/* --- spans.c: trace events --- */

/* The head of a trace event, open at its last head member; span_tail() closes it. */
void span_head(struct nx_trace *t, struct nx_slice name, struct nx_slice cat, char ph, int64_t ts, uint64_t pid,
               uint64_t tid);
/* The same with a test's name: by slot it starts with the binary. */
void span_test_head(struct nx_trace *t, struct nx_str binary, struct nx_str name, char ph, int64_t ts, uint64_t pid,
                    uint64_t tid);
void span_script_head(struct nx_trace *t, struct nx_str name, char ph, int64_t ts, uint64_t tid);
void span_tail(struct nx_trace *t);

/* `args` around the members that the caller writes. */
static inline void span_args(struct nx_trace *t)
{
    emit_key(&t->e, K("args"));
    emit_open(&t->e, '{');
}

static inline void span_end_args(struct nx_trace *t)
{
    emit_close(&t->e, '}');
    span_tail(t);
}

void span_concurrency(struct nx_trace *t, int64_t ts);
void span_results(struct nx_trace *t, int64_t ts, const struct nx_run_stats *s);

/* process_name and the like, before the first use of a pid or (pid, tid). `a` and `b` make the process' name (b may be
 * empty: {NULL}); the thread's is `thread`, or `thread` and the number. */
int span_metadata(struct nx_trace *t, uint64_t pid, uint64_t tid, struct nx_str process, const char *thread,
                  bool numbered, uint64_t number, struct nx_err *err);
/* Of how many lines the trace was made, always in as many bytes. */
void span_mark(struct nx_trace *t, uint64_t lines);
int span_run_metadata(struct nx_trace *t, uint64_t tid, const char *thread, struct nx_err *err);

/* --- tests.c --- */
int on_test_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_test_retry_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_test_slow(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_attempt_failed(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_test_finished(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int tests_all(struct nx_trace *t, char ph, int64_t ts, struct nx_err *err); /* every open test and script */

/* --- scripts.c --- */
int on_script_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_script_slow(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_script_finished(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);

/* --- run.c --- */
int on_run_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_run_finished(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_run_begin_cancel(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_run_paused(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_run_continued(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_sub_run_started(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);
int on_sub_run_finished(struct nx_trace *t, const struct nx_event *ev, struct nx_err *err);

/* --- trace.c --- */

/* An end without its start: an error when strict (returns it); else remembered, and 0. */
int orphan(struct nx_trace *t, struct nx_err *err, const char *fmt, ...) NX_PRINTF(3, 4);

#endif
