/*
 * A zstd stream as a reader: several frames, skippable frames.
 *
 * Decompressed bytes come out as far as the input allows. Where the input ends inside a frame,
 * every byte that could be decoded is handed out first, then the read fails with NX_ETRUNC
 * ("incomplete frame"); bytes that are no frame fail with NX_EFORMAT, also after all before them were
 * handed out. An empty input is NX_ETRUNC, as for nextest (its reader wants one frame).
 * Windows over NX_LIMIT(WINDOW_LOG) are NX_ELIMIT. libzstd is included nowhere but in this folder.
 */
#ifndef NX_IO_ZSTD_H
#define NX_IO_ZSTD_H

#include "io/reader.h"

/* Takes `compressed`, also on failure. `limit` bounds the decompressed bytes. Returns owned.
 * Reads straight into the caller's buffer: the larger, the fewer calls (128 KiB is a block of the format). */
NX_MUST_USE int nx_zstd_open(struct nx_reader *compressed, enum nx_limit limit, struct nx_reader **ret,
                             struct nx_err *err);

/* Compressed bytes taken so far by a reader that nx_zstd_open() made, for progress. */
uint64_t nx_zstd_consumed(const struct nx_reader *r);

/* Decompresses a whole frame (or several) with a dictionary into malloc'd memory (*ret, owned,
 * NUL-terminated). dict may be NULL. More than max bytes is NX_ELIMIT. */
NX_MUST_USE int nx_zstd_frame(const void *src, size_t n, const void *dict, size_t dict_n, size_t max,
                              const char *name, char **ret, size_t *ret_n, struct nx_err *err);

#endif
