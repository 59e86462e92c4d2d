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
#include "archive/archive.h"
#include "base/strbuf.h"
#include "state/home.h"

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
        char name[NX_WORDS_PLACE];
        nx_strbuf_addf(&b, "\n  %s", nx_words_place(v, v->v[shown], name));
    }
    if (v->n == 0 && v->stores_n == 1) {
        nx_err_hint(err, "the store at %s has no workspaces", v->stores[0].store->dir);
    } else if (v->n == 0) {
        nx_err_hint(err, "the stores have no workspaces");
    } else if (!b.failed) {
        nx_err_hint(err, "the store%s runs of:%s%s", v->stores_n == 1 ? " has" : "s have", b.p,
                    shown < v->n ? "\n  ..." : "");
    }
    nx_strbuf_fini(&b);
}

/* --- which workspace --- */

/* A directory in it, or the encoded name of its folder. How many stores have one, and the place of the first. */
static size_t find_named(const struct nx_view *v, const char *given, size_t *ret_first)
{
    char *dir = realpath(given, NULL);
    size_t n = dir ? nx_workspaces_of_dir(v, dir, ret_first) : 0;
    free(dir);
    if (n == 0 && given[0] == '/') { /* a workspace that was deleted or is on another machine */
        n = nx_workspaces_of_dir(v, given, ret_first);
    }
    return n > 0 ? n : nx_view_named(v, given, ret_first);
}

static int take_only(struct place *p, size_t first, size_t n, struct nx_err *err)
{
    if (n > 1) {
        int rc = nx_workspaces_ambiguous(p->view, first, n, err);
        nx_err_hint(err, "choose one with `--workspace STORE:NAME`, or `--store`; `--all` looks at all of them");
        return rc;
    }
    p->ws = p->view->v[first];
    return 0;
}

/* Behind `STORE:`; else NULL. */
static const char *behind_store(const struct place *p, const char *given, const struct nx_store **ret)
{
    const char *colon = strchr(given, ':');
    for (size_t i = 0; colon && i < p->stores.n; i++) {
        const char *name = p->stores.v[i].name;
        if (strlen(name) == (size_t)(colon - given) && memcmp(name, given, strlen(name)) == 0) {
            *ret = &p->stores.v[i];
            return colon + 1;
        }
    }
    return NULL;
}

/* --workspace: what find_named() finds, or `STORE:` and that. */
static int named_workspace(struct place *p, const char *given, struct nx_err *err)
{
    size_t first = 0, n = find_named(p->view, given, &first);
    if (n > 0) {
        return take_only(p, first, n, err);
    }
    const struct nx_store *store = NULL;
    const char *rest = behind_store(p, given, &store);
    n = rest ? find_named(p->view, rest, &first) : 0;
    for (size_t i = first; i < first + n; i++) {
        if (p->view->v[i]->store == store) {
            return take_only(p, i, 1, err);
        }
    }
    const struct nx_err *why = place_unread(p);
    if (why) {
        *err = *why;
        return -(int)err->code;
    }
    int rc = nx_fail(err, NX_ENOTFOUND, given, "no run of a workspace there is recorded");
    hint_workspaces(p->view, err);
    return rc;
}

static int workspace_of_cwd(struct place *p, struct nx_err *err)
{
    size_t first = 0;
    char *cwd = realpath(".", NULL);
    size_t n = cwd ? nx_workspaces_of_dir(p->view, cwd, &first) : 0;
    free(cwd);
    return n > 0 ? take_only(p, first, n, err) : 0;
}

char *place_name(const struct place *p, const struct nx_workspace *ws)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    if (p->stores.n > 1) {
        nx_strbuf_addf(&b, "%s:", ws->store->name);
    }
    nx_strbuf_adds(&b, ws->name);
    return nx_strbuf_take(&b, NULL);
}

static int choose_workspace(struct place *p, const struct opts *o, const struct ui *ui, struct nx_err *err)
{
    int rc = 0;
    if (o->workspace) {
        rc = named_workspace(p, o->workspace, err);
    } else if (!o->all) {
        rc = workspace_of_cwd(p, err);
    }
    if (rc < 0) {
        return rc;
    }
    if (!p->ws) {
        ui_tell(ui, "all %zu workspaces of the store%s%s", p->view->n, p->stores.n == 1 ? "" : "s",
                o->all ? "" : " (the current directory lies in none of them)");
        return 0;
    }
    char name[NX_WORDS_PLACE];
    p->scope = nx_scope_of(p->ws);
    p->asked = place_name(p, p->ws);
    ui_tell(ui, "workspace %s%s", nx_words_place(p->view, p->ws, name),
            o->workspace ? "" : " (of the current directory)");
    return p->asked ? 0 : nx_fail_sys(err, NX_ENOMEM, ENOMEM, NULL, "cannot keep the workspace's name");
}

/* --- the picture --- */

