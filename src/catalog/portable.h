/*
 * A portable recording in an index in memory, as a run of a workspace of its own.
 */
#ifndef NX_CATALOG_PORTABLE_H
#define NX_CATALOG_PORTABLE_H

#include "index/index.h"
#include "recording/recording.h"

/* Reads its log into the index. The workspace is named `name` in a store `store`, which no real store is
 * called. A log that cannot be read to its end is read as far as it goes. */
NX_MUST_USE int nx_portable_absorb(struct nx_index *ix, const char *store, const char *name,
                                   struct nx_recording *rec, int64_t *ret_workspace, struct nx_err *err);

#endif
