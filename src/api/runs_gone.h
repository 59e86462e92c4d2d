/*
 * Runs that nextest has pruned, as the index remembers them: in one list with those that are still there, or one
 * by its id.
 */
#ifndef NX_API_RUNS_GONE_H
#define NX_API_RUNS_GONE_H

#include "api/runs.h"

struct nx_gone {
    struct gone_run *v; /* owned */
    size_t n, cap;
    struct gone_ws *ws; /* the index's workspaces of the scope, owned */
    size_t ws_n;
    struct nx_row *rows; /* all: owned; what they point to is the view's, or ours */
    size_t rows_n;
};

/* Reads the pruned runs of the scope that q asks for (as nx_runs_mark()'s, of those behind `from` not all), and puts them
 * among the view's rows; of these only the marked ones, where `marked` is not NULL. nx_gone_fini() also after
 * failure. */
NX_MUST_USE int nx_gone_read(const struct nx_world *w, struct nx_scope scope,
                             const struct nx_runs_query *q, const struct nx_instant *from, const bool *marked,
                             struct nx_gone *ret, struct nx_err *err);
/* One run that the view does not show, by its whole id: a pick whose workspace and run live as long as *ret.
 * NX_ENOTFOUND where the index has none either; NX_EAMBIGUOUS where it was in two workspaces. */
NX_MUST_USE int nx_gone_pick(const struct nx_world *w, struct nx_scope scope, const char *uuid, struct nx_gone *ret,
                             struct nx_pick *ret_pick, struct nx_err *err);
void nx_gone_fini(struct nx_gone *g);

/* Is it one of the pruned ones? */
bool nx_gone_has(const struct nx_gone *g, const struct nx_run *run);

#endif
