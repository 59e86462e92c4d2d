/*
 * A workspace's runs: nextest's list, and behind it what only the archive has (store, archive/archive.h).
 *
 * A run that is in both is nextest's. Lists and what is made of two of them are shared between views by
 * counted references. Only catalog/shelf.c uses this. Any thread.
 */
#ifndef NX_CATALOG_MERGE_H
#define NX_CATALOG_MERGE_H

#include <stdatomic.h>

#include "store/runlist.h"

/* One list, as it was read. */
struct nx_part {
    atomic_size_t refs;
    struct nx_runlist list;
};

/* Takes the list, also on failure. `kept`: it is an archive's, and so are its runs from now on. NULL: no
 * memory. */
struct nx_part *nx_part_new(struct nx_runlist *list, bool kept);
struct nx_part *nx_part_ref(struct nx_part *p);
void nx_part_unref(struct nx_part *p); /* takes NULL */

struct nx_merged {
    atomic_size_t refs;
    struct nx_part *own, *kept;
    const struct nx_run *list; /* the archive's first, then nextest's, each in the order of its file */
    size_t n;
    const struct nx_run **sorted; /* newest start first; ties: greater id */
    const struct nx_run *latest;  /* of equal starts the last of `list` */
    struct nx_run *joined;        /* owned; its runs point at what the parts own; NULL: list is nextest's */
};

/* Returns one reference, and has its own to both. NULL: no memory. */
struct nx_merged *nx_merged_new(struct nx_part *own, struct nx_part *kept);
struct nx_merged *nx_merged_ref(struct nx_merged *m);
void nx_merged_unref(struct nx_merged *m); /* takes NULL */

#endif
