#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/world.h"

#include <stdlib.h>
#include <string.h>

#include "api/loose.h"
#include "api/there.h"
#include "base/strbuf.h"

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for an answer");
}

void nx_found_fini(struct nx_found *f)
{
    free(f->status);
    free(f->profile);
    free(f->ws_store);
    free(f->ws_name);
    free(f->ws_path);
    *f = (struct nx_found){0};
}

/* --- workspaces --- */

bool nx_world_portable(const struct nx_workspace_row *row)
{
    return row->store[0] == '/'; /* no name of a store */
}

struct ws_search {
    struct nx_scope scope;
    int64_t found;
    size_t n;
    struct nx_strbuf names; /* of all that were found, a line each */
};

static int match_scope(void *arg, const struct nx_workspace_row *row)
{
    struct ws_search *s = arg;
    if (nx_world_portable(row) || !nx_scope_has(s->scope, row->store, row->name))
        return 0;
    s->found = row->id;
    s->n++;
    nx_strbuf_addf(&s->names, "\n  %s:%s", row->store, row->name);
    return 0;
}

/* One that the view does not show. */
static int find_in_index(const struct nx_world *w, struct nx_scope scope, int64_t *ret, struct nx_err *err)
{
    struct ws_search s = {.scope = scope};
    nx_strbuf_init(&s.names, 0);
    int rc = nx_index_workspaces(w->ix, match_scope, &s, err);
    if (rc == 0 && s.n == 0)
        rc = nx_fail(err, NX_ENOTFOUND, NULL, "no workspace `%s` has recorded runs", scope.workspace);
    if (rc == 0 && s.n > 1) {
        rc = nx_fail(err, NX_EAMBIGUOUS, NULL, "%zu stores had a workspace `%.*s`:%s", s.n, 128, scope.workspace,
                     s.names.failed ? "" : s.names.p);
        nx_err_hint(err, "name the store too: STORE:NAME");
    }
    nx_strbuf_fini(&s.names);
    *ret = s.found;
    return rc;
}

int nx_world_workspace(const struct nx_world *w, struct nx_scope scope, int64_t *ret, struct nx_err *err)
{
    const struct nx_workspace *ws = NULL;
    *ret = 0;
    if (!scope.workspace)
        return 0;
    int rc = nx_scope_find(w->view, scope, &ws, err);
    if (rc == -NX_EAMBIGUOUS || rc == -NX_ENOMEM)
        return rc;
    if (!ws)
        return find_in_index(w, scope, ret, err);
    rc = find_in_index(w, nx_scope_of(ws), ret, err);
    if (rc == -NX_ENOTFOUND) {
        rc = nx_fail(err, NX_EBUSY, NULL, "workspace `%s` has not been read into the index yet", ws->name);
        nx_err_hint(err, "ask again in a moment");
    }
    return rc;
}

struct ws_names {
    int64_t id;
    struct nx_found *into;
};

static int match_id(void *arg, const struct nx_workspace_row *row)
{
    const struct ws_names *s = arg;
    if (row->id != s->id)
        return 0;
    s->into->ws_store = strdup(row->store);
    s->into->ws_name = strdup(row->name);
    s->into->ws_path = row->path ? strdup(row->path) : NULL;
    return s->into->ws_store && s->into->ws_name && (s->into->ws_path || !row->path) ? 1 : -NX_ENOMEM;
}

/* --- runs --- */

static char *copy_or_null(const char *z, bool *ok)
{
    char *p = z ? strdup(z) : NULL;
    *ok = *ok && (!z || p);
    return p;
}

static int take_run(void *arg, const struct nx_run_row *row)
{
    struct nx_found *f = arg;
    bool ok = true;
    nx_found_fini(f);
    f->id = row->id;
    f->workspace = row->workspace;
    f->started = row->started;
    memcpy(f->uuid, row->uuid, 36);
    f->uuid[36] = '\0';
    f->status = copy_or_null(row->status, &ok);
    f->profile = copy_or_null(row->profile, &ok);
    f->depth = row->depth;
    f->on_disk = row->on_disk;
    f->stress = row->stress;
    f->tally = row->tally;
    f->first_failure = row->first_failure;
    f->scripts = row->scripts;
    f->scripts_failed = row->scripts_failed;
    f->bad_lines = row->bad_lines;
    return ok ? 1 : -NX_ENOMEM;
}

