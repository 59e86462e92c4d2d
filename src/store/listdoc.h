/*
 * A run list as text: what nextest wrote of each run, byte for byte, so that it can stand in another list.
 *
 * For the lists of nxtrace's own archives (archive/archive.h), which nextest is to read as its own. Every run
 * is checked as store/runlist.h checks it, and its text is kept, with members that nobody here knows. The
 * same goes for the list's other members. Texts are slices of the document's memory. Any thread; a value for
 * one at a time.
 */
#ifndef NX_STORE_LISTDOC_H
#define NX_STORE_LISTDOC_H

#include "base/slice.h"
#include "store/run.h"

struct nx_listed {
    char id[37];
    bool ended;
    uint64_t log_bytes, store_bytes; /* as compressed, by its sizes; 0 until it has ended */
    struct nx_slice text;            /* one JSON object */
};

struct nx_listdoc {
    uint32_t format_version; /* 0 for a missing list */
    struct nx_listed *v;     /* in file order */
    size_t n;
    const struct nx_listed **by_id; /* for nx_listdoc_find() */
    char *extra;                    /* the other members, each ending in a comma and a newline; owned */
    char *text;                     /* what the slices point into; owned, NULL for a missing list */
};

/* Reads it, with the lock of store/lock.h; `locked`: the caller holds the lock. Errors as nx_runlist_read().
 */
NX_MUST_USE int nx_listdoc_read(const char *runs_dir, unsigned wait_ms, bool locked, struct nx_listdoc *ret,
                                struct nx_err *err);
void nx_listdoc_fini(struct nx_listdoc *d);

/* The first of that id, borrowed, or NULL. */
const struct nx_listed *nx_listdoc_find(const struct nx_listdoc *d, const char *id);

/* Writes `runs_dir`/runs.json.zst as nextest does, of d->extra and d->v (whose texts may belong to other
 * documents): beside it, synced, renamed, the folder synced. The version is d's, at least the one that
 * nextest writes today. The caller holds the exclusive lock. NX_EWRITE; the old list is then still there. */
NX_MUST_USE int nx_listdoc_write(const char *runs_dir, const struct nx_listdoc *d, struct nx_err *err);

#endif
