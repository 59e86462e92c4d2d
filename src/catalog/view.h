/*
 * What runs exist: an immutable picture of some recording stores, taken at one moment.
 *
 * A store may have an archive of kept recordings. What only the archive has stands in the same workspace, as a
 * run that is `kept`; a run that is in both is nextest's.
 *
 * The daemon takes a new one when something changed and swaps it in; nxctl takes one per command. Counted
 * references (atomic): readers on any thread keep the picture that they started with. Taking one reads run
 * lists only (and, for workspaces whose folder name was cut, a few store.zip); no run log is opened. Given
 * the previous view, a workspace whose list is unchanged (same device, inode, size, mtime and ctime) is
 * shared with it, unread.
 */
#ifndef NX_CATALOG_VIEW_H
#define NX_CATALOG_VIEW_H

#include "store/run.h"

/* A recording store: a state directory of nextest under a name. Views and their workspaces point at it, so it
 * outlives them. */
struct nx_store {
    const char *name;
    const char *dir;
    const char *kept; /* the archive of its kept recordings (archive/archive.h), or NULL; need not be there */
};

struct nx_workspace {
    const struct nx_store *store;
    const char *name; /* encoded folder name: with the store's name its id in the API */
    const char *path; /* the workspace's path; for a cut name that no recording explains, NULL */
    const char *runs_dir;     /* nextest's */
    const char *kept_dir;     /* the archive's, or NULL */
    const struct nx_run *const *v; /* newest start first; ties: by id, greater first */
    size_t n;
    const struct nx_run *list; /* the same n runs: those that only the archive has, then nextest's, as in their
                                * files */
    const struct nx_run *archived; /* every run of the archive, in the order of its file */
    size_t archived_n;
    const struct nx_run *latest; /* nextest's `latest`: of equal starts the last in the file; or NULL */
    const char *problem; /* why its list could not be read (then the last good runs stay), or NULL */
    const struct nx_err *err; /* the same with code and remedy; NULL when problem is */
    bool newer;               /* list of a newer format */
};

struct nx_row {
    const struct nx_workspace *ws;
    const struct nx_run *run;
};

/* How a store was found. */
struct nx_shown {
    const struct nx_store *store;
    const char *problem;      /* e.g. no such directory; NULL if fine */
    const struct nx_err *err; /* the same with code and remedy; NULL when problem is */
};

struct nx_view {
    const struct nx_shown *stores; /* as they were given */
    size_t stores_n;
    const struct nx_workspace *const *v; /* in byte order of name, then of the store's name */
    size_t n;
    const struct nx_row *by_start; /* every run, newest start first; ties: greater id, then as `v` */
    const struct nx_row *by_id; /* every run: by id, then as `v` */
    size_t runs;
    struct nx_row latest;     /* of all workspaces; NULLs when there is no run */
    const char *problem;      /* of the first store that has one; NULL if all are fine */
    const struct nx_err *err; /* the same with code and remedy; NULL when problem is */
};

/* Takes a picture of n stores, the same n in every call. `prev` (borrowed, may be NULL) is reused where
 * unchanged. `dirty` (NULL: all are) says of each store whether it is to be looked at; of others the picture
 * is as in `prev`. `lock_wait_ms` as in store/runlist.h. Fails only with NX_ENOMEM; anything else is a
 * `problem` in the view. Returns one reference. */
NX_MUST_USE int nx_view_take(const struct nx_store *stores, size_t n, const bool *dirty,
                             const struct nx_view *prev, unsigned lock_wait_ms, struct nx_view **ret,
                             struct nx_err *err);
struct nx_view *nx_view_ref(struct nx_view *v);
void nx_view_unref(struct nx_view *v); /* takes NULL */

/* The workspaces of that encoded name, one a store: how many, and the place in `v` of the first. */
size_t nx_view_named(const struct nx_view *v, const char *name, size_t *ret_first);

/* The workspace of that encoded name in the store of that name, borrowed, or NULL. */
const struct nx_workspace *nx_view_workspace(const struct nx_view *v, const char *store, const char *name);

/* Orders workspaces as `v` does, whichever views they are of. */
int nx_workspace_cmp(const struct nx_workspace *a, const struct nx_workspace *b);

/* What is wrong with the whole store of a workspace, or NULL. */
const struct nx_err *nx_view_store_err(const struct nx_view *v, const struct nx_workspace *ws);

/* The folder of a run, and its log in it. Returned owned; NULL: no memory. */
char *nx_run_dir(const struct nx_workspace *ws, const struct nx_run *run);
char *nx_run_log(const struct nx_workspace *ws, const struct nx_run *run);

/* Do both views show the same workspaces, runs and problems? (Cheap: what is shared is equal.) */
bool nx_view_same(const struct nx_view *a, const struct nx_view *b);

/* How many characters of the run's id (dashes included) tell it from every other in the view, or, given a
 * workspace, in that workspace. The whole length where the same id is there twice. */
size_t nx_view_prefix_len(const struct nx_view *v, const struct nx_workspace *ws, const struct nx_run *run);

#endif
