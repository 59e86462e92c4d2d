/*
 * Keeps what nextest would prune: copies recordings into the archives of their stores, and lets go what
 * retention says.
 *
 * Of each workspace the runs that have ended, or that will not end any more, are copied as soon as they are
 * seen; the copies show only when nextest's list no longer has them (catalog/view.h). What would go at once
 * is not copied. Lists are written once per batch. Retention is for runs that nextest no longer has: where
 * its list cannot be read, or its store is away, nothing goes. A recording that is not whole is not kept, and
 * not tried again before its list entry changes. One thread, which holds the archives (archive/archive.h).
 */
#ifndef NX_CATALOG_KEEP_H
#define NX_CATALOG_KEEP_H

#include "archive/retain.h"
#include "catalog/view.h"
#include "index/index.h"

enum { NX_KEEP_QUIET_S = 3600 /* a run without an end whose log has not changed for so long is over */ };

/* What one batch did to a workspace. */
struct nx_keep_batch {
    const struct nx_workspace *ws;
    uint64_t kept, bytes;               /* copied */
    uint64_t shared;                    /* of them, without writing a block */
    uint64_t relisted;                  /* entries brought up to date */
    uint64_t missed;                    /* pruned by nextest before they could be copied */
    uint64_t bad;                       /* not whole */
    uint64_t removed[4], removed_bytes; /* by enum nx_goes */
    struct nx_err err; /* the first that could not be copied, or why nothing could; code NX_OK for none */
};

/* Recordings that were found not to be whole, by id and when they were last written. */
struct nx_keep_bad {
    struct nx_bad_run {
        char id[37];
        int64_t last_written;
    } * v;
    size_t n, cap;
};
void nx_keep_bad_fini(struct nx_keep_bad *b);

struct nx_keep_opts {
    const bool *taken; /* of each store: is its archive ours to write? Others are passed over */
    bool copy;         /* false: nothing is copied, and what is held goes all the same */
    struct nx_retain retain;
    int64_t now;             /* ns since 1970 */
    struct nx_keep_bad *bad; /* kept from call to call */
    struct nx_index *index;  /* what is known of pruned runs counts too; NULL: there is none */
    /* Of a run without an end: is its nextest known to be gone? */
    bool (*over)(void *arg, const struct nx_workspace *ws, const struct nx_run *run);
    int (*step)(void *arg); /* before each copy; not 0: stop */
    void (*tell)(void *arg, const struct nx_keep_batch *b);
    void *arg;
};

/* *ret_changed: was any list written? Fails where an archive cannot be written or a list not read (NX_EWRITE,
 * NX_ELOCKED, ...): the other workspaces of that store are left for the next time. NX_EIO, where a recording
 * could not be read, stops nothing else. */
NX_MUST_USE int nx_keep(const struct nx_view *view, const struct nx_keep_opts *opts, bool *ret_changed,
                        struct nx_err *err);

/* What the index's history loses by age and number, of the stores in the view. *ret_n: runs dropped. `step`
 * as above, before each. */
NX_MUST_USE int nx_forget(struct nx_index *ix, const struct nx_view *view, const struct nx_retain *retain,
                          int64_t now, int (*step)(void *arg), void *arg, uint64_t *ret_n,
                          struct nx_err *err);

#endif
