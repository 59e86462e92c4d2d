#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "store/layout.h"

int nx_workspace_cmp(const struct nx_workspace *a, const struct nx_workspace *b)
{
    int c = strcmp(a->name, b->name);
    return c ? c : strcmp(a->store->name, b->store->name);
}

size_t nx_view_named(const struct nx_view *v, const char *name, size_t *ret_first)
{
    size_t lo = 0, hi = v->n, n = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(v->v[mid]->name, name) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    while (lo + n < v->n && strcmp(v->v[lo + n]->name, name) == 0) {
        n++;
    }
    *ret_first = lo;
    return n;
}

const struct nx_workspace *nx_view_workspace(const struct nx_view *v, const char *store, const char *name)
{
    size_t first, n = nx_view_named(v, name, &first);
    for (size_t i = first; i < first + n; i++) {
        if (strcmp(v->v[i]->store->name, store) == 0) {
            return v->v[i];
        }
    }
    return NULL;
}

const struct nx_err *nx_view_store_err(const struct nx_view *v, const struct nx_workspace *ws)
{
    for (size_t i = 0; i < v->stores_n; i++) {
        if (v->stores[i].store == ws->store) {
            return v->stores[i].err;
        }
    }
    return NULL;
}

char *nx_run_dir(const struct nx_workspace *ws, const struct nx_run *run)
{
    return nx_store_run_dir(run->kept ? ws->kept_dir : ws->runs_dir, run->id);
}

char *nx_run_log(const struct nx_workspace *ws, const struct nx_run *run)
{
    struct nx_strbuf b;
    char *dir = nx_run_dir(ws, run), *path;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/run.log.zst", dir ? dir : "");
    path = dir ? nx_strbuf_take(&b, NULL) : NULL;
    nx_strbuf_fini(&b);
    free(dir);
    return path;
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
