/*
 * Keeps recordings that nextest would prune, and lets kept ones go: a thread of its own, behind the views
 * that the loop hands over (catalog/keep.h does the work).
 *
 * The archives are <state dir>/kept/<store's name>. One that cannot be taken or written is tried again with
 * the next view; a stop is heeded between two recordings. What it did is logged, a line a batch.
 */
#ifndef NXD_KEEPER_H
#define NXD_KEEPER_H

#include <stdbool.h>
#include <uv.h>

#include "archive/retain.h"
#include "catalog/view.h"

struct indexer;
struct live;
struct keeper;

struct keeper_opts {
    const struct nx_store *stores; /* borrowed; those without `kept` are passed over */
    size_t stores_n;
    bool copy; /* --keep-recordings; without it archives that are there are kept in bounds */
    struct nx_retain retain;
    struct indexer *indexer; /* borrowed, may be NULL; closed after the keeper */
};

/* `changed` is called on the loop when a list was written. Returns owned. NX_ENOMEM. */
NX_MUST_USE int keeper_open(uv_loop_t *loop, const struct keeper_opts *o, void (*changed)(void *arg),
                            void *arg, struct keeper **ret, struct nx_err *err);

/* Hands a view over (takes a reference of its own), and which of its runs will not end any more. On the loop.
 */
void keeper_offer(struct keeper *k, struct nx_view *view, const struct live *live);

/* Does it want to be offered the view again: because something failed, or because runs have become older? On
 * the loop. */
bool keeper_wants(struct keeper *k);

/* Stops the thread (it ends after the recording in hand; waits for it) and closes its handle. The memory goes
 * when the loop has closed the handle. Takes NULL. */
void keeper_close(struct keeper *k);

#endif