int place_stores(struct place *p, const struct opts *o, struct nx_err *err)
{
    int rc = 0;
    *p = (struct place){.by_hand = o->stores_n > 0};
    for (size_t i = 0; rc == 0 && i < o->stores_n; i++) {
        rc = nx_stores_add(&p->stores, o->stores[i], err);
    }
    return rc < 0 ? rc : nx_stores_settle(&p->stores, false, err);
}

const struct nx_err *place_unread(const struct place *p)
{
    for (size_t i = 0; i < p->view->stores_n; i++) {
        if (!p->view->stores[i].err) {
            return NULL;
        }
    }
    return p->view->err;
}

/* The archive that was named: of the store that it says, or, where there is only one, of that. */
static int named_archive(struct nx_stores *stores, const char *dir, struct nx_err *err)
{
    size_t nth = 0;
    if (access(dir, F_OK) < 0) {
        return nx_fail_sys(err, NX_ENOSTORE, errno, dir, "no kept recordings there");
    }
    while (nth < stores->n && nx_archive_check(dir, stores->v[nth].dir, err) < 0) {
        nth++;
    }
    if (nth == stores->n && stores->n > 1) {
        return nx_fail(err, NX_ENOSTORE, dir, "holds recordings of none of these stores");
    }
    nth = nth == stores->n ? 0 : nth;
    stores->v[nth].kept = strdup(dir);
    return stores->v[nth].kept ? 0 : nx_fail_sys(err, NX_ENOMEM, ENOMEM, NULL, "cannot keep a folder's name");
}

/* Those that the daemon of this user has made. That there are none is no error. */
static void usual_archives(struct nx_stores *stores)
{
    struct nx_err ignored;
    struct nx_strbuf root;
    char *home = NULL, *dir = NULL;
    if (nx_home_dir(&home, &ignored) < 0) {
        return;
    }
    nx_strbuf_init(&root, 0);
    nx_strbuf_addf(&root, "%s/kept", home);
    for (size_t i = 0; !root.failed && i < stores->n; i++) {
        if (nx_archive_find(root.p, NULL, stores->v[i].dir, &dir, &ignored) == 0) {
            stores->v[i].kept = dir;
        }
    }
    nx_strbuf_fini(&root);
    free(home);
}

int place_look(struct place *p, const struct opts *o, const struct ui *ui, struct nx_err *err)
{
    int rc = 0;
    if (o->kept) {
        rc = named_archive(&p->stores, o->kept, err);
    } else if (!o->no_kept) {
        usual_archives(&p->stores);
    }
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < p->stores.n; i++) {
        ui_tell(ui, "store %s%s%s", p->stores.n > 1 ? p->stores.v[i].name : "", p->stores.n > 1 ? ": " : "",
                p->stores.v[i].dir);
        if (p->stores.v[i].kept) {
            ui_tell(ui, "kept recordings %s", p->stores.v[i].kept);
        }
    }
    rc = nx_view_take(p->stores.v, p->stores.n, NULL, NULL, LOCK_WAIT_MS, &p->view, err);
    if (rc < 0) {
        return rc;
    }
    const struct nx_err *why = p->by_hand ? place_unread(p) : NULL;
    if (why) {
        *err = *why;
        return -(int)err->code;
    }
    return choose_workspace(p, o, ui, err);
}

int place_open(struct place *p, const struct opts *o, const struct ui *ui, struct nx_err *err)
{
    int rc = place_stores(p, o, err);
    return rc < 0 ? rc : place_look(p, o, ui, err);
}

void place_close(struct place *p)
{
    nx_view_unref(p->view);
    nx_stores_fini(&p->stores);
    free(p->asked);
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
        if (!nx_scope_hint_unread(p->view, p->scope, err)) {
            nx_err_hint(err, "`nxctl list` shows the runs there are in %s%s", p->stores.v[0].dir,
                        p->stores.n > 1 ? " and the others" : "");
        }
    } else if (rc == -NX_ENOSTORE) {
        struct nx_err why = *err;
        rc = nx_fail(err, NX_ENORUNS, NULL, "no recorded runs exist");
        nx_err_hint(err, "there is no store at %s: %s", p->stores.v[0].dir, why.hint[0] ? why.hint : why.why);
    }
    return rc;
}

int place_report(const struct place *p, const struct ui *ui)
{
    int status = 0;
    for (size_t i = 0; p->by_hand && i < p->view->stores_n; i++) {
        const struct nx_shown *s = &p->view->stores[i];
        if (s->err && (!p->ws || p->ws->store == s->store)) {
            int at = ui_error(ui, s->err);
            status = status ? status : at;
        }
    }
    for (size_t i = 0; i < p->view->n; i++) {
        const struct nx_workspace *ws = p->view->v[i];
        if (ws->err && (!p->ws || p->ws == ws)) {
            int s = ui_error(ui, ws->err);
            status = status ? status : s;
        }
    }
    return status;
}
