#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/there.h"

#include <stdlib.h>
#include <string.h>

static int note_ws(void *arg, const struct nx_workspace_row *row)
{
    struct nx_there *t = arg;
    const struct nx_workspace *ws = nx_view_workspace(t->view, row->store, row->name);
    if (ws && nx_scope_has(t->scope, row->store, row->name) && t->n < t->view->n) {
        t->v[t->n++] = (struct nx_there_ws){row->id, ws};
    }
    return 0;
}

int nx_there_init(struct nx_there *t, const struct nx_world *w, struct nx_scope scope, struct nx_err *err)
{
    *t = (struct nx_there){.view = w->view, .scope = scope, .v = calloc(w->view->n + 1, sizeof(*t->v))};
    return t->v ? nx_index_workspaces(w->ix, note_ws, t, err)
                : nx_fail(err, NX_ENOMEM, NULL, "no memory to look for runs");
}

void nx_there_fini(struct nx_there *t)
{
    free(t->v);
    t->v = NULL;
    t->n = 0;
}

/* The run of that id in a workspace, or NULL. */
static const struct nx_run *run_of(const struct nx_view *view, const struct nx_workspace *ws, const char *uuid)
{
    size_t lo = 0, hi = view->runs;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(view->by_id[mid].run->id, uuid) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    for (; lo < view->runs && strcmp(view->by_id[lo].run->id, uuid) == 0; lo++) {
        if (view->by_id[lo].ws == ws) {
            return view->by_id[lo].run;
        }
    }
    return NULL;
}

const struct nx_run *nx_there_run(const struct nx_there *t, int64_t workspace, const char *uuid)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->v[i].id == workspace) {
            return run_of(t->view, t->v[i].ws, uuid);
        }
    }
    return NULL;
}

bool nx_there_tells(const struct nx_view *view)
{
    bool all = !view->err;
    for (size_t i = 0; i < view->n; i++) {
        all = all && !view->v[i]->err;
    }
    return all;
}

bool nx_there_on_disk(const struct nx_there *t, const struct nx_run_row *row)
{
    return nx_there_run(t, row->workspace, row->uuid) || (row->on_disk && !nx_there_tells(t->view));
}
