/*
 * A push sink of bytes: descriptor, memory, or a file that appears whole or not at all.
 *
 * A sink is a struct with a write callback, so that a caller can bring its own (a socket buffer).
 * Writing is all or error. `self` of the callback is the struct itself; concrete sinks embed it first
 * and check `magic`. Not for two threads at once.
 */
#ifndef NX_IO_SINK_H
#define NX_IO_SINK_H

#include "base/err.h"
#include "base/strbuf.h"

struct nx_sink {
    uint32_t magic; /* the concrete kind's own */
    int (*write)(struct nx_sink *self, const void *p, size_t n, struct nx_err *err);
};

static inline int nx_sink_write(struct nx_sink *s, const void *p, size_t n, struct nx_err *err)
{
    return n == 0 ? 0 : s->write(s, p, n, err);
}

/* To a descriptor that the caller keeps; handles short writes and EINTR. NX_EWRITE. */
struct nx_sink_fd {
    struct nx_sink sink;
    int fd;
    const char *name; /* for messages; borrowed */
    uint64_t written; /* bytes so far */
};
void nx_sink_fd_init(struct nx_sink_fd *s, int fd, const char *name);

/* Into a strbuf that the caller keeps; over its cap_max is NX_ELIMIT, no memory NX_ENOMEM. */
struct nx_sink_mem {
    struct nx_sink sink;
    struct nx_strbuf *buf;
};
void nx_sink_mem_init(struct nx_sink_mem *s, struct nx_strbuf *buf);

/* To a temporary file beside `path`, which nx_sink_file_commit() renames into place. A close without
 * commit removes it. An existing file keeps its mode, a link stays a link; a path that is no regular file (a
 * pipe, a device) or names an open descriptor (/dev/stdout, /dev/fd/3) is written to directly. fsync is the
 * caller's wish. */
struct nx_sink_file;
NX_MUST_USE int nx_sink_file_open(const char *path, struct nx_sink_file **ret, struct nx_err *err);
struct nx_sink *nx_sink_file_sink(struct nx_sink_file *f); /* borrowed */
/* The temporary file, or NULL: what a program that is about to be killed may unlink. Borrowed until commit or
 * close. */
const char *nx_sink_file_temp(const struct nx_sink_file *f);
NX_MUST_USE int nx_sink_file_commit(struct nx_sink_file *f, bool sync, struct nx_err *err);
void nx_sink_file_close(struct nx_sink_file *f); /* takes NULL */

#endif
