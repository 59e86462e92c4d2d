/*
 * What a kind of reader embeds: for the files of this folder, and for tests that bring a reader of their own.
 *
 * A kind embeds struct nx_reader as its first member, allocates itself, calls nx_reader_init() and hands out
 * &kind->base. `read` is never called again after it failed: the base keeps the error. `close` frees the kind
 * itself. `read` may be called again after an error only when nx_reader_retry() was.
 */
#ifndef NX_IO_READER_IMPL_H
#define NX_IO_READER_IMPL_H

#include "io/reader.h"

struct nx_reader_ops {
    ssize_t (*read)(struct nx_reader *r, void *buf, size_t n, struct nx_err *err); /* n > 0 */
    void (*close)(struct nx_reader *r);
    void (*again)(struct nx_reader *r); /* forgets that the end was seen; NULL: nothing to forget */
};

struct nx_reader {
    const struct nx_reader_ops *ops;
    char *name;
    int failed;         /* the negative code of the first error, or 0 */
    struct nx_err *err; /* that error in full; NULL where there was no memory for it */
};

/* Copies `name`. NX_ENOMEM; then nothing is to be undone. */
NX_MUST_USE int nx_reader_init(struct nx_reader *r, const struct nx_reader_ops *ops, const char *name,
                               struct nx_err *err);

#endif
