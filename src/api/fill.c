#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/fill.h"

#include <stdlib.h>

void nx_fill_init(struct nx_fill *f, const struct nx_world *w, struct nx_scope scope,
                  int (*step)(void *arg, const struct nx_run *run), void *arg)
{
    *f = (struct nx_fill){.w = w, .scope = scope, .step = step, .arg = arg};
}

bool nx_fill_done(const struct nx_fill *f)
{
    return f->at >= f->w->view->runs;
}

/* The next batch: rows of by_start, in its order. */
static size_t gather(struct nx_fill *f, size_t n, const struct nx_row **rows)
{
    size_t got = 0;
    for (; f->at < f->w->view->runs && (!n || got < n); f->at++) {
        const struct nx_row *row = &f->w->view->by_start[f->at];
        if (nx_scope_has(f->scope, row->ws->store->name, row->ws->name) && (!f->want || f->want(f->want_arg, row->run))) {
            rows[got++] = row;
        }
    }
    return got;
}

/* Reads the rows of one workspace, which it takes out of the batch (by NULL). */
static int read_workspace(struct nx_fill *f, const struct nx_row **rows, size_t n, const char **ids,
                          struct nx_err *err)
{
    struct nx_reconciled sum;
    const struct nx_workspace *ws = NULL;
    struct nx_reconcile_opts opts = {.step = f->step, .arg = f->arg};
    size_t ids_n = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i] && (!ws || rows[i]->ws == ws)) {
            ws = rows[i]->ws;
            ids[ids_n++] = rows[i]->run->id;
            rows[i] = NULL;
        }
    }
    if (!ws) {
        return 0;
    }
    ids[ids_n] = NULL;
    opts.workspace = ws;
    opts.runs = ids_n == ws->n ? NULL : ids; /* all of them need no looking up */
    int rc = nx_reconcile(f->w->ix, f->w->view, &opts, &sum, err);
    if (rc == 0 && sum.stopped) {
        rc = nx_fail(err, NX_ESHUTDOWN, NULL, "stopped while reading recordings");
    }
    return rc < 0 ? rc : 1;
}

static int note_run(void *arg, const struct nx_run_row *row)
{
    (void)row;
    *(bool *)arg = true;
    return 1;
}

/* How many of the rows the index has the log of. */
static int count_deep(const struct nx_fill *f, const struct nx_row *const *rows, size_t n, size_t *ret,
                      struct nx_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct nx_run_filter filter = {.uuid = rows[i]->run->id, .deep_only = true, .limit = 1};
        bool deep = false;
        rc = nx_world_workspace(f->w, nx_scope_of(rows[i]->ws), &filter.workspace, err);
        if (rc == 0) {
            rc = nx_index_runs(f->w->ix, &filter, note_run, &deep, err);
        }
        *ret += deep;
    }
    return rc;
}

int nx_fill_more(struct nx_fill *f, size_t n, size_t *ret_deep, struct nx_err *err)
{
    size_t runs = f->w->view->runs, cap = (n && n < runs ? n : runs) + 1;
    const struct nx_row **rows = calloc(cap, sizeof(*rows)), **left = calloc(cap, sizeof(*left));
    const char **ids = calloc(cap, sizeof(*ids));
    int rc = 1;
    if (!rows || !left || !ids) {
        rc = nx_fail(err, NX_ENOMEM, NULL, "no memory to read recordings");
    } else {
        size_t got = gather(f, n, rows);
        memcpy(left, rows, got * sizeof(*left));
        while (rc > 0) {
            rc = read_workspace(f, left, got, ids, err);
        }
        if (rc == 0 && ret_deep) {
            rc = count_deep(f, rows, got, ret_deep, err);
        }
    }
    free(rows);
    free(left);
    free(ids);
    return rc;
}
