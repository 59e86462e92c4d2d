/*
 * Names, each once, by number in order of first sight: what a document that names its tests in a table is made with.
 *
 * A name belongs to an owner (a test's to its binary); the same text of two owners is two names. Names are copied.
 * For src/api alone; one thread.
 */
#ifndef NX_API_INTERNED_H
#define NX_API_INTERNED_H

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct interned_name {
    uint32_t owner;
    struct nx_slice text;
    uint64_t hash;
};

struct interned {
    struct interned_name *v;
    uint32_t n, cap;
    uint32_t *at; /* open addressing: number + 1, or 0 */
    uint32_t mask;
    uint64_t seed;
    struct nx_arena texts;
};

void interned_init(struct interned *t);
void interned_fini(struct interned *t);

/* NX_ENOMEM. *ret is its number. */
NX_MUST_USE int interned_add(struct interned *t, uint32_t owner, struct nx_slice text, uint32_t *ret, struct nx_err *err);

#endif
