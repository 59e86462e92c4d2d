/*
 * One workspace's runs, as a view holds them: read once, then shared between views by counted references.
 *
 * Only catalog/view.c uses this. Any thread.
 */
#ifndef NX_CATALOG_SHELF_H
#define NX_CATALOG_SHELF_H

#include "catalog/view.h"

struct nx_shelf;

/* What it is of. Borrowed for the call, but for the store. */
struct nx_shelf_of {
    const struct nx_store *store;
    const char *name;     /* encoded */
    const char *runs_dir; /* nextest's; need not be there */
    const char *kept_dir; /* the archive's, or NULL; need not be there */
};

/* Reads the workspace's lists, or shares `old` (borrowed, may be NULL) where their files are the same. A
 * list that cannot be read leaves the runs of `old`, and a problem. Returns one reference; fails only with
 * NX_ENOMEM. */
NX_MUST_USE int nx_shelf_take(const struct nx_shelf_of *of, struct nx_shelf *old, unsigned wait_ms,
                              struct nx_shelf **ret);
struct nx_shelf *nx_shelf_ref(struct nx_shelf *s);
void nx_shelf_unref(struct nx_shelf *s); /* takes NULL */
const struct nx_workspace *nx_shelf_workspace(const struct nx_shelf *s);

/* Copies an error for keeping, and its text. Both returned owned. */
NX_MUST_USE int nx_problem_new(const struct nx_err *e, char **ret_text, struct nx_err **ret);

#endif
