/*
 * Makes the index equal to what is on disk. Idempotent: a second call with nothing new reads no recording.
 *
 * A workspace is known by its name and its store's; a store that got another name, by its folder. A run is
 * told by its list entry and its log's size and mtime. Ended runs are read once; a run that goes on, or was
 * killed, is read again when its log has grown (or, given `growing`, read on). What is no longer listed, or of a store that is not given any
 * more, stays as history, marked.
 * Every run is a transaction of its own, so a stop or a kill at any moment loses at most the run in hand. Bad
 * recordings are counted, not fatal. One thread: the index's writer.
 */
#ifndef NX_CATALOG_RECONCILE_H
#define NX_CATALOG_RECONCILE_H

#include "catalog/view.h"
#include "index/index.h"

struct nx_growing;

struct nx_reconcile_opts {
    const struct nx_workspace *workspace; /* only this one of the view's; NULL: all */
    const char *const *runs; /* only these runs (ids), ending in NULL; NULL: all */
    size_t newest;           /* only so many of the newest runs of each workspace; 0: all */
    bool listed_only;        /* list entries alone, no logs */
    struct nx_growing *growing; /* logs that go on stay open in it, catalog/growing.h; NULL: each is read anew */
    int (*step)(void *arg,
                const struct nx_run *run); /* before each run that is read; not 0: stop. May be NULL */
    void *arg;
    struct nx_err
        *refused; /* gets the first log that the system refused to read, code NX_OK for none; may be NULL */
};

struct nx_reconciled {
    uint64_t read;      /* logs read */
    uint64_t executions; /* rows written */
    uint64_t changed;   /* runs new or with a new list entry */
    uint64_t gone;      /* runs newly marked as no longer on disk */
    uint64_t bad;       /* runs whose log could not be read to its end, or not at all */
    uint64_t
        refused; /* those of them that the system refused to read (NX_EIO): they are tried again next time */
    bool stopped;
};

/* Fails only for the index's sake (NX_EWRITE, NX_EFORMAT, NX_ENOMEM, NX_ELOCKED). */
NX_MUST_USE int nx_reconcile(struct nx_index *ix, const struct nx_view *view,
                             const struct nx_reconcile_opts *opts, struct nx_reconciled *ret,
                             struct nx_err *err);

#endif
