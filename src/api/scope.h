/*
 * Where to look for runs: in all stores, in one, or in one workspace. Any thread.
 */
#ifndef NX_API_SCOPE_H
#define NX_API_SCOPE_H

#include "catalog/view.h"

/* A set of workspaces to choose from: all of them, those of a store, or one. Borrows both. */
struct nx_scope {
    const char *workspace; /* `NAME` or `STORE:NAME`, the encoded name; NULL: all. nextest encodes a colon, and a
                            * store's name has none */
    const char *store;     /* name of a store; NULL: any */
};

/* May workspaces of the store be in the scope? */
bool nx_scope_reaches(struct nx_scope scope, const char *store);

/* Is the workspace `name` of `store` in the scope? */
bool nx_scope_has(struct nx_scope scope, const char *store, const char *name);

/* The scope that is this workspace alone. */
struct nx_scope nx_scope_of(const struct nx_workspace *ws);

/* The workspace that a scope names: *ret, or NULL where it names none. NX_ENOTFOUND where there is none of that
 * name, or no such store; NX_EAMBIGUOUS where several stores have one (the text lists them as `STORE:NAME`). */
NX_MUST_USE int nx_scope_find(const struct nx_view *view, struct nx_scope scope,
                              const struct nx_workspace **ret, struct nx_err *err);

/* The workspace that `dir` (canonical) lies in: the one with the longest path that is dir or an ancestor of
 * it. Several stores may have it: how many do, and the place in view->v of the first. */
size_t nx_workspaces_of_dir(const struct nx_view *view, const char *dir, size_t *ret_first);

/* NX_EAMBIGUOUS, naming the n workspaces from view->v[first] on, which have the same name. */
NX_MUST_USE int nx_workspaces_ambiguous(const struct nx_view *view, size_t first, size_t n,
                                        struct nx_err *err);

/* Why a run may be missing from the view: the scope's stores, or one of its workspaces, could not be read. Of
 * several stores the others go on. Copies that error and returns its code, or 0. */
int nx_scope_reason(const struct nx_view *view, struct nx_scope scope, struct nx_err *err);

/* Perhaps what is looked for is in a store that could not be read: then a hint says so, and true. */
bool nx_scope_hint_unread(const struct nx_view *view, struct nx_scope scope, struct nx_err *err);

#endif
