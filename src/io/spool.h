/*
 * Bytes that must be read out of order but come in order: kept in a file without a name.
 *
 * The file lies in $TMPDIR, else /tmp, and goes with its descriptor, however the program ends. Any thread.
 */
#ifndef NX_IO_SPOOL_H
#define NX_IO_SPOOL_H

#include "io/reader.h"

/* An open file in `dir` that has no name: read and write, close-on-exec, gone with its descriptor. Owned (close);
 * -1 with errno. */
NX_MUST_USE int nx_unnamed_file(const char *dir);

/* Reads `from` to its end into such a file. *ret is owned (close), close-on-exec, at no particular offset.
 * NX_ELIMIT over the limit, NX_EWRITE when the file cannot be written, and what reading fails with. */
NX_MUST_USE int nx_spool(struct nx_reader *from, enum nx_limit limit, int *ret, struct nx_err *err);

#endif
