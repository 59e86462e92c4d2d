/*
 * Changes of one workspace of an archive, made together: copies, entries brought up to date, removals; the
 * list is written once.
 *
 * Copies are made as they are added, beside their places. nx_batch_commit() syncs them, renames them, writes
 * the list, and removes what it no longer names. A batch that is closed without leaves nothing. One thread,
 * which holds the archive (nx_archive_take()).
 */
#ifndef NX_ARCHIVE_BATCH_H
#define NX_ARCHIVE_BATCH_H

#include "archive/copy.h"
#include "store/listdoc.h"

#define NX_BATCH_TEMP                                                                                        \
    ".new-" /* before the run's id: a folder that is being filled. No UUID, so nextest passes it over */

struct nx_batch;

/* `workspace`: an encoded name; its folder is made by the first copy. */
NX_MUST_USE int nx_batch_open(const char *archive, const char *workspace, struct nx_batch **ret,
                              struct nx_err *err);

/* Copies the recording in `run_dir`, listed as `entry` (borrowed until commit or close, with its text), and
 * checks it if the run has ended. Errors as nx_copy_recording() and nx_copy_check(); nothing of that run is
 * left then. */
NX_MUST_USE int nx_batch_add(struct nx_batch *b, const char *run_dir, const struct nx_listed *entry,
                             struct nx_copied *ret, struct nx_err *err);

/* The run is listed as `entry` (borrowed) from now on; its files stay. One that is not listed stays so. */
NX_MUST_USE int nx_batch_relist(struct nx_batch *b, const struct nx_listed *entry, struct nx_err *err);

/* The run (id of 36 characters) goes. */
NX_MUST_USE int nx_batch_remove(struct nx_batch *b, const char *id, struct nx_err *err);

/* How many changes it holds. */
size_t nx_batch_count(const struct nx_batch *b);

/* NX_EWRITE, NX_ELOCKED, or the old list cannot be read: then the list is the old one, or the new one with
 * its folders; nothing between. */
NX_MUST_USE int nx_batch_commit(struct nx_batch *b, struct nx_err *err);
void nx_batch_close(struct nx_batch *b); /* takes NULL */

#endif
