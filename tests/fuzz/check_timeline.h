/* What every timeline has to be, whatever it was made of. */
#ifndef NX_TESTS_CHECK_TIMELINE_H
#define NX_TESTS_CHECK_TIMELINE_H

#include <stdlib.h>

#include "api/timeline.h"

static inline void check_timeline_time(int64_t v, int64_t most)
{
    if (v < 0 || v > most) {
        abort();
    }
}

static inline void check_timeline_sums(const struct timeline *t)
{
    const struct timeline_sums *s = &t->sums;
    check_timeline_time(t->wall, TIMELINE_MAX);
    check_timeline_time(s->active, t->wall);
    check_timeline_time(s->scripts, s->active);
    check_timeline_time(s->busy, TIMELINE_MAX);
    check_timeline_time(s->idle, TIMELINE_MAX);
    check_timeline_time(s->tail_from, t->wall);
    check_timeline_time(s->tail, s->active);
    check_timeline_time(s->tail_idle, TIMELINE_MAX);
    if (s->paused + s->active != t->wall || s->tail_idle > s->idle) {
        abort();
    }
    for (size_t i = 0; i < s->longest_n; i++) {
        check_timeline_time(s->longest[i], (int64_t)t->n - 1);
    }
    for (size_t i = 0; i < s->last_n; i++) {
        check_timeline_time(s->last[i], (int64_t)t->n - 1);
    }
}

/* Sums lie in the run, ends behind starts, and numbers name what is there. */
static inline void check_timeline(struct nx_recording *rec)
{
    struct timeline t;
    struct nx_err err;
    if (timeline_read(rec, &t, &err) == 0) {
        check_timeline_sums(&t);
        for (size_t i = 0; i < t.n; i++) {
            const struct timeline_exec *e = &t.v[i];
            check_timeline_time(e->duration, TIMELINE_MAX);
            if (e->test >= t.tests.n || e->group >= t.groups.n || e->end < e->start || e->slot >= (int64_t)t.slots) {
                abort();
            }
        }
    }
    timeline_fini(&t);
}

#endif
