#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/scope.h"

#include <stdlib.h>
#include <string.h>

#include "api/words.h"
#include "base/strbuf.h"
#include "store/layout.h"

/* Behind `STORE:`, where the workspace is named so; else NULL. */
static const char *behind(const char *workspace, const char *store)
{
    size_t n = strlen(store);
    return workspace && strncmp(workspace, store, n) == 0 && workspace[n] == ':' ? workspace + n + 1 : NULL;
}

bool nx_scope_reaches(struct nx_scope scope, const char *store)
{
    bool qualified = !scope.store && scope.workspace && strchr(scope.workspace, ':');
    return (!scope.store || strcmp(scope.store, store) == 0) && (!qualified || behind(scope.workspace, store));
}

bool nx_scope_has(struct nx_scope scope, const char *store, const char *name)
{
    if (scope.store && strcmp(scope.store, store) != 0) {
        return false;
    }
    const char *rest = behind(scope.workspace, store);
    /* A folder made by hand may have a colon in its name. */
    return !scope.workspace || strcmp(scope.workspace, name) == 0 || (rest && strcmp(rest, name) == 0);
}

struct nx_scope nx_scope_of(const struct nx_workspace *ws)
{
    return (struct nx_scope){ws->name, ws->store->name};
}

static bool in_scope(const struct nx_workspace *ws, struct nx_scope scope)
{
    return nx_scope_has(scope, ws->store->name, ws->name);
}

/* A store of the scope that could not be read; *ret_all: none could. NULL: all could. */
static const struct nx_shown *unread_store(const struct nx_view *view, struct nx_scope scope, bool *ret_all)
{
    const struct nx_shown *bad = NULL;
    *ret_all = true;
    for (size_t i = 0; i < view->stores_n; i++) {
        const struct nx_shown *s = &view->stores[i];
        if (!nx_scope_reaches(scope, s->store->name)) {
            continue;
        }
        *ret_all = *ret_all && s->err;
        bad = bad || !s->err ? bad : s;
    }
    return bad;
}

int nx_scope_reason(const struct nx_view *view, struct nx_scope scope, struct nx_err *err)
{
    bool all;
    const struct nx_shown *store = unread_store(view, scope, &all);
    const struct nx_err *why = store && all ? store->err : NULL;
    for (size_t i = 0; !why && i < view->n; i++) {
        if (in_scope(view->v[i], scope)) {
            why = view->v[i]->err;
        }
    }
    if (!why) {
        return 0;
    }
    if (err) {
        *err = *why;
    }
    return -(int)why->code;
}

bool nx_scope_hint_unread(const struct nx_view *view, struct nx_scope scope, struct nx_err *err)
{
    bool all;
    const struct nx_shown *store = unread_store(view, scope, &all);
    if (store) {
        nx_err_hint(err, "the store `%s` could not be read: %s", store->store->name, store->problem);
    }
    return store != NULL;
}

int nx_workspaces_ambiguous(const struct nx_view *view, size_t first, size_t n, struct nx_err *err)
{
    enum { ROOM = NX_ERR_WHY / 2 };
    char shown[128];
    struct nx_strbuf b;
    size_t i = 0;
    nx_strbuf_init(&b, 0);
    for (; i < n && b.n < ROOM; i++) {
        nx_strbuf_addf(&b, "\n  %s:%s", view->v[first + i]->store->name, view->v[first + i]->name);
    }
    if (i < n) {
        nx_strbuf_addf(&b, "\n  ... and %zu more stores", n - i);
    }
    nx_words_quote(nx_slice_of(view->v[first]->name), shown, sizeof(shown));
    int rc = nx_fail(err, NX_EAMBIGUOUS, NULL, "%zu stores have a workspace `%s`:%s", n, shown,
                     b.failed || !b.p ? "" : b.p);
    nx_err_hint(err, "name the store too: STORE:NAME");
    nx_strbuf_fini(&b);
    return rc;
}

static bool has_store(const struct nx_view *view, const char *name)
{
    for (size_t i = 0; i < view->stores_n; i++) {
        if (strcmp(view->stores[i].store->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int no_store(const struct nx_view *view, const char *name, struct nx_err *err)
{
    struct nx_strbuf b;
    char shown[128];
    nx_strbuf_init(&b, 0);
    for (size_t i = 0; i < view->stores_n && b.n < NX_ERR_HINT / 2; i++) {
        nx_strbuf_addf(&b, "%s%s", i > 0 ? ", " : "", view->stores[i].store->name);
    }
    nx_words_quote(nx_slice_of(name), shown, sizeof(shown));
    int rc = nx_fail(err, NX_ENOTFOUND, NULL, "no store `%s`", shown);
    nx_err_hint(err, "there %s %s", view->stores_n == 1 ? "is" : "are", b.failed || !b.p ? "others" : b.p);
    nx_strbuf_fini(&b);
    return rc;
}

int nx_scope_find(const struct nx_view *view, struct nx_scope scope, const struct nx_workspace **ret,
                  struct nx_err *err)
{
    size_t first = 0, n = 0;
    *ret = NULL;
    if (scope.store && !has_store(view, scope.store)) {
        return no_store(view, scope.store, err);
    }
    for (size_t i = 0; scope.workspace && i < view->n; i++) {
        if (in_scope(view->v[i], scope)) { /* those of one name stand together */
            first = n == 0 ? i : first;
            n++;
        }
    }
    if (n > 1) {
        return nx_workspaces_ambiguous(view, first, n, err);
    }
    if (scope.workspace && n == 0) {
        char shown[128];
        nx_words_quote(nx_slice_of(scope.workspace), shown, sizeof(shown));
        int rc = nx_scope_reason(view, scope, err);
        return rc < 0 ? rc
                      : nx_fail(err, NX_ENOTFOUND, NULL, "no workspace `%s` in the store%s", shown,
                                view->stores_n == 1 ? "" : "s");
    }
    *ret = n == 1 ? view->v[first] : NULL;
    return 0;
}

size_t nx_workspaces_of_dir(const struct nx_view *view, const char *dir, size_t *ret_first)
{
    /* nextest's own way: the folder is found by the encoded path, so a cut name needs no decoding. */
    size_t found = 0;
    char *path = strdup(dir);
    size_t n = path ? strlen(path) : 0;
    while (n > 0 && found == 0) {
        while (n > 1 && path[n - 1] == '/') {
            path[--n] = '\0';
        }
        char *name = nx_workspace_encode(path);
        found = name ? nx_view_named(view, name, ret_first) : 0;
        free(name);
        while (n > 0 && path[n - 1] != '/') {
            path[--n] = '\0';
        }
        if (n == 1) { /* the root itself, once */
            char *root = found ? NULL : nx_workspace_encode("/");
            found = root ? nx_view_named(view, root, ret_first) : found;
            free(root);
            break;
        }
    }
    free(path);
    return found;
}
