#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for what is held");
}

static uint64_t size_of(const char *dir, const char *name)
{
    char path[4400];
    struct stat st;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

uint64_t held_bytes(const struct nx_workspace *ws, const struct nx_run *run)
{
    if (nx_run_ended(run)) {
        return run->log.compressed + run->store.compressed;
    }
    char *dir = nx_run_dir(ws, run);
    uint64_t n = dir ? size_of(dir, "run.log.zst") + size_of(dir, "store.zip") : 0;
    free(dir);
    return n;
}

static struct nx_held *add(struct held *h)
{
    if (h->n == h->cap) {
        size_t cap = h->cap ? h->cap * 2 : 64;
        struct nx_held *v = realloc(h->v, cap * sizeof(*v));
        if (!v) {
            return NULL;
        }
        h->v = v;
        h->cap = cap;
    }
    struct nx_held *one = &h->v[h->n++];
    *one = (struct nx_held){.id = NULL};
    return one;
}

/* --- the index's history --- */

struct gathering {
    struct held *h;
    const struct nx_run **by_id; /* of the view's workspace: the index may be behind it */
    size_t n;
};

static int cmp_id(const void *pa, const void *pb)
{
    return strcmp((*(const struct nx_run *const *)pa)->id, (*(const struct nx_run *const *)pb)->id);
}

static bool in_view(const struct gathering *g, const char *uuid)
{
    struct nx_run key;
    const struct nx_run *k = &key;
    memcpy(key.id, uuid, sizeof(key.id));
    return g->n > 0 && bsearch(&k, g->by_id, g->n, sizeof(*g->by_id), cmp_id);
}

static int take_row(void *arg, const struct nx_run_row *row)
{
    struct gathering *g = arg;
    if (strlen(row->uuid) != 36 || in_view(g, row->uuid)) {
        return 0;
    }
    struct nx_held *one = add(g->h);
    char *id = one ? nx_arena_alloc(&g->h->ids, 37) : NULL;
    if (!id) {
        return -NX_ENOMEM;
    }
    memcpy(id, row->uuid, 37);
    one->id = id;
    one->row = row->id;
    one->last_written = row->last_written;
    return 0;
}

static int gather_rows(struct held *h, const struct nx_workspace *ws, struct nx_index *ix, int64_t workspace,
                       struct nx_err *err)
{
    struct gathering g = {.h = h, .n = ws ? ws->n : 0};
    const struct nx_run_filter f = {.workspace = workspace, .gone_only = true};
    g.by_id = malloc((g.n + 1) * sizeof(*g.by_id));
    if (!g.by_id) {
        return no_memory(err);
    }
    for (size_t i = 0; i < g.n; i++) {
        g.by_id[i] = ws->v[i];
    }
    if (g.n > 1) {
        qsort(g.by_id, g.n, sizeof(*g.by_id), cmp_id);
    }
    int rc = nx_index_runs(ix, &f, take_row, &g, err);
    free(g.by_id);
    return rc == -NX_ENOMEM ? no_memory(err) : rc;
}

int held_gather(struct held *h, const struct nx_workspace *ws, struct nx_index *ix, int64_t workspace,
                struct nx_err *err)
{
    *h = (struct held){0};
    nx_arena_init(&h->ids, SIZE_MAX);
    int rc = 0;
    for (size_t i = 0; rc == 0 && ws && i < ws->n; i++) {
        if (!ws->v[i]->kept) {
            continue;
        }
        struct nx_held *one = add(h);
        if (!one) {
            rc = no_memory(err);
            break;
        }
        one->id = ws->v[i]->id;
        one->last_written = nx_instant_nanos(ws->v[i]->last_written_at);
        one->kept = true;
        one->bytes = held_bytes(ws, ws->v[i]);
    }
    if (rc == 0 && ix && workspace != 0) {
        rc = gather_rows(h, ws, ix, workspace, err);
    }
    if (rc < 0) {
        held_fini(h);
    }
    return rc;
}

void held_fini(struct held *h)
{
    free(h->v);
    nx_arena_fini(&h->ids);
    *h = (struct held){0};
}

/* --- the index's workspaces --- */

static int take_workspace(void *arg, const struct nx_workspace_row *row)
{
    struct held_workspaces *w = arg;
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 16;
        struct held_workspace *v = realloc(w->v, cap * sizeof(*v));
        if (!v) {
            return -NX_ENOMEM;
        }
        w->v = v;
        w->cap = cap;
    }
    struct held_workspace *one = &w->v[w->n++];
    *one = (struct held_workspace){row->id, strdup(row->store), strdup(row->name)};
    return one->store && one->name ? 0 : -NX_ENOMEM;
}

int held_workspaces(struct nx_index *ix, struct held_workspaces *ret, struct nx_err *err)
{
    *ret = (struct held_workspaces){0};
    int rc = nx_index_workspaces(ix, take_workspace, ret, err);
    if (rc < 0) {
        held_workspaces_fini(ret);
    }
    return rc == -NX_ENOMEM ? no_memory(err) : rc;
}

void held_workspaces_fini(struct held_workspaces *w)
{
    for (size_t i = 0; i < w->n; i++) {
        free(w->v[i].store);
        free(w->v[i].name);
    }
    free(w->v);
    *w = (struct held_workspaces){0};
}

int64_t held_workspace_id(const struct held_workspaces *w, const struct nx_workspace *ws)
{
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->v[i].store, ws->store->name) == 0 && strcmp(w->v[i].name, ws->name) == 0) {
            return w->v[i].id;
        }
    }
    return 0;
}
