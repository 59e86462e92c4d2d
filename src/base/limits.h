/*
 * Limits on everything that comes out of a file, from limits.def.
 *
 * NX_LIMIT_<name> is the value, nx_limit_fail() the one way to report that it was passed.
 */
#ifndef NX_BASE_LIMITS_H
#define NX_BASE_LIMITS_H

#include "base/err.h"

enum nx_limit {
#define NX_LIMIT(name, value, text) NX_LIM_##name,
#include "base/limits.def"
#undef NX_LIMIT
    NX_LIM_COUNT
};

/* The value of a limit, in the unit that its text names. Any thread. */
uint64_t nx_limit_value(enum nx_limit which);

/* What a limit is on, for example "length of a run log line in bytes". Static. */
const char *nx_limit_text(enum nx_limit which);

/* Fills `err` with NX_ELIMIT, naming the limit and its value; returns -NX_ELIMIT.
 * Borrows `object` (the file's path, or NULL). */
int nx_limit_fail(struct nx_err *err, enum nx_limit which, const char *object);

#endif
