/*
 * Zip archives, read only: entries stored, deflated, or zstd (method 93), from a file or from
 * an entry of another archive, in place.
 *
 * Not on libzip: Debian 12's has no zstd, and every libzip finds an archive among other bytes and takes
 * repeated and overlapping entries, which nextest refuses (io/zip_layout.h); checking all that takes a walk
 * over both directories, and with that done only zlib and libzstd are left to call. Size and CRC-32 of what
 * comes out are checked against the directory, a mismatch is NX_EFORMAT. Entry names are keys, never paths:
 * nothing is ever extracted under them. Used by one thread at a time.
 */
#ifndef NX_IO_ZIP_H
#define NX_IO_ZIP_H

#include <stdbool.h>

#include "io/reader.h"

struct nx_zip;

/* Opens the archive at `path`; `fd`, if not -1, is read instead (taken, also on failure; must seek)
 * and `path` only names it. NX_EFORMAT for what is no zip, NX_ETRUNC, NX_ENOTFOUND, NX_EIO, NX_ELIMIT. */
NX_MUST_USE int nx_zip_open(const char *path, int fd, struct nx_zip **ret, struct nx_err *err);

/* Opens the archive that is the entry `entry` of `outer`, which must outlive it. A stored one is read where
 * it lies (its entries have checksums of their own; the whole's is not looked at), another one is spooled
 * (io/spool.h). */
NX_MUST_USE int nx_zip_open_nested(struct nx_zip *outer, const char *entry, struct nx_zip **ret,
                                   struct nx_err *err);
void nx_zip_close(struct nx_zip *z); /* takes NULL */

/* `path`, or `path (entry)` of a nested one. Borrowed. */
const char *nx_zip_name(const struct nx_zip *z);

uint64_t nx_zip_count(const struct nx_zip *z);
/* Name of entry i (borrowed; a folder's ends in a slash), and its decompressed size by the directory. */
const char *nx_zip_entry_name(const struct nx_zip *z, uint64_t i);
uint64_t nx_zip_entry_size(const struct nx_zip *z, uint64_t i);
bool nx_zip_has(const struct nx_zip *z, const char *entry);

/* The entry's decompressed bytes as a stream; the zip must outlive the reader. Returns owned.
 * NX_ENOTFOUND where there is no such entry; one that says it is larger than the limit is NX_ELIMIT. */
NX_MUST_USE int nx_zip_reader(struct nx_zip *z, const char *entry, enum nx_limit limit,
                              struct nx_reader **ret, struct nx_err *err);

/* The same, read whole into malloc'd memory (owned, NUL-terminated). */
NX_MUST_USE int nx_zip_slurp(struct nx_zip *z, const char *entry, enum nx_limit limit, char **ret,
                             size_t *ret_n, struct nx_err *err);

#endif
