/*
 * Names of tests, to order answers by: ids depend on the index that gave them, names do not. For src/api alone.
 */
#ifndef NX_API_NAMES_H
#define NX_API_NAMES_H

#include "base/arena.h"
#include "index/index.h"

/* The names of a test, copied into the arena. */
NX_MUST_USE int nx_names_get(struct nx_index *ix, int64_t test, struct nx_arena *arena, struct nx_test_row *ret,
                             struct nx_err *err);

/* By binary, then by name, as bytes. */
int nx_names_cmp(const struct nx_test_row *a, const struct nx_test_row *b);

#endif
