#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/place.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/words.h"
#include "base/strbuf.h"
#include "store/layout.h"

enum {
    LOCK_WAIT_MS = 5000, /* nextest gives up on its lock after as long */
};

bool place_is_file(const char *selector)
{
    return strcmp(selector, "-") == 0 || nx_selector_is_path(selector);
}

/* Names the workspaces there are, as many as a hint holds. */
static void hint_workspaces(const struct nx_view *v, struct nx_err *err)
{
    struct nx_strbuf b;
    size_t shown = 0;
    nx_strbuf_init(&b, 0);
    for (; shown < v->n && b.n < NX_ERR_HINT / 2; shown++) {
        nx_strbuf_addf(&b, "\n  %s", nx_words_workspace(v->v[shown]));
    }
    if (v->n == 0) {
        nx_err_hint(err, "the store at %s has no workspaces", v->stores[0].store->dir);
    } else if (!b.failed) {
        nx_err_hint(err, "the store has runs of:%s%s", b.p, shown < v->n ? "\n  ..." : "");
    }
    nx_strbuf_fini(&b);
}

/* --workspace: a directory in it, or the encoded name of its folder. */
static int named_workspace(struct place *p, const char *given, struct nx_err *err)
{
    size_t first = 0, n = 0;
    char *dir = realpath(given, NULL);
    n = dir ? nx_workspaces_of_dir(p->view, dir, &first) : 0;
    free(dir);
    if (n == 0 && given[0] == '/') { /* a workspace that was deleted or is on another machine */
        n = nx_workspaces_of_dir(p->view, given, &first);
    }
    if (n == 0) {
        n = nx_view_named(p->view, given, &first);
    }
    if (n > 0) {
        p->ws = p->view->v[first];
        return 0;
    }
    if (p->view->err) {
        *err = *p->view->err;
        return -(int)err->code;
    }
    int rc = nx_fail(err, NX_ENOTFOUND, given, "no run of a workspace there is recorded");
    hint_workspaces(p->view, err);
    return rc;
}

static void workspace_of_cwd(struct place *p)
{
    size_t first = 0;
    char *cwd = realpath(".", NULL);
    if (cwd && nx_workspaces_of_dir(p->view, cwd, &first) > 0) {
        p->ws = p->view->v[first];
    }
    free(cwd);
}

static int choose_workspace(struct place *p, const struct opts *o, const struct ui *ui, struct nx_err *err)
{
    int rc = 0;
    if (o->workspace) {
        rc = named_workspace(p, o->workspace, err);
    } else if (!o->all) {
        workspace_of_cwd(p);
    }
    if (rc < 0) {
        return rc;
    }
    p->scope = p->ws ? nx_scope_of(p->ws) : (struct nx_scope){NULL, NULL};
    if (p->ws) {
        ui_tell(ui, "workspace %s%s", nx_words_workspace(p->ws),
                o->workspace ? "" : " (of the current directory)");
    } else {
        ui_tell(ui, "all %zu workspaces of the store%s", p->view->n,
                o->all ? "" : " (the current directory lies in none of them)");
    }
    return 0;
}

int place_open(struct place *p, const struct opts *o, const struct ui *ui, struct nx_err *err)
{
    memset(p, 0, sizeof(*p));
    if (o->store) {
        if (!*o->store) {
            return nx_fail(err, NX_EUSAGE, NULL, "--store needs the name of a directory");
        }
        p->state_dir = strdup(o->store);
        if (!p->state_dir) {
            return nx_fail_sys(err, NX_ENOMEM, ENOMEM, NULL, "cannot keep the store's name");
        }
    } else {
        int rc = nx_store_default_dir(&p->state_dir, err);
        if (rc < 0) {
            return rc;
        }
    }
    p->store = (struct nx_store){.name = "default", .dir = p->state_dir};
    ui_tell(ui, "store %s", p->state_dir);
    int rc = nx_view_take(&p->store, 1, NULL, NULL, LOCK_WAIT_MS, &p->view, err);
    if (rc < 0) {
        return rc;
    }
    if (p->view->err && o->store) { /* named by hand, so it should be there */
        *err = *p->view->err;
        return -(int)err->code;
    }
    return choose_workspace(p, o, ui, err);
}

void place_close(struct place *p)
{
    nx_view_unref(p->view);
    free(p->state_dir);
    memset(p, 0, sizeof(*p));
}

int place_pick(const struct place *p, const struct opts *o, const char *selector, struct nx_pick *ret,
               struct nx_err *err)
{
    int rc = nx_select(p->view, p->scope, nx_slice_of(selector), ret, err);
    return place_explain(p, o, selector, rc, err);
}

int place_explain(const struct place *p, const struct opts *o, const char *selector, int rc,
                  struct nx_err *err)
{
    if (rc == -NX_ENORUNS && p->ws && p->view->runs > 0) {
        nx_err_hint(err, "workspace %s has none, others have; `--all` looks at all of them",
                    nx_words_workspace(p->ws));
    } else if (rc == -NX_ENOTFOUND && p->ws && !o->workspace) {
        struct nx_pick other;
        struct nx_err ignored;
        if (nx_select(p->view, (struct nx_scope){NULL, NULL}, nx_slice_of(selector), &other, &ignored) == 0) {
            nx_err_hint(err, "a run of workspace %s matches; `--all` finds it", nx_words_workspace(other.ws));
        } else {
            nx_err_hint(err, "`nxctl list` shows the runs of workspace %s, `nxctl list --all` those of all",
                        nx_words_workspace(p->ws));
        }
    } else if (rc == -NX_ENOTFOUND) {
        nx_err_hint(err, "`nxctl list` shows the runs there are in %s", p->state_dir);
    } else if (rc == -NX_ENOSTORE) {
        struct nx_err why = *err;
        rc = nx_fail(err, NX_ENORUNS, NULL, "no recorded runs exist");
        nx_err_hint(err, "there is no store at %s: %s", p->state_dir, why.hint[0] ? why.hint : why.why);
    }
    return rc;
}

int place_report(const struct place *p, const struct ui *ui)
{
    int status = 0;
    for (size_t i = 0; i < p->view->n; i++) {
        const struct nx_workspace *ws = p->view->v[i];
        if (ws->err && (!p->ws || p->ws == ws)) {
            int s = ui_error(ui, ws->err);
            status = status ? status : s;
        }
    }
    return status;
}
