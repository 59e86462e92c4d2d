#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* How much of the recordings each question needs. */
#include "api/ask.h"

#include <stdlib.h>
#include <string.h>

#include "api/ask_args.h"
#include "api/fill.h"
#include "api/loose.h"
#include "api/runs_mark.h"

enum { NOISE_RUNS = 20 /* as answer_compare.c looks at */, FIRST_BATCH = 32 };

struct filling {
    const struct nx_world *w;
    int (*step)(void *arg, const struct nx_run *run);
    void *arg;
    struct nx_err *err;
};

static int fill_run(const struct filling *f, struct nx_scope scope, const char *selector)
{
    const char *const one[] = {selector, NULL};
    if (nx_loose_find(f->w, nx_slice_of(selector))) {
        return 0; /* it is in the index already */
    }
    return nx_world_fill(f->w, scope, one, 0, f->step, f->arg, f->err);
}

static int begin(const struct filling *f, struct nx_scope scope, struct nx_fill *ret)
{
    const struct nx_workspace *ws = NULL;
    int rc = nx_scope_find(f->w->view, scope, &ws, f->err);
    nx_fill_init(ret, f->w, ws ? nx_scope_of(ws) : scope, f->step, f->arg);
    if (rc == 0 && ws && ws->n == 0) { /* known, though nothing of it will be read */
        struct nx_reconciled sum;
        const struct nx_reconcile_opts opts = {.workspace = ws};
        rc = nx_reconcile(f->w->ix, f->w->view, &opts, &sum, f->err);
    }
    return rc;
}

static int fill_newest(const struct filling *f, struct nx_fill *fill, size_t wanted)
{
    size_t deep = 0;
    int rc = 0;
    while (rc == 0 && deep < wanted && !nx_fill_done(fill)) {
        rc = nx_fill_more(fill, wanted - deep, &deep, f->err);
    }
    return rc;
}

static bool want_listed(void *arg, const struct nx_run *run)
{
    return nx_runs_pass(arg, run);
}

/* Do more runs pass than the page holds, among those read so far? */
static int page_is_full(const struct filling *f, const struct nx_asking *a, const struct nx_fill *fill,
                        bool *ret)
{
    bool *marked = NULL;
    size_t n = 0;
    int rc = nx_runs_mark(f->w, fill->scope, &a->list, NULL, &marked, f->err);
    for (size_t i = 0; rc == 0 && i < fill->at; i++) {
        n += marked[i];
    }
    free(marked);
    *ret = n > a->list.limit;
    return rc;
}

/* What is still there is listed, so the rest is what nextest has pruned. */
static int mark_pruned(const struct filling *f, struct nx_scope scope)
{
    struct nx_reconciled sum;
    struct nx_reconcile_opts opts = {.listed_only = true};
    int rc = nx_scope_find(f->w->view, scope, &opts.workspace, f->err);
    if (rc == -NX_ENOTFOUND) { /* a workspace that only the index knows */
        return 0;
    }
    return rc < 0 ? rc : nx_reconcile(f->w->ix, f->w->view, &opts, &sum, f->err);
}

static int fill_list(const struct filling *f, struct nx_asking *a)
{
    struct nx_fill fill;
    bool full = false;
    int rc = a->list.pruned ? mark_pruned(f, a->scope) : 0;
    if (rc < 0 || !nx_runs_need_logs(&a->list)) {
        return rc;
    }
    rc = begin(f, a->scope, &fill);
    fill.want = want_listed;
    fill.want_arg = &a->list;
    if (rc < 0 || !a->list.limit || a->list.after) {
        return rc < 0 ? rc : nx_fill_more(&fill, 0, NULL, f->err);
    }
    for (size_t batch = FIRST_BATCH + a->list.limit; rc == 0 && !full && !nx_fill_done(&fill); batch *= 2) {
        rc = nx_fill_more(&fill, batch, NULL, f->err);
        if (rc == 0) {
            rc = page_is_full(f, a, &fill, &full);
        }
    }
    return rc;
}

/* --- a history: until enough runs have the test --- */

struct having {
    const struct nx_run *oldest; /* of those that were filled in: behind it the index may lack some */
    int64_t last;
    size_t runs;
};

