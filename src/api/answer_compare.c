#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Two runs side by side. */
#include "api/asked.h"

#include <stdlib.h>
#include <string.h>

#include "api/answer_put.h"
#include "api/names.h"
#include "api/put_exec.h"
#include "api/trend.h"

enum {
    NOISE_RUNS = 20,         /* earlier runs that say how much a test's time varies */
    FLOOR_NS = 50 * 1000000, /* a change below this is never told */
    FLOOR_PERCENT = 25,      /* nor one below this */
    NOISE_TIMES = 4,         /* nor one within so many median deviations */
};

struct side { /* a test in one run: over sub-runs the worst outcome and the longest time */
    int64_t test;
    bool ended, failed, flaky;
    uint64_t duration;
};

struct sides {
    struct side *v; /* in order of test */
    size_t n, cap;
};

static int take(void *arg, const struct nx_exec_row *r)
{
    struct sides *s = arg;
    if (s->n == 0 || s->v[s->n - 1].test != r->test) {
        if (s->n == s->cap) {
            size_t cap = s->cap ? s->cap * 2 : 256;
            struct side *v = realloc(s->v, cap * sizeof *v);
            if (!v)
                return -NX_ENOMEM;
            s->v = v;
            s->cap = cap;
        }
        s->v[s->n++] = (struct side){.test = r->test};
    }
    struct side *e = &s->v[s->n - 1];
    if (r->outcome == NX_OUTCOME_RUNNING || !r->last)
        return 0;
    e->ended = true;
    e->failed |= !nx_exec_passed(r);
    e->flaky |= r->attempt > 1 && nx_outcome_passed(r->outcome);
    e->duration = r->duration > e->duration ? r->duration : e->duration;
    return 0;
}

/* How far apart two times of the test must be to mean something: the floors, or a few times its usual deviation. */
static uint64_t threshold(const struct trends *noise, int64_t test, uint64_t base)
{
    uint64_t need = base / 100 * FLOOR_PERCENT;
    need = need > FLOOR_NS ? need : FLOOR_NS;
    const struct trend *t = nx_trends_find(noise, test);
    if (!t || t->samples_n < 4)
        return need;
    uint64_t v[TREND_SAMPLES];
    size_t n = t->samples_n;
    memcpy(v, t->samples, n * sizeof *v);
    nx_sort_u64(v, n);
    uint64_t middle = nx_percentile(v, n, 50);
    for (size_t i = 0; i < n; i++)
        v[i] = v[i] > middle ? v[i] - middle : middle - v[i];
    nx_sort_u64(v, n);
    uint64_t deviation = nx_percentile(v, n, 50);
    return deviation > need / NOISE_TIMES ? deviation * NOISE_TIMES : need;
}

enum change { NEWLY_FAILING, FIXED, STILL_FAILING, NEW, REMOVED, SLOWER, FASTER, CHANGES };
static const char *const change_names[CHANGES] = {"newly_failing", "fixed",  "still_failing", "new",
                                                  "removed",       "slower", "faster"};

struct entry {
    struct nx_test_row name;
    const struct side *base, *head; /* NULL: not in that run */
};

struct changes {
    struct entry *v[CHANGES];
    size_t n[CHANGES];
};

static void add(struct changes *c, enum change what, const struct side *base, const struct side *head)
{
    c->v[what][c->n[what]++] = (struct entry){{base ? base->test : head->test, {NULL, 0}, {NULL, 0}}, base, head};
}

static void judge(struct changes *c, const struct trends *noise, const struct side *b, const struct side *h)
{
    if (!b || !b->ended || !h || !h->ended) {
        if (h && h->ended && (!b || !b->ended))
            add(c, h->failed ? NEWLY_FAILING : NEW, b, h);
        else if (b && b->ended)
            add(c, REMOVED, b, h);
        return;
    }
    if (h->failed) {
        add(c, b->failed ? STILL_FAILING : NEWLY_FAILING, b, h);
        return;
    }
    if (b->failed) {
        add(c, FIXED, b, h);
        return;
    }
    uint64_t need = threshold(noise, b->test, b->duration);
    if (h->duration > b->duration && h->duration - b->duration > need)
        add(c, SLOWER, b, h);
    else if (b->duration > h->duration && b->duration - h->duration > need)
        add(c, FASTER, b, h);
}

