/*
 * One recording, wherever it lies: a run folder in a store, or a portable recording (a zip with
 * manifest.json, run.log.zst and store.zip; one more zip around it is looked through; a pipe is spooled to an
 * unnamed file first).
 *
 * Source: nextest-runner/src/record/{portable,reader}.rs. Opening a folder touches no file in it yet: a run
 * that goes on has no readable store.zip, and the log alone makes the trace. Used by one thread at a time.
 */
#ifndef NX_RECORDING_RECORDING_H
#define NX_RECORDING_RECORDING_H

#include <stdbool.h>

#include "io/reader.h"
#include "store/run.h"

struct nx_recording;

/* A run folder, described by `run` (copied). Succeeds whether or not the folder's files are there. */
NX_MUST_USE int nx_recording_open_dir(const char *dir, const struct nx_run *run, struct nx_recording **ret,
                                      struct nx_err *err);

/* A portable recording at `path` ("-" is standard input). Checks the manifest's versions: a major that
 * differs is NX_EVERSION, a newer minor only when `strict`. NX_EFORMAT, NX_ETRUNC, NX_ENOTFOUND, NX_ELIMIT.
 */
NX_MUST_USE int nx_recording_open_portable(const char *path, bool strict, struct nx_recording **ret,
                                           struct nx_err *err);
void nx_recording_close(struct nx_recording *rec); /* takes NULL */

/* Borrowed, valid until close. */
const struct nx_run *nx_recording_run(const struct nx_recording *rec);
const char *nx_recording_name(const struct nx_recording *rec); /* the folder or file, for messages */
bool nx_recording_is_portable(const struct nx_recording *rec);
/* true if the manifest's or the run's minor version is newer than ours: read, with a warning. */
bool nx_recording_newer_minor(const struct nx_recording *rec);

/* The compressed bytes of run.log.zst; the recording must outlive the reader. Returns owned.
 * NX_EGONE when a folder has none, NX_ENOTFOUND when a zip has none. */
NX_MUST_USE int nx_recording_log(struct nx_recording *rec, struct nx_reader **ret, struct nx_err *err);

/* An entry of store.zip, e.g. "meta/cargo-metadata.json", whole (owned, NUL-terminated). NX_EGONE when a
 * folder has no store.zip, NX_ENOTFOUND when a zip has none, or there is no such entry. */
NX_MUST_USE int nx_recording_meta(struct nx_recording *rec, const char *entry, char **ret, size_t *ret_n,
                                  struct nx_err *err);

/* A captured output by its file name in the run log (e.g. "867a9074768d68c2-stdout"), unpacked with the recording's dictionary
 * (owned, NUL-terminated). NX_ENOTFOUND: no such entry. */
NX_MUST_USE int nx_recording_output(struct nx_recording *rec, const char *file_name, char **ret, size_t *ret_n,
                                    struct nx_err *err);

/* The workspace's path by store.zip's cargo metadata ("workspace_root"). Returns owned. */
NX_MUST_USE int nx_recording_workspace(struct nx_recording *rec, char **ret, struct nx_err *err);

/* Which of the two files are there (a folder: stat; a zip: its directory). */
bool nx_recording_has_log(struct nx_recording *rec);
bool nx_recording_has_store(struct nx_recording *rec);

#endif
