/*
 * The daemon's index: one thread writes it, behind the views that the loop hands over; questions read it on
 * the pool.
 *
 * The writer works on the newest view only: what came in between is in it anyway. Readers borrow a
 * connection each, and never wait for the writer (WAL). A stop is heeded between two runs.
 */
#ifndef NXD_INDEXER_H
#define NXD_INDEXER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "api/world.h"
#include "archive/retain.h"

struct indexer;

struct indexer_state { /* as of the last reconcile */
    uint64_t generation; /* counts reconciles that changed something; 0: none was finished yet */
    uint64_t read, executions, bad; /* since the start */
    bool busy;
    struct nx_err err;   /* of the last reconcile, or what it has to tell; code NX_OK for nothing */
};

/* Opens `dir`/index.db (the folder is made as needed) and starts the writer. `changed` is called on the loop
 * after each reconcile that changed something or failed. *ret_aside (owned, free(), may be NULL): a damaged
 * file was put there. */
NX_MUST_USE int indexer_open(uv_loop_t *loop, const char *dir, void (*changed)(void *arg), void *arg,
                             struct indexer **ret, char **ret_aside, struct nx_err *err);

/* The place by the usual rules: $STATE_DIRECTORY, else $XDG_STATE_HOME/nxtrace, else ~/.local/state/nxtrace.
 * Owned. */
NX_MUST_USE int indexer_default_dir(char **ret, struct nx_err *err);

/* Hands a view over; takes a reference of its own. On the loop. */
void indexer_offer(struct indexer *ix, struct nx_view *view);

/* What retention lets go of the history, from the next view on. */
void indexer_retain(struct indexer *ix, const struct nx_retain *retain);

/* Does it want to be offered the view again: because something failed, or because runs have become older? On the
 * loop. */
bool indexer_wants(struct indexer *ix);

/* Stops the writer (it ends after the run in hand; waits for it) and closes its handle; all connections must
 * have been given back. The memory goes when the loop has closed the handle. Takes NULL. */
void indexer_close(struct indexer *ix);

/* A reading connection; any thread. Give it back with `damaged` when a query said NX_EFORMAT. */
NX_MUST_USE int indexer_borrow(struct indexer *ix, struct nx_index **ret, struct nx_err *err);
void indexer_return(struct indexer *ix, struct nx_index *conn, bool damaged);

/* Any thread. */
struct indexer_state indexer_look(struct indexer *ix);

#endif
