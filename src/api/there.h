/*
 * Which of the index's runs the view shows. The view is right: the index may be behind what is on disk. For src/api
 * alone.
 */
#ifndef NX_API_THERE_H
#define NX_API_THERE_H

#include "api/world.h"

struct nx_there {
    const struct nx_view *view; /* borrowed */
    struct nx_scope scope;
    struct nx_there_ws {
        int64_t id;
        const struct nx_workspace *ws;
    } *v; /* owned: the workspaces of the scope that index and view both have */
    size_t n;
};

/* nx_there_fini() also after failure (of the index, or NX_ENOMEM). */
NX_MUST_USE int nx_there_init(struct nx_there *t, const struct nx_world *w, struct nx_scope scope, struct nx_err *err);
void nx_there_fini(struct nx_there *t);

/* The view's run that is this one of the index, or NULL. */
const struct nx_run *nx_there_run(const struct nx_there *t, int64_t workspace, const char *uuid);

/* Is this run of the index on disk? Where a list or a whole store cannot be read, the view cannot tell what has gone,
 * and the index is believed. */
bool nx_there_on_disk(const struct nx_there *t, const struct nx_run_row *row);
bool nx_there_tells(const struct nx_view *view);

#endif
