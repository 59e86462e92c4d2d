#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* What held a run up. */
#include "api/timeline.h"

#include <stdlib.h>

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

/* Sums stay below the limit of answers, whatever the log says. */
static int64_t add(int64_t a, int64_t b)
{
    return clamp(a + b, 0, TIMELINE_MAX);
}

static int64_t times(int64_t a, uint32_t b)
{
    int64_t product;
    return __builtin_mul_overflow(a, (int64_t)b, &product) ? TIMELINE_MAX : clamp(product, 0, TIMELINE_MAX);
}

/* Active time in [from, to), of what is in the run. */
static int64_t active(const struct timeline *t, int64_t from, int64_t to)
{
    from = clamp(from, 0, t->wall);
    to = clamp(to, from, t->wall);
    return t->pauses.n ? to - from - (timeline_paused_before(t, to) - timeline_paused_before(t, from)) : to - from;
}

/* --- the tail --- */

/* Goes back from the end, while at most half of the slots are busy. starts and ends are sorted. */
static int64_t tail_begin(const struct timeline *t, const int64_t *starts, const int64_t *ends)
{
    size_t s = t->n, e = t->n, busy = 0;
    int64_t at = t->wall;
    while (s > 0 || e > 0) {
        int64_t next = e > 0 ? ends[e - 1] : INT64_MIN;
        next = s > 0 && starts[s - 1] > next ? starts[s - 1] : next;
        next = clamp(next, 0, t->wall);
        if (busy * 2 > t->slots && next < at) {
            return at;
        }
        at = next;
        for (; e > 0 && ends[e - 1] >= at; e--) {
            busy++;
        }
        for (; s > 0 && starts[s - 1] >= at; s--) { /* of each the end was counted before */
            busy--;
        }
        if (at == 0) {
            break;
        }
    }
    return 0;
}

static int find_tail(struct timeline *t, struct nx_err *err)
{
    struct timeline_sums *sums = &t->sums;
    int64_t *starts = malloc((t->n ? t->n : 1) * sizeof *starts), *ends = malloc((t->n ? t->n : 1) * sizeof *ends);
    int rc = starts && ends ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory for a timeline");
    sums->tail_from = t->wall;
    if (rc == 0 && t->n > 0) {
        for (size_t i = 0; i < t->n; i++) {
            starts[i] = t->v[i].start;
            ends[i] = t->v[i].end;
        }
        qsort(starts, t->n, sizeof *starts, by_time);
        qsort(ends, t->n, sizeof *ends, by_time);
        sums->tail_from = t->slots ? tail_begin(t, starts, ends) : t->wall;
    }
    free(starts);
    free(ends);
    sums->tail = active(t, sums->tail_from, t->wall);
    return rc;
}

/* --- the most --- */

struct top {
    uint32_t *v;
    size_t *n;
    int64_t keys[TIMELINE_TOP];
};

/* Largest first; of equal ones the earlier. */
static void offer(struct top *top, uint32_t i, int64_t key)
{
    size_t at = *top->n;
    while (at > 0 && top->keys[at - 1] < key) {
        at--;
    }
    if (at == TIMELINE_TOP) {
        return;
    }
    *top->n += *top->n < TIMELINE_TOP;
    for (size_t k = *top->n - 1; k > at; k--) {
        top->keys[k] = top->keys[k - 1];
        top->v[k] = top->v[k - 1];
    }
    top->keys[at] = key;
    top->v[at] = i;
}

/* --- setup scripts --- */

static int by_start(const void *a, const void *b)
{
    const struct timeline_script *x = a, *y = b;
    int order = by_time(&x->start, &y->start);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* They begin one after the other; a log may say otherwise. */
static int64_t script_time(struct timeline *t)
{
    int64_t sum = 0, until = 0;
    if (t->scripts_n > 1) {
        qsort(t->scripts, t->scripts_n, sizeof *t->scripts, by_start);
    }
    for (size_t i = 0; i < t->scripts_n; i++) {
        int64_t from = t->scripts[i].start > until ? t->scripts[i].start : until;
        if (t->scripts[i].end > from) {
            sum = add(sum, active(t, from, t->scripts[i].end));
            until = t->scripts[i].end;
        }
    }
    return sum;
}

int timeline_sum(struct timeline *t, struct nx_err *err)
{
    struct timeline_sums *s = &t->sums;
    struct top longest = {.v = s->longest, .n = &s->longest_n}, last = {.v = s->last, .n = &s->last_n};
    int64_t tail_busy = 0;
    *s = (struct timeline_sums){.active = active(t, 0, t->wall)};
    s->paused = t->wall - s->active;
    s->scripts = script_time(t);
    int rc = find_tail(t, err);
    for (size_t i = 0; rc == 0 && i < t->n; i++) {
        const struct timeline_exec *e = &t->v[i];
        s->busy = add(s->busy, active(t, e->start, e->end));
        offer(&longest, (uint32_t)i, e->duration);
        if (e->end > s->tail_from && s->tail > 0) {
            tail_busy = add(tail_busy, active(t, e->start > s->tail_from ? e->start : s->tail_from, e->end));
            offer(&last, (uint32_t)i, e->end);
        }
    }
    s->idle = add(times(s->active, t->slots), -s->busy);
    s->tail_idle = add(times(s->tail, t->slots), -tail_busy);
    return rc;
}
