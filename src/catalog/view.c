#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/view.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/shelf.h"
#include "store/layout.h"

#define VIEW_MAGIC 0x76696577u /* "view" */

struct view {
    struct nx_view pub; /* first: the two convert into each other */
    uint32_t magic;
    atomic_size_t refs;
    char *state_dir;
    char *problem;
    struct nx_err *err;
    struct nx_shelf **shelves;
    const struct nx_workspace **workspaces;
    struct nx_row *by_start, *by_id;
};

static struct view *view_of(struct nx_view *v)
{
    struct view *w = (struct view *)v;
    assert(w->magic == VIEW_MAGIC);
    return w;
}

static const struct view *view_of_const(const struct nx_view *v)
{
    const struct view *w = (const struct view *)v;
    assert(w->magic == VIEW_MAGIC);
    return w;
}

struct nx_view *nx_view_ref(struct nx_view *v)
{
    atomic_fetch_add_explicit(&view_of(v)->refs, 1, memory_order_relaxed);
    return v;
}

static void view_free(struct view *w)
{
    for (size_t i = 0; i < w->pub.n; i++) {
        nx_shelf_unref(w->shelves[i]);
    }
    free(w->shelves);
    free(w->workspaces);
    free(w->by_start);
    free(w->by_id);
    free(w->err);
    free(w->problem);
    free(w->state_dir);
    free(w);
}

void nx_view_unref(struct nx_view *v)
{
    if (!v) {
        return;
    }
    struct view *w = view_of(v);
    if (atomic_fetch_sub_explicit(&w->refs, 1, memory_order_acq_rel) == 1) {
        view_free(w);
    }
}

static int cmp_id(const void *pa, const void *pb)
{
    const struct nx_row *a = pa, *b = pb;
    int c = strcmp(a->run->id, b->run->id);
    return c ? c : strcmp(a->ws->name, b->ws->name);
}

static int cmp_start(const void *pa, const void *pb)
{
    const struct nx_row *a = pa, *b = pb;
    int c = nx_instant_cmp(b->run->started_at, a->run->started_at);
    if (!c) {
        c = strcmp(b->run->id, a->run->id);
    }
    return c ? c : strcmp(a->ws->name, b->ws->name);
}

/* The rows of all workspaces in both orders. */
static int index_rows(struct view *w)
{
    size_t total = 0, n = 0;
    for (size_t i = 0; i < w->pub.n; i++) {
        total += w->workspaces[i]->n;
    }
    w->by_start = calloc(total ? total : 1, sizeof(*w->by_start));
    w->by_id = calloc(total ? total : 1, sizeof(*w->by_id));
    if (!w->by_start || !w->by_id) {
        return -NX_ENOMEM;
    }
    for (size_t i = 0; i < w->pub.n; i++) {
        const struct nx_workspace *ws = w->workspaces[i];
        for (size_t j = 0; j < ws->n; j++) {
            w->by_id[n] = w->by_start[n] = (struct nx_row){ws, ws->v[j]};
            n++;
        }
        if (ws->latest
            && (!w->pub.latest.run
                || nx_instant_cmp(ws->latest->started_at, w->pub.latest.run->started_at) >= 0)) {
            w->pub.latest = (struct nx_row){ws, ws->latest};
        }
    }
    if (total > 1) {
        qsort(w->by_start, total, sizeof(*w->by_start), cmp_start);
        qsort(w->by_id, total, sizeof(*w->by_id), cmp_id);
    }
    w->pub.by_start = w->by_start;
    w->pub.by_id = w->by_id;
    w->pub.runs = total;
    return 0;
}

