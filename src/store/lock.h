/*
 * nextest's lock of a run list: `runs.lock` beside it, an advisory lock on the whole file (Rust's
 * File::try_lock, flock(2) on Linux), tried without blocking.
 *
 * nextest's own stores are only ever locked shared, and never given a lock file. The exclusive kind is for
 * lists that nxtrace writes itself (archive/archive.h). A lock goes with its descriptor. Any thread.
 */
#ifndef NX_STORE_LOCK_H
#define NX_STORE_LOCK_H

#include "base/err.h"

/* Locks the file shared. Tried again every 10 ms until `wait_ms` have passed, then NX_ELOCKED. *ret: owned
 * (close); -1 where there is nothing to lock, or nothing that can be locked. */
NX_MUST_USE int nx_lock_shared(const char *path, unsigned wait_ms, int *ret, struct nx_err *err);

/* Locks it exclusively; made as needed. NX_EWRITE where it cannot be made or locked. */
NX_MUST_USE int nx_lock_exclusive(const char *path, unsigned wait_ms, int *ret, struct nx_err *err);

#endif
