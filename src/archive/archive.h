/*
 * nxtrace's own copies of recordings, of one store: a state directory in nextest's layout, which nextest
 * itself reads (NEXTEST_STATE_DIR=<dir> cargo nextest store list).
 *
 *   <dir>/recorded-in     which store it is of: its resolved path, and its path as given, a line each
 *   <dir>/keeper.lock     held by the one process that writes here
 *   <dir>/projects/<encoded workspace>/records/runs/{runs.lock,runs.json.zst,<uuid>/...}
 *
 * What a list names is whole and on the disk, at any moment: a recording is copied into a folder of another
 * name (archive/batch.h), synced, renamed, and only then listed; a list loses a run before its folder goes.
 * What a kill leaves behind is named by no list, and goes with the next nx_archive_clean(). Any thread, one
 * writer.
 */
#ifndef NX_ARCHIVE_ARCHIVE_H
#define NX_ARCHIVE_ARCHIVE_H

#include "base/err.h"

/* Is there an archive of the store `source` at `dir`? 0, NX_ENOTFOUND (none there), NX_ENOSTORE (it is of
 * another store, which the error names). `source` need not exist. */
NX_MUST_USE int nx_archive_check(const char *dir, const char *source, struct nx_err *err);

/* Where the archive of the store `source` is among those in the folder `root`: the one that is of it, whatever its
 * name; else `root`/`name`, which is not there yet. NX_ENOSTORE: that is another store's. `name` NULL: only one
 * that is there is looked for, else NX_ENOTFOUND. *ret owned. */
NX_MUST_USE int nx_archive_find(const char *root, const char *name, const char *source, char **ret,
                                struct nx_err *err);

/* Makes it where there is none, and takes it for writing: *ret_lock (owned, close()) goes on holding it. As
 * nx_archive_check() without NX_ENOTFOUND; NX_ELOCKED: another process keeps recordings there; NX_EWRITE. */
NX_MUST_USE int nx_archive_take(const char *dir, const char *source, int *ret_lock, struct nx_err *err);

/* Removes what no list names, of all workspaces. *ret_n: how many folders that were. A list that cannot be
 * read says nothing, so that nothing of its workspace goes; the first such failure is returned, after all the
 * others. Where there is no list, only unfinished copies go: somebody may have moved a damaged one away. */
NX_MUST_USE int nx_archive_clean(const char *dir, uint64_t *ret_n, struct nx_err *err);

#endif
