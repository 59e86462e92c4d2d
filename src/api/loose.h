/*
 * Portable recordings as runs: each is put into an index in memory, and then found by the path that it was
 * opened by.
 */
#ifndef NX_API_LOOSE_H
#define NX_API_LOOSE_H

#include "api/world.h"
#include "recording/recording.h"

struct nx_loose {
    const char *path;         /* what selects it; borrowed */
    struct nx_recording *rec; /* owned */
    int64_t workspace;        /* its own, in the index */
};

/* Opens a portable recording ("-": standard input) and reads it into the index. `nth` tells several in one
 * index apart. */
NX_MUST_USE int nx_loose_open(struct nx_loose *l, struct nx_index *ix, const char *path, size_t nth,
                              struct nx_err *err);
void nx_loose_close(struct nx_loose *l);

/* The one that a selector names, or NULL. */
const struct nx_loose *nx_loose_find(const struct nx_world *w, struct nx_slice selector);
/* The one that a run of the index is, or NULL. */
const struct nx_loose *nx_loose_of(const struct nx_world *w, const struct nx_found *run);

#endif