static int note_exec(void *arg, const struct nx_run_row *run, const struct nx_exec_row *exec)
{
    struct having *h = arg;
    int64_t from = nx_instant_nanos(h->oldest->started_at);
    (void)exec;
    if (run->started < from || (run->started == from && strcmp(run->uuid, h->oldest->id) < 0)) {
        return 1;
    }
    h->runs += run->id != h->last;
    h->last = run->id;
    return 0;
}

static int count_having(const struct filling *f, const struct nx_fill *fill, const struct nx_asking *a, size_t *ret)
{
    struct having h = {.oldest = fill->at ? f->w->view->by_start[fill->at - 1].run : NULL};
    int64_t test, workspace;
    int rc = nx_index_find_test(f->w->ix, a->output.binary, a->output.test, &test, f->err);
    if (rc == -NX_ENOTFOUND || !h.oldest) {
        *ret = 0;
        return 0;
    }
    if (rc == 0) {
        rc = nx_world_workspace(f->w, a->scope, &workspace, f->err);
    }
    if (rc == 0) {
        rc = nx_index_history(f->w->ix, test, workspace, a->runs, note_exec, &h, f->err);
    }
    *ret = h.runs;
    return rc;
}

static int fill_history(const struct filling *f, const struct nx_asking *a)
{
    struct nx_fill fill;
    size_t having = 0, batch = FIRST_BATCH > a->runs ? FIRST_BATCH : a->runs;
    int rc = begin(f, a->scope, &fill);
    while (rc == 0 && having < a->runs && !nx_fill_done(&fill)) {
        rc = nx_fill_more(&fill, batch, NULL, f->err);
        if (rc == 0) {
            rc = count_having(f, &fill, a, &having);
        }
        batch *= 2;
    }
    return rc;
}

/* --- two runs, and those before the first: how much times vary --- */

static bool want_before(void *arg, const struct nx_run *run)
{
    const int64_t *base = arg;
    return nx_instant_nanos(run->started_at) <= *base;
}

static int fill_compare(const struct filling *f, const struct nx_asking *a)
{
    struct nx_found base;
    struct nx_fill fill;
    int rc = fill_run(f, a->scope, a->base);
    if (rc == 0) { /* of two errors, nx_ask()'s first */
        rc = nx_world_run(f->w, a->scope, nx_slice_of(a->base), &base, f->err);
    }
    if (rc < 0) {
        return rc;
    }
    rc = fill_run(f, a->scope, a->head);
    if (rc == 0 && !nx_loose_find(f->w, nx_slice_of(a->base))) {
        const struct nx_scope there = {.workspace = base.ws_name, .store = base.ws_store};
        nx_fill_init(&fill, f->w, there, f->step, f->arg);
        fill.want = want_before;
        fill.want_arg = &base.started;
        rc = fill_newest(f, &fill, NOISE_RUNS);
    }
    nx_found_fini(&base);
    return rc;
}

int nx_ask_fill(const struct nx_world *w, enum nx_question q, const struct nx_args *args,
                int (*step)(void *arg, const struct nx_run *run), void *arg, struct nx_err *err)
{
    struct nx_asking a;
    struct nx_fill fill;
    const struct filling f = {w, step, arg, err};
    int rc = nx_asking_read(q, args, &a, err);
    if (rc < 0) {
        return rc;
    }
    switch (q) {
    case NX_Q_RUNS:
        return fill_list(&f, &a);
    case NX_Q_TESTS:
    case NX_Q_OUTPUT:
        return fill_run(&f, a.scope, a.run);
    case NX_Q_SEARCH:
        nx_fill_init(&fill, w, a.scope, step, arg);
        return nx_fill_more(&fill, 0, NULL, err);
    case NX_Q_HISTORY:
        return fill_history(&f, &a);
    case NX_Q_FLAKY:
    case NX_Q_SLOWEST:
        rc = begin(&f, a.scope, &fill);
        return rc < 0 ? rc : fill_newest(&f, &fill, a.runs);
    case NX_Q_COMPARE:
        return fill_compare(&f, &a);
    default:
        return 0;
    }
}
