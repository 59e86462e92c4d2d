/*
 * Copies a recording: nextest's files as they lie there, and no link to them.
 *
 * Blocks are shared where the file system can (FICLONE), else the kernel copies (copy_file_range), else read
 * and write. nextest's files are only opened for reading; both before the first is copied, so that a
 * recording that is pruned meanwhile still comes over whole. Nothing here is synced: nx_copy_sync() does
 * that, later, when most of it is on the disk anyway. Any thread.
 */
#ifndef NX_ARCHIVE_COPY_H
#define NX_ARCHIVE_COPY_H

#include <stdbool.h>

#include "base/err.h"

struct nx_copied {
    uint64_t log_bytes, store_bytes;
    bool has_log, has_store;
    bool shared; /* not one block was written */
};

/* Copies run.log.zst and store.zip of `from` into the folder `to`, which is made and must not exist. What is
 * not there is not copied. NX_EGONE: there is no log (nothing was made). NX_EIO: reading failed. NX_EWRITE:
 * writing did, or there is no room (err->sys ENOSPC, before a byte is written where that can be told). On
 * failure what was made of `to` is left. */
NX_MUST_USE int nx_copy_recording(const char *from, const char *to, struct nx_copied *ret,
                                  struct nx_err *err);

/* The files of such a folder, and the folder, onto the disk. NX_EWRITE. */
NX_MUST_USE int nx_copy_sync(const char *dir, struct nx_err *err);

/* Is it whole? The sizes are those of the list's entry (of a run that has ended), the log can be unpacked to
 * its end, the zip's directory and entries are in order. NX_EFORMAT or NX_ETRUNC: it is not. NX_EIO. */
NX_MUST_USE int nx_copy_check(const char *dir, const struct nx_copied *copied, uint64_t log_bytes,
                              uint64_t store_bytes, struct nx_err *err);

/* Removes a folder and the files in it; none there: 0. NX_EWRITE. `err` may be NULL. */
int nx_copy_remove(const char *dir, struct nx_err *err);

#endif
