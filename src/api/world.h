/*
 * What questions about executions are asked of: a picture of the stores, and the index beside it.
 *
 * Both are borrowed for a call. The daemon hands in its view and a reading connection; nxctl a view and either the daemon's index file
 * or one of its own in memory, filled as deep as the question needs (nx_world_fill()).
 */
#ifndef NX_API_WORLD_H
#define NX_API_WORLD_H

#include "api/select.h"
#include "catalog/reconcile.h"
#include "index/index.h"

struct nx_loose;

struct nx_world {
    const struct nx_view *view;
    struct nx_index *ix;
    const struct nx_loose *loose; /* portable recordings that were put into the index, see api/loose.h; else NULL */
    size_t loose_n;
};

/* A run in the index: what answers need of its row, owned (nx_found_fini()). */
struct nx_found {
    int64_t id, workspace, started; /* ns since 1970 */
    char uuid[37];
    char *status, *profile;         /* profile NULL: not known */
    char *ws_store, *ws_name, *ws_path; /* ws_path NULL: not known; all NULL: a portable recording */
    enum nx_depth depth;
    bool on_disk, stress;
    struct nx_tally tally;
    int64_t first_failure;
    uint64_t scripts, scripts_failed, bad_lines;
};

/* The run that a selector means, on disk or only in the index (then by its whole id). NX_EBUSY when its log has not been read yet,
 * NX_EGONE when it never can be; else as nx_select(). */
NX_MUST_USE int nx_world_run(const struct nx_world *w, struct nx_scope scope, struct nx_slice selector,
                             struct nx_found *ret, struct nx_err *err);
void nx_found_fini(struct nx_found *f);

/* The row's workspace is a portable recording, which is in no store: api/loose.h. */
bool nx_world_portable(const struct nx_workspace_row *row);

/* Fills an index in memory as deep as `selectors` (ending in NULL) need, or, with none, with the newest `runs` runs (0: all) of the
 * scope. */
NX_MUST_USE int nx_world_fill(const struct nx_world *w, struct nx_scope scope, const char *const *selectors, size_t runs,
                              int (*step)(void *arg, const struct nx_run *run), void *arg, struct nx_err *err);

/* The id of the scope's workspace in the index, which may be one that only the index knows; 0 for all. NX_ENOTFOUND,
 * NX_EAMBIGUOUS, NX_EBUSY. */
NX_MUST_USE int nx_world_workspace(const struct nx_world *w, struct nx_scope scope, int64_t *ret, struct nx_err *err);

#endif
