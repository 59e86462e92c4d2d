#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Flaky and slow tests over the newest runs. */
#include "api/asked.h"

#include <stdlib.h>
#include <string.h>

#include "api/answer_put.h"
#include "api/names.h"
#include "api/put_exec.h"
#include "api/trend.h"

/* Passed only on a retry is flaky for certain. Changes between runs may be somebody's fix: it takes two for a suspicion. */
static bool is_flaky(const struct trend *t)
{
    return t->flaky > 0 || t->flips >= 2;
}

static bool any(const struct trend *t)
{
    return t->runs > 0;
}

static int by_flaky(const void *a, const void *b)
{
    const struct trend *x = *(const struct trend *const *)a, *y = *(const struct trend *const *)b;
    if (x->flaky != y->flaky)
        return x->flaky > y->flaky ? -1 : 1;
    return (x->flips < y->flips) - (x->flips > y->flips);
}

static uint64_t median(const struct trend *t)
{
    uint64_t v[TREND_SAMPLES];
    memcpy(v, t->samples, t->samples_n * sizeof *v);
    nx_sort_u64(v, t->samples_n);
    return nx_percentile(v, t->samples_n, 50);
}

static int by_median(const void *a, const void *b)
{
    const struct trend *x = *(const struct trend *const *)a, *y = *(const struct trend *const *)b;
    uint64_t m = median(x), n = median(y);
    return (m < n) - (m > n);
}

static void put_flaky(struct nx_json *w, const struct trend *t)
{
    nx_put_key_u64(w, "runs", t->runs);
    nx_put_key_u64(w, "flaky_runs", t->flaky);
    nx_put_key_u64(w, "failed_runs", t->failed);
    nx_put_key_u64(w, "flips", t->flips);
    nx_json_key(w, "flaky_rate");
    nx_json_double(w, (double)t->flaky / t->runs);
    if (t->last_flaky) {
        nx_put_key_time(w, "last_flaky_at", t->last_flaky);
    } else {
        nx_json_key(w, "last_flaky_at");
        nx_json_null(w);
    }
}

static void put_slow(struct nx_json *w, const struct trend *t)
{
    uint64_t v[TREND_SAMPLES];
    memcpy(v, t->samples, t->samples_n * sizeof *v);
    nx_sort_u64(v, t->samples_n);
    nx_put_key_u64(w, "runs", t->runs);
    nx_put_key_secs(w, "p50_secs", nx_percentile(v, t->samples_n, 50));
    nx_put_key_secs(w, "p95_secs", nx_percentile(v, t->samples_n, 95));
    nx_put_key_secs(w, "max_secs", t->max);
    nx_put_key_secs(w, "total_secs", t->total);
    nx_put_key_u64(w, "slow_runs", t->slow);
}

/* --- order among equals --- */

struct named {
    const struct trend *t;
    struct nx_test_row name;
};

static int by_name(const void *a, const void *b)
{
    return nx_names_cmp(&((const struct named *)a)->name, &((const struct named *)b)->name);
}

/* Orders v[0..n), all equal by rank, by name. */
static int order_equals(struct nx_index *ix, const struct trend **v, size_t n, struct nx_err *err)
{
    struct nx_arena arena;
    struct named *named = malloc(n * sizeof *named);
    int rc = named ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory for an answer");
    nx_arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; i < n && rc == 0; i++) {
        named[i].t = v[i];
        rc = nx_names_get(ix, v[i]->test, &arena, &named[i].name, err);
    }
    if (rc == 0) {
        qsort(named, n, sizeof *named, by_name);
        for (size_t i = 0; i < n; i++)
            v[i] = named[i].t;
    }
    nx_arena_fini(&arena);
    free(named);
    return rc;
}

/* Only as far as the answer goes: names cost a look-up each. */
static int order_ties(struct nx_index *ix, const struct trend **v, size_t n, size_t limit,
                      int (*cmp)(const void *, const void *), struct nx_err *err)
{
    for (size_t i = 0; i < n && (!limit || i < limit);) {
        size_t end = i + 1;
        while (end < n && cmp(&v[i], &v[end]) == 0)
            end++;
        int rc = end - i > 1 ? order_equals(ix, v + i, end - i, err) : 0;
        if (rc < 0)
            return rc;
        i = end;
    }
    return 0;
}

struct ranking {
    bool (*want)(const struct trend *);
    int (*cmp)(const void *, const void *);
    void (*put)(struct nx_json *, const struct trend *);
};

static int rank(const struct nx_world *w, struct nx_scope scope, size_t runs, size_t limit, const struct ranking *r,
                struct nx_strbuf *out, struct nx_err *err)
{
    int64_t workspace;
    struct trends t;
    struct nx_json j;
    int rc = nx_world_workspace(w, scope, &workspace, err);
    if (rc == 0)
        rc = nx_trends_take(w->ix, workspace, 0, runs, &t, err);
    if (rc < 0)
        return rc;
    size_t n;
    const struct trend **v = nx_trends_sorted(&t, r->want, r->cmp, &n);
    if (!v)
        rc = nx_fail(err, NX_ENOMEM, NULL, "no memory for an answer");
    else
        rc = order_ties(w->ix, v, n, limit, r->cmp, err);
    nx_json_init(&j, out);
    nx_json_obj(&j);
    nx_put_key_u64(&j, "runs", t.runs);
    nx_json_key(&j, "tests");
    nx_json_arr(&j);
    for (size_t i = 0; i < n && (!limit || i < limit) && rc == 0; i++) {
        nx_json_obj(&j);
        rc = nx_put_test_name(&j, w->ix, v[i]->test, err);
        if (rc < 0)
            break;
        r->put(&j, v[i]);
        nx_json_end_obj(&j);
    }
    if (rc == 0) {
        nx_json_end_arr(&j);
        nx_put_key_u64(&j, "more", limit && n > limit ? n - limit : 0);
        nx_json_end_obj(&j);
        rc = nx_put_end(out, err);
    }
    free(v);
    nx_trends_fini(&t);
    return rc;
}

int nx_answer_flaky(const struct nx_world *w, struct nx_scope scope, size_t runs, size_t limit, struct nx_strbuf *out,
                    struct nx_err *err)
{
    static const struct ranking r = {is_flaky, by_flaky, put_flaky};
    return rank(w, scope, runs, limit, &r, out, err);
}

int nx_answer_slowest(const struct nx_world *w, struct nx_scope scope, size_t runs, size_t limit, struct nx_strbuf *out,
                      struct nx_err *err)
{
    static const struct ranking r = {any, by_median, put_slow};
    return rank(w, scope, runs, limit, &r, out, err);
}
