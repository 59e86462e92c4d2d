/*
 * What nxtrace holds of a workspace's runs that nextest no longer has: kept recordings, and the index's
 * history.
 *
 * Used by catalog/keep.c and forget.c. One thread.
 */
#ifndef NX_CATALOG_HELD_H
#define NX_CATALOG_HELD_H


#include "archive/retain.h"
#include "base/arena.h"
#include "catalog/view.h"
#include "index/index.h"

struct held {
    struct nx_held *v;
    size_t n, cap;
    struct nx_arena ids;
};

/* Gathers both. `ws` NULL: nextest has no such workspace, nor the archive. `ix` NULL: there is no index;
 * `workspace`: its id of it, 0: it has none. */
NX_MUST_USE int held_gather(struct held *h, const struct nx_workspace *ws, struct nx_index *ix,
                            int64_t workspace, struct nx_err *err);
void held_fini(struct held *h);

/* Bytes of a run's recording, by its list entry; of one without an end by what lies there. */
uint64_t held_bytes(const struct nx_workspace *ws, const struct nx_run *run);

/* The workspaces that the index knows. */
struct held_workspace {
    int64_t id;
    char *store, *name; /* owned */
};
struct held_workspaces {
    struct held_workspace *v;
    size_t n, cap;
};
NX_MUST_USE int held_workspaces(struct nx_index *ix, struct held_workspaces *ret, struct nx_err *err);
void held_workspaces_fini(struct held_workspaces *w);
int64_t held_workspace_id(const struct held_workspaces *w, const struct nx_workspace *ws); /* 0: none */

#endif
