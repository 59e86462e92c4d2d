/*
 * Finished traces on disk: each converted once, served by descriptor, bounded in bytes.
 *
 * A folder of our own ($CACHE_DIRECTORY, else $XDG_CACHE_HOME/nxtrace, else ~/.cache/nxtrace; or given). A
 * trace's file name is its key; it appears by rename, whole, and never changes. Past the quota the least
 * recently served goes first; a file being sent stays readable through its descriptor. Files that are not
 * ours by name are left alone; temporary files of a killed daemon are removed at opening. Thread-safe.
 */
#ifndef NX_STATE_TRACES_H
#define NX_STATE_TRACES_H

#include <stdbool.h>

#include "base/err.h"

struct nx_traces;

/* Creates the folder as needed (mode 0700). quota in bytes. */
NX_MUST_USE int nx_traces_open(const char *dir, uint64_t quota, struct nx_traces **ret, struct nx_err *err);
void nx_traces_close(struct nx_traces *t);

/* The default folder by the rules above. Returns owned. */
NX_MUST_USE int nx_traces_default_dir(char **ret, struct nx_err *err);

/* Opens the file of `key` ([A-Za-z0-9._-], at most 200 bytes) for reading: a descriptor owned by the
 * caller and its size; marks it served. NX_ENOTFOUND. */
NX_MUST_USE int nx_traces_get(struct nx_traces *t, const char *key, int *ret_fd, uint64_t *ret_size,
                              struct nx_err *err);

/* Starts a file: a writable descriptor (owned by the caller) and a token; then put (renames it in, evicts)
 * or drop. */
struct nx_traces_new;
NX_MUST_USE int nx_traces_begin(struct nx_traces *t, const char *key, struct nx_traces_new **ret, int *ret_fd,
                                struct nx_err *err);
/* Both take `n`. The caller's descriptor stays valid. */
NX_MUST_USE int nx_traces_put(struct nx_traces *t, struct nx_traces_new *n, struct nx_err *err);
void nx_traces_drop(struct nx_traces *t, struct nx_traces_new *n);

/* Bytes and files held, files evicted since opening. */
void nx_traces_stat(struct nx_traces *t, uint64_t *bytes, uint64_t *files, uint64_t *evicted);

#endif
