#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/runs_gone.h"

#include <stdlib.h>
#include <string.h>

#include "api/runs_mark.h"
#include "api/there.h"
#include "store/pull.h"

struct gone_run {
    struct nx_run run;
    const struct nx_workspace *ws;
};

struct gone_ws { /* a workspace of the index, which the view may have, too */
    int64_t id;
    const struct nx_workspace *ws; /* the view's, or `own` */
    struct nx_workspace own;
    struct nx_store own_store;
    char *store, *name, *path;
};

struct reading {
    const struct nx_world *w;
    struct nx_scope scope;
    const struct nx_runs_query *q;
    const struct nx_instant *from;
    struct nx_gone *to;
    struct nx_err *err;
    size_t found;         /* by the present query, behind `from` */
    int64_t last_started; /* of its last row */
};

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for runs that are gone");
}

/* --- workspaces --- */

static int note_ws(void *arg, const struct nx_workspace_row *row)
{
    struct reading *r = arg;
    struct nx_gone *g = r->to;
    if (nx_world_portable(row) || !nx_scope_has(r->scope, row->store, row->name)) {
        return 0;
    }
    struct gone_ws *v = realloc(g->ws, (g->ws_n + 1) * sizeof(*v));
    if (!v) {
        return -NX_ENOMEM;
    }
    g->ws = v;
    v += g->ws_n++;
    *v = (struct gone_ws){.id = row->id,
                          .store = strdup(row->store),
                          .name = strdup(row->name),
                          .path = row->path ? strdup(row->path) : NULL};
    return v->store && v->name && (v->path || !row->path) ? 0 : -NX_ENOMEM;
}

/* Once all are known, and stay where they are. */
static void join_view(struct reading *r)
{
    for (size_t i = 0; i < r->to->ws_n; i++) {
        struct gone_ws *g = &r->to->ws[i];
        g->own_store = (struct nx_store){.name = g->store};
        g->own = (struct nx_workspace){.store = &g->own_store, .name = g->name, .path = g->path};
        g->ws = nx_view_workspace(r->w->view, g->store, g->name);
        g->ws = g->ws ? g->ws : &g->own;
    }
}

static const struct gone_ws *ws_of(const struct nx_gone *g, int64_t id)
{
    for (size_t i = 0; i < g->ws_n; i++) {
        if (g->ws[i].id == id) {
            return &g->ws[i];
        }
    }
    return NULL;
}

/* --- runs --- */

static int add_run(struct reading *r, const struct nx_run *run, const struct nx_workspace *ws)
{
    struct nx_gone *g = r->to;
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 64;
        struct gone_run *v = realloc(g->v, cap * sizeof(*v));
        if (!v) {
            return -NX_ENOMEM;
        }
        g->v = v;
        g->cap = cap;
    }
    g->v[g->n++] = (struct gone_run){*run, ws};
    return 0;
}

/* The entry as nextest had it; one that cannot be read is left out. */
static bool parse(struct reading *r, const char *entry, struct nx_run *ret)
{
    struct nx_strbuf text;
    struct nx_pull p;
    struct nx_err why;
    static const char pad[NX_SCAN_PAD];
    nx_strbuf_init(&text, 0);
    nx_strbuf_adds(&text, entry);
    nx_strbuf_add(&text, pad, sizeof(pad));
    if (text.failed) {
        (void)no_memory(r->err);
        return false;
    }
    nx_pull_init(&p, text.p, text.n - sizeof(pad), &why);
    bool ok = nx_run_parse(&p, ret) == 0;
    nx_pull_fini(&p);
    nx_strbuf_fini(&text);
    return ok;
}

static int take_run(void *arg, const struct nx_run_row *row)
{
    struct reading *r = arg;
    struct nx_run run;
    if (r->q->limit && r->found > r->q->limit && row->started < r->last_started) {
        return 1; /* of equal starts all */
    }
    const struct gone_ws *ws = ws_of(r->to, row->workspace);
    if (!ws || !parse(r, row->entry, &run)) {
        return 0;
    }
    if (!nx_runs_pass(r->q, &run)) {
        nx_run_fini(&run);
        return 0;
    }
    r->found += !r->from || nx_instant_cmp(run.started_at, *r->from) < 0;
    r->last_started = row->started;
    int rc = add_run(r, &run, ws->ws);
    if (rc < 0) {
        nx_run_fini(&run);
    }
    return rc;
}

static int read_runs(struct reading *r)
{
    struct nx_run_filter f = {.profile = r->q->profile, .gone_only = true};
    int64_t *tests = NULL;
    size_t n = 1;
    int rc = 0;
    f.until = r->from ? nx_nanos_add(nx_instant_nanos(*r->from), 1) : 0;
    if (r->q->test) {
        rc = nx_runs_tests(r->w, r->q->test, &tests, &n, r->err);
    }
    for (size_t i = 0; i < n && rc == 0; i++) {
        f.contains_test = tests ? tests[i] : 0;
        r->found = 0;
        rc = nx_index_runs(r->w->ix, &f, take_run, r, r->err);
    }
    free(tests);
    return rc;
}

