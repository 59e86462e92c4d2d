#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/reconcile_stores.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory to compare stores");
}

static const struct nx_shown *given(const struct nx_view *view, const char *name)
{
    for (size_t i = 0; i < view->stores_n; i++) {
        if (strcmp(view->stores[i].store->name, name) == 0) {
            return &view->stores[i];
        }
    }
    return NULL;
}

/* --- names --- */

struct lookup {
    const struct nx_view *view;
    size_t nth;      /* the store that is looked for */
    bool known, same; /* by its name; and there where it was */
    char *was;       /* owned: the name that it had before */
};

static int compare_store(void *arg, const struct nx_store_row *row)
{
    struct lookup *l = arg;
    const struct nx_store *store = l->view->stores[l->nth].store;
    bool nameless = l->nth == 0 && row->dir[0] == '\0';
    if (strcmp(row->name, store->name) == 0) {
        l->known = true;
        l->same = strcmp(row->dir, store->dir) == 0;
    } else if (!l->was && !given(l->view, row->name) && (nameless || strcmp(row->dir, store->dir) == 0)) {
        l->was = strdup(row->name);
        return l->was ? 0 : -NX_ENOMEM;
    }
    return 0;
}

static int one_store(struct nx_index *ix, const struct nx_view *view, size_t nth, struct nx_err *err)
{
    const struct nx_store *store = view->stores[nth].store;
    struct lookup l = {.view = view, .nth = nth};
    int rc = nx_index_stores(ix, compare_store, &l, err);
    if (rc == 0 && !l.same) {
        rc = nx_index_begin(ix, err);
        if (rc == 0 && !l.known && l.was) {
            rc = nx_index_rename_store(ix, l.was, store->name, err);
        }
        if (rc == 0) {
            rc = nx_index_put_store(ix, store->name, store->dir, err);
        }
        if (rc == 0) {
            rc = nx_index_commit(ix, err);
        }
        if (rc < 0) {
            nx_index_rollback(ix);
        }
    }
    free(l.was);
    return rc == -NX_ENOMEM ? no_memory(err) : rc;
}

int nx_reconcile_stores(struct nx_index *ix, const struct nx_view *view, struct nx_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < view->stores_n; i++) {
        rc = one_store(ix, view, i, err);
    }
    return rc;
}

/* --- workspaces --- */

struct vanished {
    const struct nx_view *view;
    int64_t *v;
    size_t n;
};

static int note_vanished(void *arg, const struct nx_workspace_row *row)
{
    struct vanished *g = arg;
    const struct nx_shown *store = given(g->view, row->store);
    bool portable = row->store[0] == '/'; /* in no store: catalog/portable.h */
    if (portable || (store && store->err) || nx_view_workspace(g->view, row->store, row->name)) {
        return 0;
    }
    int64_t *v = realloc(g->v, (g->n + 1) * sizeof(*v));
    if (!v) {
        return -NX_ENOMEM;
    }
    g->v = v;
    g->v[g->n++] = row->id;
    return 0;
}

static int mark(struct nx_index *ix, int64_t workspace, uint64_t *ret_gone, struct nx_err *err)
{
    uint64_t n = 0;
    int rc = nx_index_begin(ix, err);
    if (rc == 0) {
        rc = nx_index_keep_only(ix, workspace, NULL, 0, &n, err);
    }
    if (rc == 0) {
        rc = nx_index_commit(ix, err);
    }
    if (rc < 0) {
        nx_index_rollback(ix);
        return rc;
    }
    *ret_gone += n;
    return 0;
}

int nx_reconcile_vanished(struct nx_index *ix, const struct nx_view *view, uint64_t *ret_gone, struct nx_err *err)
{
    struct vanished g = {.view = view};
    int rc = nx_index_workspaces(ix, note_vanished, &g, err);
    for (size_t i = 0; rc == 0 && i < g.n; i++) {
        rc = mark(ix, g.v[i], ret_gone, err);
    }
    free(g.v);
    return rc == -NX_ENOMEM ? no_memory(err) : rc;
}
