#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/trend.h"

#include <stdlib.h>
#include <string.h>

#include "api/put_exec.h"

struct taking {
    struct trends *t;
    struct nx_index *ix;
    struct nx_err *err;
    int64_t started;
    /* The test whose attempts are coming: rows are in order of test. */
    int64_t test;
    bool ended, failed, flaky, slow;
    uint64_t duration;
};

static size_t place_of(const struct trend *v, size_t mask, int64_t test)
{
    size_t at = ((uint64_t)test * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (v[at].test && v[at].test != test)
        at = (at + 1) & mask;
    return at;
}

static bool grow(struct trends *t)
{
    size_t mask = t->mask * 2 + 1;
    struct trend *more = calloc(mask + 1, sizeof *more);
    if (!more)
        return false;
    for (size_t i = 0; i <= t->mask; i++)
        if (t->v[i].test)
            more[place_of(more, mask, t->v[i].test)] = t->v[i];
    free(t->v);
    t->v = more;
    t->mask = mask;
    return true;
}

static bool add_sample(struct trend *e, uint64_t duration)
{
    if (e->samples_n == TREND_SAMPLES)
        return true;
    if ((e->samples_n & (e->samples_n - 1)) == 0) { /* a power of two is full */
        size_t cap = e->samples_n ? e->samples_n * 2u : 1;
        uint64_t *v = realloc(e->samples, cap * sizeof *v);
        if (!v)
            return false;
        e->samples = v;
    }
    e->samples[e->samples_n++] = duration;
    return true;
}

/* A test's attempts of one run are all seen. */
static bool close_test(struct taking *k)
{
    struct trends *t = k->t;
    if (!k->test || !k->ended)
        return true;
    struct trend *e = &t->v[place_of(t->v, t->mask, k->test)];
    if (!e->test) {
        if (t->n * 2 > t->mask) {
            if (!grow(t))
                return false;
            e = &t->v[place_of(t->v, t->mask, k->test)];
        }
        e->test = k->test;
        t->n++;
    }
    e->flips += e->runs > 0 && e->seen_failed != k->failed;
    e->seen_failed = k->failed;
    e->runs++;
    e->failed += k->failed;
    e->flaky += k->flaky;
    e->slow += k->slow;
    e->total += k->duration;
    e->max = k->duration > e->max ? k->duration : e->max;
    if (k->flaky && !e->last_flaky)
        e->last_flaky = k->started;
    return add_sample(e, k->duration);
}

static int take_exec(void *arg, const struct nx_exec_row *r)
{
    struct taking *k = arg;
    if (r->test != k->test) {
        if (!close_test(k))
            return -NX_ENOMEM;
        k->test = r->test;
        k->ended = k->failed = k->flaky = k->slow = false;
        k->duration = 0;
    }
    k->slow |= r->slow;
    if (!r->last || r->outcome == NX_OUTCOME_RUNNING)
        return 0;
    k->ended = true;
    k->failed |= !nx_exec_passed(r);
    k->flaky |= r->attempt > 1 && nx_outcome_passed(r->outcome);
    k->duration = r->duration > k->duration ? r->duration : k->duration;
    return 0;
}

static int take_run(void *arg, const struct nx_run_row *run)
{
    struct taking *k = arg;
    k->test = 0;
    k->started = run->started;
    k->t->runs++;
    int rc = nx_index_scan(k->ix, run->id, take_exec, k, k->err);
    return rc == 0 && !close_test(k) ? -NX_ENOMEM : rc;
}

int nx_trends_take(struct nx_index *ix, int64_t workspace, int64_t until, size_t runs, struct trends *ret,
                   struct nx_err *err)
{
    struct taking k = {.t = ret, .ix = ix, .err = err};
    struct nx_run_filter f = {.workspace = workspace,
                              .until = until ? nx_nanos_add(until, 1) : 0,
                              .deep_only = true,
                              .limit = runs};
    *ret = (struct trends){.mask = 1023};
    ret->v = calloc(ret->mask + 1, sizeof *ret->v);
    int rc = ret->v ? nx_index_runs(ix, &f, take_run, &k, err) : -NX_ENOMEM;
    if (rc < 0)
        nx_trends_fini(ret);
    return rc == -NX_ENOMEM ? nx_fail(err, NX_ENOMEM, NULL, "no memory to look over so many tests") : rc;
}

void nx_trends_fini(struct trends *t)
{
    for (size_t i = 0; t->v && i <= t->mask; i++)
        free(t->v[i].samples);
    free(t->v);
    *t = (struct trends){0};
}

const struct trend *nx_trends_find(const struct trends *t, int64_t test)
{
    const struct trend *e = &t->v[place_of(t->v, t->mask, test)];
    return e->test ? e : NULL;
}

const struct trend **nx_trends_sorted(const struct trends *t, bool (*want)(const struct trend *),
                                      int (*cmp)(const void *, const void *), size_t *ret_n)
{
    const struct trend **v = malloc((t->n + 1) * sizeof *v);
    *ret_n = 0;
    if (!v)
        return NULL;
    for (size_t i = 0; i <= t->mask; i++)
        if (t->v[i].test && want(&t->v[i]))
            v[(*ret_n)++] = &t->v[i];
    if (*ret_n > 1)
        qsort(v, *ret_n, sizeof *v, cmp);
    return v;
}
