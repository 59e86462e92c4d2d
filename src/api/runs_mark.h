/*
 * Filters of runs that only the index can tell: profile, and a test that they have. For src/api alone.
 */
#ifndef NX_API_RUNS_MARK_H
#define NX_API_RUNS_MARK_H

#include "api/runs.h"

/* Marks in *ret (owned, free(); one a row of view->by_start) the runs of the scope that have the query's profile and test.
 * Of those that start behind `from` (NULL: from the newest on), at least the first q->limit + 1 that pass the
 * query's other filters too; of those at `from`, all; of those before it, perhaps none. */
NX_MUST_USE int nx_runs_mark(const struct nx_world *w, struct nx_scope scope,
                             const struct nx_runs_query *q, const struct nx_instant *from, bool **ret,
                             struct nx_err *err);

/* The tests that `words` mean, as ids in the index (owned, free()): `binary name`, else every one of that
 * name. */
NX_MUST_USE int nx_runs_tests(const struct nx_world *w, const char *words, int64_t **ret, size_t *ret_n,
                              struct nx_err *err);

#endif
