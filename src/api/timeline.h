/*
 * A run over time: every attempt of a test in its slot, setup scripts, pauses, sub-runs; and what held it up.
 *
 * Made from the run log alone, in one pass, so it needs no index, and also comes out of a run that goes on, was killed, or is a portable
 * recording. Times are whole microseconds since the start that the run list gives, so that they add up with it. nextest's durations leave
 * out pauses; an end is a start, a duration, and the pauses between.
 * Memory: 48 bytes an attempt, at most TIMELINE_EXECUTIONS of base/limits.def. For src/api alone; one thread.
 */
#ifndef NX_API_TIMELINE_H
#define NX_API_TIMELINE_H

#include "api/interned.h"
#include "event/event.h"
#include "index/rows.h"
#include "recording/recording.h"

enum { TIMELINE_TOP = 10, TIMELINE_NO_SLOT = -1 };

/* No number of an answer passes this. */
#define TIMELINE_MAX ((int64_t)1 << 53)

struct timeline_exec {
    uint32_t test, group, attempt, stress;
    int64_t slot; /* or TIMELINE_NO_SLOT: its start is in no line */
    int64_t start, duration, end;
    enum nx_outcome outcome;
    bool slow, last;
};

struct timeline_script {
    uint64_t index;
    uint32_t name; /* in `scripts_names` */
    int64_t start, duration, end;
    enum nx_outcome outcome;
    bool slow;
};

struct timeline_span {
    int64_t from, to;
    int64_t before; /* of pauses: how long those before it were */
    bool open; /* `to` is where the log ends */
};

struct timeline_spans {
    struct timeline_span *v;
    size_t n, cap;
};

/* What held it up. "Active" time is time outside of pauses. */
struct timeline_sums {
    int64_t paused, active; /* of the run */
    int64_t scripts;        /* active time while a setup script ran */
    int64_t busy, idle;     /* active slot time with a test in it, and without */
    /* From `tail_from` to the end at most half of the slots had a test. */
    int64_t tail_from, tail, tail_idle;
    uint32_t longest[TIMELINE_TOP], last[TIMELINE_TOP]; /* the longest; those of the tail that ended last */
    size_t longest_n, last_n;
};

struct timeline {
    struct interned binaries, tests, groups, script_names;
    struct timeline_exec *v; /* in the order in which they began */
    size_t n, cap;
    struct timeline_script *scripts;
    size_t scripts_n, scripts_cap;
    struct timeline_spans pauses, sub_runs;
    int64_t zero;    /* ns since 1970 */
    int64_t wall;    /* until the run's end, or the log's */
    uint32_t slots;  /* highest one in use, plus 1 */
    bool ended, whole, stress;
    struct timeline_sums sums;
    uint32_t *open;  /* by test: its attempt that runs, + 1; 0 for none */
    size_t open_cap;
};

/* Reads the whole log. Where it is damaged or cut it ends, and `whole` says so. NX_ELIMIT, NX_ENOMEM, and what opening or reading the
 * log says. timeline_fini() is due also after a failure. */
NX_MUST_USE int timeline_read(struct nx_recording *rec, struct timeline *t, struct nx_err *err);
void timeline_fini(struct timeline *t);

/* One event, and the end of them. timeline_read() calls them. */
void timeline_init(struct timeline *t, int64_t zero);
NX_MUST_USE int timeline_event(struct timeline *t, const struct nx_event *ev, struct nx_err *err);
NX_MUST_USE int timeline_end(struct timeline *t, struct nx_err *err);

/* Fills t->sums. timeline_end() calls it. */
NX_MUST_USE int timeline_sum(struct timeline *t, struct nx_err *err);

/* So much of the time up to `at` was paused. */
int64_t timeline_paused_before(const struct timeline *t, int64_t at);

#endif
