/*
 * Events of a run log in, a Chrome trace out, one event at a time.
 *
 * The bytes are those of nextest 0.9.143 (nextest-runner/src/record/chrome_trace.rs: the mapping; serde_json: the text).
 * With `for_perfetto` one thing is otherwise: nextest starts the flow of a retry behind the end of the failed attempt's slice, which
 * Perfetto shows as an import error. Perfetto also knows a trace by its first 4096 bytes alone, hence the mark for snapshots of a run.
 * Nothing is collected: every event appends to traceEvents, only the footer comes last. State is the tests and scripts open now, the
 * flows of failed attempts not yet retried, and one entry per test binary and track. Used by one thread.
 */
#ifndef NX_TRACE_TRACE_H
#define NX_TRACE_TRACE_H

#include "event/event.h"
#include "io/sink.h"

struct nx_trace;

struct nx_trace_opts {
    bool by_slot;                /* --group-by slot: all tests share one pid */
    bool pretty;                 /* json-pretty */
    bool strict;                 /* an end without its start is an error, as for nextest */
    bool for_perfetto;           /* the one correction: a retry's flow starts inside its slice */
    bool marked;                 /* the first event, metadata, tells of how many lines it was made */
    uint64_t lines;              /* that number */
    const char *nextest_version; /* of the recording; copied */
};

/* Borrows the sink until nx_trace_free(). Returns owned. */
NX_MUST_USE int nx_trace_new(const struct nx_trace_opts *opts, struct nx_sink *sink, struct nx_trace **ret,
                             struct nx_err *err);
void nx_trace_free(struct nx_trace *t);

/* Adds one event. *ret_odd is NULL, or (not strict) a sentence on what it lacked (borrowed, until the next call). NX_EFORMAT
 * when strict, NX_ELIMIT, NX_ENOMEM, or what the sink said: then the trace is of no more use. */
NX_MUST_USE int nx_trace_event(struct nx_trace *t, const struct nx_event *ev, const char **ret_odd, struct nx_err *err);

/* Ends the trace: the footer. Spans still open stay open: the result is a prefix of what a longer log would have given. */
NX_MUST_USE int nx_trace_finish(struct nx_trace *t, struct nx_err *err);

/* Writes to `out` what a trace of so many lines begins with, if it is marked; else nothing. It is as long as, and takes the place of, the
 * first bytes in the sink. */
NX_MUST_USE int nx_trace_opening(struct nx_trace *t, uint64_t lines, struct nx_strbuf *out, struct nx_err *err);

/* Writes to `out` what nx_trace_finish() would write now, behind all events; the trace goes on afterwards. */
NX_MUST_USE int nx_trace_footer(struct nx_trace *t, struct nx_strbuf *out, struct nx_err *err);

/* Hands everything written so far to the sink. */
NX_MUST_USE int nx_trace_flush(struct nx_trace *t, struct nx_err *err);

uint64_t nx_trace_events(const struct nx_trace *t); /* trace events written */
bool nx_trace_run_finished(const struct nx_trace *t);

#endif
