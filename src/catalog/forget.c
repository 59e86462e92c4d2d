/* The part of retention that is the index's: history that nobody wants any more. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "catalog/held.h"
#include "catalog/keep.h"

enum { DROPPED_AT_ONCE = 32 };

struct forgetting {
    struct nx_index *ix;
    int (*step)(void *arg);
    void *arg;
    uint64_t n;
    bool stopped;
};

static bool goes(const struct nx_held *h)
{
    return h->row != 0 && (h->goes == NX_GOES_BY_AGE || h->goes == NX_GOES_BY_NUMBER);
}

/* In transactions of a few: a kill loses no more, and readers see no half of a run. */
static int drop_some(struct forgetting *f, const struct held *h, size_t *at, struct nx_err *err)
{
    uint64_t n = 0;
    int rc = nx_index_begin(f->ix, err);
    for (; rc == 0 && *at < h->n && n < DROPPED_AT_ONCE && !f->stopped; ++*at) {
        if (!goes(&h->v[*at])) {
            continue;
        }
        if (f->step && f->step(f->arg) != 0) {
            f->stopped = true;
            break;
        }
        rc = nx_index_drop_run(f->ix, h->v[*at].row, err);
        n += rc == 0;
    }
    if (rc == 0) {
        rc = nx_index_commit(f->ix, err);
    }
    if (rc < 0) {
        nx_index_rollback(f->ix);
    } else {
        f->n += n;
    }
    return rc;
}

static int forget_in(struct forgetting *f, const struct nx_workspace *ws, int64_t workspace,
                     const struct nx_retain *retain, int64_t now, struct nx_err *err)
{
    struct held h;
    size_t at = 0, going = 0;
    int rc = held_gather(&h, ws, f->ix, workspace, err);
    if (rc < 0) {
        return rc;
    }
    nx_retain_choose(retain, h.v, h.n, now);
    for (size_t i = 0; i < h.n; i++) {
        going += goes(&h.v[i]);
    }
    while (rc == 0 && going > 0 && at < h.n && !f->stopped) {
        rc = drop_some(f, &h, &at, err);
    }
    held_fini(&h);
    return rc;
}

static const struct nx_shown *shown(const struct nx_view *view, const char *store)
{
    for (size_t i = 0; i < view->stores_n; i++) {
        if (strcmp(store, view->stores[i].store->name) == 0) {
            return &view->stores[i];
        }
    }
    return NULL;
}

int nx_forget(struct nx_index *ix, const struct nx_view *view, const struct nx_retain *retain, int64_t now,
              int (*step)(void *arg), void *arg, uint64_t *ret_n, struct nx_err *err)
{
    struct forgetting f = {.ix = ix, .step = step, .arg = arg};
    struct held_workspaces all = {0};
    *ret_n = 0;
    if (!retain->has_age && !retain->has_runs) {
        return 0;
    }
    int rc = held_workspaces(ix, &all, err);
    for (size_t i = 0; rc == 0 && i < all.n && !f.stopped; i++) {
        const struct nx_shown *s = shown(view, all.v[i].store);
        const struct nx_workspace *ws = s ? nx_view_workspace(view, s->store->name, all.v[i].name) : NULL;
        /* A list that cannot be read, or a store that is away, says nothing about what nextest has. */
        if (s && !s->err && !(ws && ws->problem)) {
            rc = forget_in(&f, ws, all.v[i].id, retain, now, err);
        }
    }
    held_workspaces_fini(&all);
    *ret_n = f.n;
    return rc;
}
