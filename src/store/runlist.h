/*
 * A workspace's run list: runs.json.zst, read under nextest's own lock.
 *
 * Source: nextest-runner/src/record/store.rs. The lock (store/lock.h) is taken shared, without blocking, and
 * only while the list is read; it is tried again every 10 ms until `wait_ms` have passed, then NX_ELOCKED. wait_ms 0 tries once: the caller's loop never waits. A missing list
 * is an empty one, as for nextest; so is a store that cannot be locked because it is read-only (nothing
 * writes there). A list of a newer format is read; `newer` says so. nxtrace never writes into a store, not
 * even a lock file.
 */
#ifndef NX_STORE_RUNLIST_H
#define NX_STORE_RUNLIST_H

#include "store/run.h"

struct nx_runlist {
    uint32_t format_version; /* 0 for a missing list */
    bool newer;              /* a newer format than NX_LIST_VERSION */
    struct nx_run *v;        /* in file order */
    size_t n;
};

NX_MUST_USE int nx_runlist_read(const char *runs_dir, unsigned wait_ms, struct nx_runlist *ret,
                                struct nx_err *err);
void nx_runlist_fini(struct nx_runlist *l);

/* The list's text alone: owned, followed by NX_SCAN_PAD bytes (json/scan.h); NULL for a missing list. `locked`:
 * the caller holds the lock. */
NX_MUST_USE int nx_runlist_text(const char *runs_dir, unsigned wait_ms, bool locked, char **ret, size_t *ret_n,
                                struct nx_err *err);

/* Parses an already decompressed list; `name` is for messages. */
NX_MUST_USE int nx_runlist_parse(const char *json, size_t n, const char *name, struct nx_runlist *ret,
                                 struct nx_err *err);

#endif
