/*
 * Members of nextest's JSON documents, by serde's rules: a member that is there twice is an error, one that
 * nobody knows is passed over, and a struct may also be written as an array of its members in order (hence
 * `place`).
 *
 * On failure each returns -NX_EFORMAT and names the member. Any thread.
 */
#ifndef NX_STORE_FIELDS_H
#define NX_STORE_FIELDS_H

#include <stdbool.h>

#include "base/err.h"

struct cJSON;

/* Is it an object, or an array that stands for one? `what` names it. */
NX_MUST_USE int nx_fields_of(const struct cJSON *v, const char *what, struct nx_err *err);

/* The member, or *ret NULL where it is not there and not required. Borrowed. */
NX_MUST_USE int nx_field(const struct cJSON *obj, int place, const char *name, bool required,
                         const struct cJSON **ret, struct nx_err *err);

/* A member that is a whole number of at most max; *ret is untouched where it is not there. */
NX_MUST_USE int nx_field_u64(const struct cJSON *obj, int place, const char *name, bool required,
                             uint64_t max, uint64_t *ret, struct nx_err *err);

#endif