static struct nx_shelf *shelf_of(const struct view *w, const char *name)
{
    size_t lo = 0, hi = w->pub.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(w->workspaces[mid]->name, name);
        if (c == 0) {
            return w->shelves[mid];
        }
        if (c < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return NULL;
}

static int fill(struct view *w, const struct nx_workspace_dirs *dirs, const struct view *prev,
                unsigned wait_ms)
{
    w->shelves = calloc(dirs->n ? dirs->n : 1, sizeof(*w->shelves));
    w->workspaces = calloc(dirs->n ? dirs->n : 1, sizeof(*w->workspaces));
    if (!w->shelves || !w->workspaces) {
        return -NX_ENOMEM;
    }
    for (size_t i = 0; i < dirs->n; i++) {
        struct nx_shelf *old = prev ? shelf_of(prev, dirs->v[i].name) : NULL;
        int rc = nx_shelf_take(&dirs->v[i], old, wait_ms, &w->shelves[i]);
        if (rc < 0) {
            return rc;
        }
        w->workspaces[i] = nx_shelf_workspace(w->shelves[i]);
        w->pub.n++;
    }
    return index_rows(w);
}

/* Keeps what went wrong with the whole directory as the view's problem. */
static int keep_problem(struct view *w, const struct nx_err *e)
{
    if (nx_problem_new(e, &w->problem, &w->err) < 0) {
        return -NX_ENOMEM;
    }
    w->pub.problem = w->problem;
    w->pub.err = w->err;
    return 0;
}

int nx_view_take(const char *state_dir, const struct nx_view *prev, unsigned lock_wait_ms,
                 struct nx_view **ret, struct nx_err *err)
{
    struct nx_workspace_dirs dirs = {0};
    struct nx_err *e = calloc(1, sizeof(*e)); /* 6 KiB: too much for a daemon's thread to keep on its stack */
    struct view *w = calloc(1, sizeof(*w));
    int rc = -NX_ENOMEM;

    if (!w || !e) {
        goto out;
    }
    w->magic = VIEW_MAGIC;
    atomic_init(&w->refs, 1);
    w->state_dir = strdup(state_dir);
    if (!w->state_dir) {
        goto out;
    }
    w->pub.state_dir = w->state_dir;
    rc = nx_store_workspaces(state_dir, &dirs, e);
    if (rc == -NX_ENOMEM) {
        goto out;
    }
    if (rc < 0 && keep_problem(w, e) < 0) {
        rc = -NX_ENOMEM;
        goto out;
    }
    rc = fill(w, &dirs, prev ? view_of_const(prev) : NULL, lock_wait_ms);
    if (rc < 0) {
        goto out;
    }
    w->pub.v = w->workspaces;
    *ret = &w->pub;
    w = NULL;
out:
    nx_workspace_dirs_fini(&dirs);
    free(e);
    if (w) {
        view_free(w);
    }
    return rc < 0 ? nx_fail_sys(err, NX_ENOMEM, ENOMEM, state_dir, "cannot take a picture of the store") : 0;
}

const struct nx_workspace *nx_view_workspace(const struct nx_view *v, const char *name)
{
    struct nx_shelf *s = shelf_of(view_of_const(v), name);
    return s ? nx_shelf_workspace(s) : NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool nx_view_same(const struct nx_view *a, const struct nx_view *b)
{
    if (a == b) {
        return true;
    }
    if (a->n != b->n || !same_text(a->problem, b->problem) || strcmp(a->state_dir, b->state_dir) != 0) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct nx_workspace *x = a->v[i], *y = b->v[i];
        /* Runs that were not read again are the same memory. */
        if (strcmp(x->name, y->name) != 0 || x->list != y->list || !same_text(x->problem, y->problem)
            || !same_text(x->path, y->path)) {
            return false;
        }
    }
    return true;
}

static size_t common(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n]) {
        n++;
    }
    return n;
}

size_t nx_view_prefix_len(const struct nx_view *v, const struct nx_workspace *ws, const struct nx_run *run)
{
    size_t lo = 0, hi = v->runs, len = strlen(run->id), best = 1, twins = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(v->by_id[mid].run->id, run->id) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    for (size_t i = lo; i < v->runs; i++) {
        if (ws && v->by_id[i].ws != ws) {
            continue;
        }
        size_t n = common(v->by_id[i].run->id, run->id);
        if (n == len) {
            twins++;
            continue;
        }
        best = n + 1 > best ? n + 1 : best;
        break;
    }
    for (size_t i = lo; i-- > 0;) {
        if (ws && v->by_id[i].ws != ws) {
            continue;
        }
        size_t n = common(v->by_id[i].run->id, run->id);
        best = n + 1 > best ? n + 1 : best;
        break;
    }
    return twins > 1 ? len : best;
}