static int readable(struct nx_found *f, struct nx_err *err)
{
    if (f->depth == NX_DEPTH_LISTED) {
        int rc = nx_fail(err, NX_EBUSY, NULL, "run %s has not been read into the index yet", f->uuid);
        nx_err_hint(err, "ask again in a moment");
        return rc;
    }
    if (f->depth == NX_DEPTH_CLOSED)
        return nx_fail(err, NX_EGONE, NULL, "the log of run %s is gone, or of a format that cannot be read",
                       f->uuid);
    return 0;
}

static int loose_run(const struct nx_world *w, const struct nx_loose *l, struct nx_found *ret,
                     struct nx_err *err)
{
    struct nx_run_filter f = {.workspace = l->workspace, .limit = 1};
    struct nx_found found = {0};
    int rc = nx_index_runs(w->ix, &f, take_run, &found, err);
    if (rc == 0 && !found.id)
        rc = nx_fail(err, NX_EINTERNAL, NULL, "a portable recording is not in the index");
    if (rc < 0) {
        nx_found_fini(&found);
        return rc == -NX_ENOMEM ? no_memory(err) : rc;
    }
    *ret = found;
    return 0;
}

int nx_world_run(const struct nx_world *w, struct nx_scope scope, struct nx_slice selector,
                 struct nx_found *ret, struct nx_err *err)
{
    const struct nx_loose *loose = nx_loose_find(w, selector);
    if (loose)
        return loose_run(w, loose, ret, err);
    struct nx_pick pick;
    struct nx_run_filter f = {.limit = 1};
    struct nx_found found = {0};
    char whole[NX_RUN_ID];
    int rc = nx_select(w->view, scope, selector, &pick, err);
    if (rc == 0) {
        f.uuid = pick.run->id;
        scope = nx_scope_of(pick.ws);
    } else if (rc != -NX_ENOTFOUND && rc != -NX_ENORUNS) {
        return rc;
    } else if (nx_selector_is_whole(selector, whole)) { /* pruned by nextest, perhaps */
        f.uuid = whole;
    } else {
        return rc;
    }
    struct nx_err why = *err;
    int not_there = rc;
    rc = nx_world_workspace(w, scope, &f.workspace, err);
    if (rc < 0 && not_there < 0) {
        *err = why;
        return not_there;
    }
    if (rc == 0)
        rc = nx_index_runs(w->ix, &f, take_run, &found, err);
    if (rc == 0 && !found.id) {
        if (not_there < 0)
            *err = why;
        else
            not_there = nx_fail(err, NX_EBUSY, NULL, "run %s has not been read into the index yet", f.uuid);
        return not_there;
    }
    struct ws_names s = {found.workspace, &found};
    if (rc == 0)
        rc = nx_index_workspaces(w->ix, match_id, &s, err);
    found.on_disk = not_there == 0 || (found.on_disk && !nx_there_tells(w->view)); /* the index may be behind */
    if (rc == 0)
        rc = readable(&found, err);
    if (rc < 0) {
        nx_found_fini(&found);
        return rc == -NX_ENOMEM ? no_memory(err) : rc;
    }
    *ret = found;
    return 0;
}

int nx_world_fill(const struct nx_world *w, struct nx_scope scope, const char *const *selectors, size_t runs,
                  int (*step)(void *arg, const struct nx_run *run), void *arg, struct nx_err *err)
{
    struct nx_reconciled sum;
    struct nx_err refused;
    char whole[NX_RUN_ID];
    struct nx_reconcile_opts opts = {.newest = runs, .step = step, .arg = arg, .refused = &refused};
    if (!selectors || !selectors[0]) {
        int rc = nx_scope_find(w->view, scope, &opts.workspace, err);
        return rc < 0 ? rc : nx_reconcile(w->ix, w->view, &opts, &sum, err);
    }
    for (size_t i = 0; selectors[i]; i++) {
        struct nx_pick pick;
        int rc = nx_select(w->view, scope, nx_slice_of(selectors[i]), &pick, err);
        if ((rc == -NX_ENOTFOUND || rc == -NX_ENORUNS) && nx_selector_is_whole(nx_slice_of(selectors[i]), whole))
            continue; /* pruned by nextest, perhaps: what the index has of it is all there is */
        if (rc < 0)
            return rc;
        const char *one[] = {pick.run->id, NULL};
        opts.workspace = pick.ws;
        opts.runs = one;
        rc = nx_reconcile(w->ix, w->view, &opts, &sum, err);
        if (rc == 0 && sum.refused > 0) { /* who asks for this very run wants to know */
            *err = refused;
            rc = -(int)refused.code;
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}
