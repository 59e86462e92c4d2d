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

#include "api/scope.h"

struct nx_pick { /* borrowed from the view */
    const struct nx_workspace *ws;
    const struct nx_run *run;
};

bool nx_selector_is_path(const char *selector);

/* Is it a run's whole id? That is copied as ids are written: in lower case. */
enum { NX_RUN_ID = 37 };
bool nx_selector_is_whole(struct nx_slice selector, char ret[static NX_RUN_ID]);

/* NX_ESELECTOR, NX_ENORUNS, NX_ENOTFOUND (no such run; no such workspace), NX_EAMBIGUOUS (the text lists up
 * to 8 candidates with status, start and workspace). A run id that is in two workspaces of the scope is
 * ambiguous too, and so is the name of a workspace that two stores have. */
NX_MUST_USE int nx_select(const struct nx_view *view, struct nx_scope scope, struct nx_slice selector,
                          struct nx_pick *ret, struct nx_err *err);

#endif
