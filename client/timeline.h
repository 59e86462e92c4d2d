/*
 * A timeline's document, read; and drawn as a chart of slots over time.
 *
 * Strings point into the document or the arena. Times are in microseconds, as there.
 */
#ifndef CLIENT_TIMELINE_H
#define CLIENT_TIMELINE_H

#include "client/members.h"
#include "client/ui.h"

struct numbers { /* null is -1 */
    int64_t *v;
    size_t n;
};

struct texts {
    struct nx_slice *v;
    size_t n;
};

struct shown_script {
    struct nx_slice name, outcome;
    double start, duration, end;
};

struct shown_scripts {
    struct shown_script *v;
    size_t n;
};

struct shown_span {
    double from, to; /* -1: to the end */
};

struct shown_spans {
    struct shown_span *v;
    size_t n;
};

struct shown_timeline {
    struct nx_slice id, status, started_at;
    bool whole, ended;
    uint64_t wall, slots;
    struct texts binaries, names, outcomes;
    struct numbers binary; /* of a test */
    struct numbers test, attempt, slot, start, duration, end, outcome, last;
    struct shown_scripts scripts;
    struct shown_spans pauses;
    uint64_t paused, active, script_time, busy, idle, tail_from, tail, tail_idle;
    struct numbers longest, tail_last;
};

NX_MUST_USE int timeline_of(struct nx_strbuf *doc, struct nx_arena *arena, struct shown_timeline *ret, struct nx_err *err);
void timeline_free(struct shown_timeline *t);

/* Where an execution ends; what it ended with, as a style. */
double timeline_end_of(const struct shown_timeline *t, size_t i);
enum style timeline_style(const struct shown_timeline *t, size_t i);

/* Appends a chart that is `width` columns wide: a line a slot, at most CHART_ROWS of them. */
enum { CHART_ROWS = 48, CHART_LEAST = 40 };
void timeline_chart(struct nx_strbuf *out, const struct ui *ui, const struct shown_timeline *t, size_t width);

#endif