static void judge_all(struct changes *c, const struct trends *noise, const struct sides *base, const struct sides *head)
{
    size_t i = 0, j = 0;
    while (i < base->n || j < head->n) {
        const struct side *b = i < base->n ? &base->v[i] : NULL, *h = j < head->n ? &head->v[j] : NULL;
        if (b && h && b->test != h->test) {
            if (b->test < h->test)
                h = NULL;
            else
                b = NULL;
        }
        judge(c, noise, b, h);
        i += b != NULL;
        j += h != NULL;
    }
}

static int by_name(const void *a, const void *b)
{
    return nx_names_cmp(&((const struct entry *)a)->name, &((const struct entry *)b)->name);
}

static int64_t change_of(const struct entry *e)
{
    return llabs((int64_t)e->head->duration - (int64_t)e->base->duration);
}

/* The largest change of time first. */
static int by_change(const void *a, const void *b)
{
    int64_t d = change_of(a), e = change_of(b);
    return d != e ? (d < e) - (d > e) : by_name(a, b);
}

static int order(struct nx_index *ix, struct changes *c, struct nx_arena *arena, struct nx_err *err)
{
    for (int k = 0; k < CHANGES; k++) {
        for (size_t i = 0; i < c->n[k]; i++) {
            int rc = nx_names_get(ix, c->v[k][i].name.id, arena, &c->v[k][i].name, err);
            if (rc < 0)
                return rc;
        }
        if (c->n[k] > 1)
            qsort(c->v[k], c->n[k], sizeof *c->v[k], k >= SLOWER ? by_change : by_name);
    }
    return 0;
}

static void put_side(struct nx_json *w, const char *key, const struct side *s)
{
    nx_json_key(w, key);
    if (!s || !s->ended) {
        nx_json_null(w);
        return;
    }
    nx_json_obj(w);
    nx_put_key_strz(w, "outcome", s->failed ? "failed" : "passed");
    nx_put_key_bool(w, "flaky", s->flaky);
    nx_put_key_secs(w, "duration_secs", s->duration);
    nx_json_end_obj(w);
}

static void put_changes(struct nx_json *w, const struct changes *c)
{
    for (int k = 0; k < CHANGES; k++) {
        nx_json_key(w, change_names[k]);
        nx_json_arr(w);
        for (size_t i = 0; i < c->n[k]; i++) {
            const struct entry *e = &c->v[k][i];
            nx_json_obj(w);
            nx_put_key_slice(w, "binary", e->name.binary);
            nx_put_key_slice(w, "test", e->name.name);
            put_side(w, "base", e->base);
            put_side(w, "head", e->head);
            nx_json_end_obj(w);
        }
        nx_json_end_arr(w);
    }
}

static int write_answer(const struct nx_world *w, const struct nx_found *base, const struct nx_found *head,
                        struct changes *c, struct nx_strbuf *out, struct nx_err *err)
{
    struct nx_json j;
    nx_json_init(&j, out);
    nx_json_obj(&j);
    nx_json_key(&j, "base");
    int rc = nx_put_found(&j, w->ix, base, err);
    nx_json_key(&j, "head");
    if (rc == 0)
        rc = nx_put_found(&j, w->ix, head, err);
    if (rc < 0)
        return rc;
    put_changes(&j, c);
    nx_json_end_obj(&j);
    return nx_put_end(out, err);
}

int nx_answer_compare(const struct nx_world *w, const struct nx_found *base, const struct nx_found *head,
                      struct nx_strbuf *out, struct nx_err *err)
{
    struct sides b = {0}, h = {0};
    struct trends noise = {0};
    struct changes c = {0};
    struct nx_arena names;
    nx_arena_init(&names, SIZE_MAX);
    int rc = nx_index_scan(w->ix, base->id, take, &b, err);
    if (rc == 0)
        rc = nx_index_scan(w->ix, head->id, take, &h, err);
    if (rc == 0)
        rc = nx_trends_take(w->ix, base->workspace, base->started, NOISE_RUNS, &noise, err);
    for (int k = 0; k < CHANGES && rc == 0; k++) {
        c.v[k] = malloc((b.n + h.n + 1) * sizeof *c.v[k]);
        rc = c.v[k] ? 0 : -NX_ENOMEM;
    }
    if (rc == 0) {
        judge_all(&c, &noise, &b, &h);
        rc = order(w->ix, &c, &names, err);
    }
    if (rc == 0)
        rc = write_answer(w, base, head, &c, out, err);
    nx_arena_fini(&names);
    for (int k = 0; k < CHANGES; k++)
        free(c.v[k]);
    free(b.v);
    free(h.v);
    nx_trends_fini(&noise);
    return rc == -NX_ENOMEM ? nx_fail(err, NX_ENOMEM, NULL, "no memory to compare runs") : rc;
}
