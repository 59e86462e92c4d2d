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
    struct place { /* a store, and what its part of the picture owns */
        char *problem;
        struct nx_err *err;
    } * places;
    struct nx_shown *shown;
    struct nx_shelf **shelves; /* in the order of pub.v */
    size_t cap;
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
    for (size_t i = 0; w->places && i < w->pub.stores_n; i++) {
        free(w->places[i].problem);
        free(w->places[i].err);
    }
    free(w->places);
    free(w->shown);
    free(w->shelves);
    free(w->workspaces);
    free(w->by_start);
    free(w->by_id);
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
    return c ? c : nx_workspace_cmp(a->ws, b->ws);
}

static int cmp_start(const void *pa, const void *pb)
{
    const struct nx_row *a = pa, *b = pb;
    int c = nx_instant_cmp(b->run->started_at, a->run->started_at);
    if (!c) {
        c = strcmp(b->run->id, a->run->id);
    }
    return c ? c : nx_workspace_cmp(a->ws, b->ws);
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

/* --- the workspaces --- */

static struct nx_shelf *shelf_of(const struct view *w, const struct nx_store *store, const char *name)
{
    size_t first, n = nx_view_named(&w->pub, name, &first);
    for (size_t i = first; i < first + n; i++) {
        if (w->workspaces[i]->store == store) {
            return w->shelves[i];
        }
    }
    return NULL;
}

/* Makes room for `n` more. */
static int reserve(struct view *w, size_t n)
{
    size_t cap = w->pub.n + n + 1;
    if (cap > w->cap) {
        struct nx_shelf **v = realloc(w->shelves, cap * sizeof(*v));
        if (!v) {
            return -NX_ENOMEM;
        }
        w->shelves = v;
        w->cap = cap;
    }
    return 0;
}

/* Of a store that nobody touched: its part of the picture before. */
static int share(struct view *w, const struct view *prev, size_t nth)
{
    const struct nx_err *e = prev->pub.stores[nth].err;
    if (reserve(w, prev->pub.n) < 0) {
        return -NX_ENOMEM;
    }
    for (size_t i = 0; i < prev->pub.n; i++) {
        if (prev->workspaces[i]->store == w->shown[nth].store) {
            w->shelves[w->pub.n++] = nx_shelf_ref(prev->shelves[i]);
        }
    }
    return e ? nx_problem_new(e, &w->places[nth].problem, &w->places[nth].err) : 0;
}

/* A store's folders, or none and its problem. */
static int list_dirs(struct place *p, const char *dir, struct nx_workspace_dirs *ret, bool may_lack)
{
    struct nx_err *e = calloc(1, sizeof(*e)); /* 6 KiB: too much for a daemon's thread to keep on its stack */
    int rc = e ? nx_store_workspaces(dir, ret, e) : -NX_ENOMEM;
    if (rc == -NX_ENOSTORE && may_lack) {
        rc = 0;
    } else if (rc < 0 && rc != -NX_ENOMEM) {
        rc = p->problem ? 0 : nx_problem_new(e, &p->problem, &p->err);
    }
    free(e);
    return rc;
}

static int take_shelf(struct view *w, const struct view *prev, const struct nx_store *store,
                      const struct nx_workspace_dir *own, const struct nx_workspace_dir *kept, unsigned wait_ms)
{
    const char *name = own ? own->name : kept->name;
    struct nx_shelf *old = prev ? shelf_of(prev, store, name) : NULL;
    char *runs_dir = own ? NULL : nx_store_runs_dir(store->dir, name);
    char *kept_dir = kept || !store->kept ? NULL : nx_store_runs_dir(store->kept, name);
    const struct nx_shelf_of of = {store, name, own ? own->runs_dir : runs_dir,
                                   kept ? kept->runs_dir : kept_dir};
    int rc = of.runs_dir && (of.kept_dir || !store->kept)
                 ? nx_shelf_take(&of, old, wait_ms, &w->shelves[w->pub.n])
                 : -NX_ENOMEM;
    w->pub.n += rc == 0;
    free(runs_dir);
    free(kept_dir);
    return rc;
}

/* Both are in order of name; a workspace may be in one of them. */
static int take_shelves(struct view *w, const struct view *prev, const struct nx_store *store,
                        const struct nx_workspace_dirs *own, const struct nx_workspace_dirs *kept,
                        unsigned wait_ms)
{
    int rc = reserve(w, own->n + kept->n);
    for (size_t i = 0, j = 0; rc == 0 && (i < own->n || j < kept->n);) {
        int c = i == own->n ? 1 : j == kept->n ? -1 : strcmp(own->v[i].name, kept->v[j].name);
        rc = take_shelf(w, prev, store, c <= 0 ? &own->v[i] : NULL, c >= 0 ? &kept->v[j] : NULL, wait_ms);
        i += c <= 0;
        j += c >= 0;
    }
    return rc;
}

static int look(struct view *w, const struct view *prev, size_t nth, unsigned wait_ms)
{
    struct nx_workspace_dirs own = {0}, kept = {0};
    const struct nx_store *store = w->shown[nth].store;
    int rc = list_dirs(&w->places[nth], store->dir, &own, false);
    if (rc == 0 && store->kept) {
        rc = list_dirs(&w->places[nth], store->kept, &kept, true);
    }
    rc = rc < 0 ? rc : take_shelves(w, prev, store, &own, &kept, wait_ms);
    nx_workspace_dirs_fini(&own);
    nx_workspace_dirs_fini(&kept);
    return rc;
}

static int cmp_shelf(const void *pa, const void *pb)
{
    return nx_workspace_cmp(nx_shelf_workspace(*(struct nx_shelf *const *)pa),
                            nx_shelf_workspace(*(struct nx_shelf *const *)pb));
}

static int index_workspaces(struct view *w)
{
    w->workspaces = calloc(w->pub.n + 1, sizeof(*w->workspaces));
    if (!w->workspaces) {
        return -NX_ENOMEM;
    }
    if (w->pub.n > 1) {
        qsort(w->shelves, w->pub.n, sizeof(*w->shelves), cmp_shelf);
    }
    for (size_t i = 0; i < w->pub.n; i++) {
        w->workspaces[i] = nx_shelf_workspace(w->shelves[i]);
    }
    w->pub.v = w->workspaces;
    return index_rows(w);
}

/* --- the picture --- */

static struct view *view_new(const struct nx_store *stores, size_t n)
{
    struct view *w = calloc(1, sizeof(*w));
    if (!w) {
        return NULL;
    }
    w->magic = VIEW_MAGIC;
    atomic_init(&w->refs, 1);
    w->places = calloc(n, sizeof(*w->places));
    w->shown = calloc(n, sizeof(*w->shown));
    if (!w->places || !w->shown) {
        view_free(w);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        w->shown[i].store = &stores[i];
    }
    w->pub.stores = w->shown;
    w->pub.stores_n = n;
    return w;
}

static void tell_problem(struct view *w, size_t nth)
{
    w->shown[nth].problem = w->places[nth].problem;
    w->shown[nth].err = w->places[nth].err;
    if (!w->pub.err) {
        w->pub.problem = w->shown[nth].problem;
        w->pub.err = w->shown[nth].err;
    }
}

int nx_view_take(const struct nx_store *stores, size_t n, const bool *dirty, const struct nx_view *prev,
                 unsigned lock_wait_ms, struct nx_view **ret, struct nx_err *err)
{
    const struct view *old = prev ? view_of_const(prev) : NULL;
    struct view *w = view_new(stores, n);
    int rc = w ? 0 : -NX_ENOMEM;
    assert(!prev || prev->stores_n == n);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = old && dirty && !dirty[i] ? share(w, old, i) : look(w, old, i, lock_wait_ms);
        tell_problem(w, i);
    }
    if (rc == 0) {
        rc = index_workspaces(w);
    }
    if (rc < 0) {
        if (w) {
            view_free(w);
        }
        return nx_fail_sys(err, NX_ENOMEM, ENOMEM, n > 0 ? stores[0].dir : NULL,
                           "cannot take a picture of the store");
    }
    *ret = &w->pub;
    return 0;
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
    if (a->n != b->n || a->stores_n != b->stores_n) {
        return false;
    }
    for (size_t i = 0; i < a->stores_n; i++) {
        if (a->stores[i].store != b->stores[i].store || !same_text(a->stores[i].problem, b->stores[i].problem)) {
            return false;
        }
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct nx_workspace *x = a->v[i], *y = b->v[i];
        /* Runs that were not read again are the same memory. */
        if (x->store != y->store || strcmp(x->name, y->name) != 0 || x->list != y->list || !same_text(x->problem, y->problem)
            || !same_text(x->path, y->path)) {
            return false;
        }
    }
    return true;
}
