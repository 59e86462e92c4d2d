/*
 * What runs exist: an immutable picture of one or more state directories, taken at one moment.
 *
 * The daemon takes a new one when something changed and swaps it in; nxctl takes one per command. Counted
 * references (atomic): readers on any thread keep the picture that they started with. Taking one reads run lists only
 * (and, for workspaces whose folder name was cut, one store.zip each); no run log is opened. Given the previous
 * view, a workspace whose list is unchanged (same inode, size, mtime) is taken over without reading.
 */
#ifndef NX_CATALOG_VIEW_H
#define NX_CATALOG_VIEW_H

#include "store/run.h"

struct nx_workspace {
    char *name;        /* encoded folder name: its id in the API */
    char *path;        /* the workspace's path; for a cut name that no recording explains, NULL */
    char *runs_dir;
    struct nx_run **v; /* newest start first (ties: by id, greater first) */
    size_t n;
    char *problem;     /* why its list could not be read (then it shows the last good runs, or none), or NULL */
    bool newer;        /* list of a newer format */
};

struct nx_view {
    char *state_dir;
    const struct nx_workspace *const *v; /* in byte order of name */
    size_t n;
    char *problem;     /* e.g. no such directory; NULL if fine */
};

/* Takes a picture. `prev` (borrowed, may be NULL) is reused where unchanged. `lock_wait_ms` as in
 * store/runlist.h. Fails only with NX_ENOMEM; anything else is a `problem` in the view. Returns one reference. */
NX_MUST_USE int nx_view_take(const char *state_dir, const struct nx_view *prev, unsigned lock_wait_ms,
                             struct nx_view **ret, struct nx_err *err);
struct nx_view *nx_view_ref(struct nx_view *v);
void nx_view_unref(struct nx_view *v); /* takes NULL */

#endif
