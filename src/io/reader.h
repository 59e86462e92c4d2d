/*
 * A pull reader of bytes: file, memory, zip entry, zstd stream behind one interface.
 *
 * nx_reader_read() fills up to n bytes and returns how many, 0 at the end, or a negative code.
 * It may return less than n before the end. A reader is used by one thread at a time; close takes NULL.
 * After an error every further read returns the same error.
 */
#ifndef NX_IO_READER_H
#define NX_IO_READER_H

#include <sys/types.h>

#include "base/err.h"
#include "base/limits.h"

struct nx_reader; /* opaque; concrete kinds embed it (reader_impl.h) */

NX_MUST_USE ssize_t nx_reader_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err);
void nx_reader_close(struct nx_reader *r);

/* Forgets that the end, or an early end (NX_ETRUNC), was seen: a file that grows can be read on. Other errors stay. */
void nx_reader_retry(struct nx_reader *r);

/* What it reads, for messages: a path, or `path (entry)`. Borrowed from the reader. */
const char *nx_reader_name(const struct nx_reader *r);

/* Opens a regular file. Returns owned. NX_ENOTFOUND, NX_EIO. Close-on-exec. */
NX_MUST_USE int nx_reader_open_file(const char *path, struct nx_reader **ret, struct nx_err *err);

/* Reads a descriptor, e.g. a pipe's, to its end. Takes it, also on failure. Returns owned. */
NX_MUST_USE int nx_reader_open_fd(int fd, const char *name, struct nx_reader **ret, struct nx_err *err);

/* Reads memory that the caller keeps until close. */
NX_MUST_USE int nx_reader_open_mem(const void *p, size_t n, const char *name, struct nx_reader **ret,
                                   struct nx_err *err);

/* Reads everything into malloc'd memory (*ret, owned, followed by a NUL that *ret_n does not count);
 * more than the limit is NX_ELIMIT. Does not close the reader. */
NX_MUST_USE int nx_reader_slurp(struct nx_reader *r, enum nx_limit limit, char **ret, size_t *ret_n,
                                struct nx_err *err);

#endif
