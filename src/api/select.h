/*
 * Selectors: which run is meant.
 *
 * As nextest's (nextest-runner/src/record/run_id_index.rs): `latest` (the newest start, incomplete runs
 * included), a full UUID, or an unambiguous prefix (hex digits and dashes, case ignored). Paths are the
 * caller's business: nx_selector_is_path() tells them apart by nextest's rule (ends in .zip, or contains a
 * path separator).
 */
#ifndef NX_API_SELECT_H
#define NX_API_SELECT_H

#include "catalog/view.h"

/* A set of workspaces to choose from: all of them, those of a store, or one. Borrows both. */
struct nx_scope {
    const char *workspace; /* `NAME` or `STORE:NAME`, the encoded name; NULL: all. nextest encodes a colon, and a
                            * store's name has none */
    const char *store;     /* name of a store; NULL: any */
};

/* Is the workspace `name` of `store` in the scope? */
bool nx_scope_has(struct nx_scope scope, const char *store, const char *name);

/* The scope that is this workspace alone. */
struct nx_scope nx_scope_of(const struct nx_workspace *ws);

struct nx_pick { /* borrowed from the view */
    const struct nx_workspace *ws;
    const struct nx_run *run;
};

bool nx_selector_is_path(const char *selector);

/* NX_ESELECTOR, NX_ENORUNS, NX_ENOTFOUND (no such run; no such workspace), NX_EAMBIGUOUS (the text lists up
 * to 8 candidates with status, start and workspace). A run id that is in two workspaces of the scope is
 * ambiguous too, and so is the name of a workspace that two stores have. */
NX_MUST_USE int nx_select(const struct nx_view *view, struct nx_scope scope, struct nx_slice selector,
                          struct nx_pick *ret, struct nx_err *err);

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

#endif