/* --- the list --- */

/* Newest start first, then the greater id, then the names of workspace and store: as by_start. */
static int cmp_rows(const void *pa, const void *pb)
{
    const struct nx_row *a = pa, *b = pb;
    int c = nx_instant_cmp(b->run->started_at, a->run->started_at);
    c = c ? c : strcmp(b->run->id, a->run->id);
    return c ? c : nx_workspace_cmp(a->ws, b->ws);
}

static bool same_run(const struct nx_row *a, const struct nx_row *b)
{
    return a->ws == b->ws && strcmp(a->run->id, b->run->id) == 0;
}

static int merge(struct reading *r, const bool *marked)
{
    struct nx_gone *g = r->to;
    const struct nx_view *view = r->w->view;
    struct nx_row *rows = calloc(g->n + view->runs + 1, sizeof(*rows));
    size_t n = 0, kept = 0;
    if (!rows) {
        return -NX_ENOMEM;
    }
    for (size_t i = 0; i < g->n; i++) {
        rows[n++] = (struct nx_row){g->v[i].ws, &g->v[i].run};
    }
    for (size_t i = 0; i < view->runs; i++) {
        if (!marked || marked[i]) {
            rows[n++] = view->by_start[i];
        }
    }
    qsort(rows, n, sizeof(*rows), cmp_rows);
    /* Two tests of the name found it twice; or it came back, and the index is behind: the view is right. */
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !same_run(&rows[kept - 1], &rows[i])) {
            rows[kept++] = rows[i];
        } else if (!nx_gone_has(g, rows[i].run)) {
            rows[kept - 1] = rows[i];
        }
    }
    g->rows = rows;
    g->rows_n = kept;
    return 0;
}

int nx_gone_read(const struct nx_world *w, struct nx_scope scope, const struct nx_runs_query *q,
                 const struct nx_instant *from, const bool *marked, struct nx_gone *ret, struct nx_err *err)
{
    struct reading r = {.w = w, .scope = scope, .q = q, .from = from, .to = ret, .err = err};
    *ret = (struct nx_gone){0};
    int rc = nx_index_workspaces(w->ix, note_ws, &r, err);
    if (rc == 0) {
        join_view(&r);
        rc = read_runs(&r);
    }
    if (rc == 0) {
        rc = merge(&r, marked);
    }
    return rc == -NX_ENOMEM ? no_memory(err) : rc;
}

/* What the view cannot tell is not said to be gone. */
static int take_gone(void *arg, const struct nx_run_row *row)
{
    struct reading *r = arg;
    return row->on_disk && !nx_there_tells(r->w->view) ? 0 : take_run(r, row);
}

int nx_gone_pick(const struct nx_world *w, struct nx_scope scope, const char *uuid, struct nx_gone *ret,
                 struct nx_pick *ret_pick, struct nx_err *err)
{
    const struct nx_runs_query any = {0};
    const struct nx_run_filter f = {.uuid = uuid};
    struct reading r = {.w = w, .scope = scope, .q = &any, .to = ret, .err = err};
    *ret = (struct nx_gone){0};
    int rc = nx_index_workspaces(w->ix, note_ws, &r, err);
    if (rc == 0) {
        join_view(&r);
        rc = nx_index_runs(w->ix, &f, take_gone, &r, err);
    }
    if (rc == -NX_ENOMEM) {
        return no_memory(err);
    }
    if (rc == 0 && ret->n > 1) {
        rc = nx_fail(err, NX_EAMBIGUOUS, NULL, "%zu workspaces had a run %s", ret->n, uuid);
        nx_err_hint(err, "name the workspace too");
    } else if (rc == 0 && ret->n == 0) {
        rc = nx_fail(err, NX_ENOTFOUND, NULL, "no recorded run found matching `%s`", uuid);
    } else if (rc == 0) {
        *ret_pick = (struct nx_pick){ret->v[0].ws, &ret->v[0].run};
    }
    return rc;
}

void nx_gone_fini(struct nx_gone *g)
{
    for (size_t i = 0; i < g->n; i++) {
        nx_run_fini(&g->v[i].run);
    }
    for (size_t i = 0; i < g->ws_n; i++) {
        free(g->ws[i].store);
        free(g->ws[i].name);
        free(g->ws[i].path);
    }
    free(g->v);
    free(g->ws);
    free(g->rows);
    *g = (struct nx_gone){0};
}

bool nx_gone_has(const struct nx_gone *g, const struct nx_run *run)
{
    uintptr_t at = (uintptr_t)run, first = (uintptr_t)g->v;
    return g->n > 0 && at >= first && at < first + g->n * sizeof(*g->v);
}
