#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/sink.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

enum { FD_MAGIC = 0x6e786664, MEM_MAGIC = 0x6e786d65 };

static int fd_write(struct nx_sink *self, const void *p, size_t n, struct nx_err *err)
{
    struct nx_sink_fd *s = (struct nx_sink_fd *)self;
    assert(s->sink.magic == FD_MAGIC);
    const char *at = p;
    while (n > 0) {
        ssize_t done = write(s->fd, at, n > SSIZE_MAX ? SSIZE_MAX : n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return nx_fail_sys(err, NX_EWRITE, errno, s->name, "cannot write");
        at += done;
        n -= (size_t)done;
        s->written += (uint64_t)done;
    }
    return 0;
}

void nx_sink_fd_init(struct nx_sink_fd *s, int fd, const char *name)
{
    *s = (struct nx_sink_fd){.sink = {.magic = FD_MAGIC, .write = fd_write}, .fd = fd, .name = name};
}

static int mem_write(struct nx_sink *self, const void *p, size_t n, struct nx_err *err)
{
    struct nx_sink_mem *s = (struct nx_sink_mem *)self;
    assert(s->sink.magic == MEM_MAGIC);
    nx_strbuf_add(s->buf, p, n);
    if (!s->buf->failed)
        return 0;
    if (s->buf->cap_max > 0 && n > s->buf->cap_max - s->buf->n)
        return nx_fail(err, NX_ELIMIT, NULL, "over the %zu bytes that the buffer may hold", s->buf->cap_max);
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for the output");
}

void nx_sink_mem_init(struct nx_sink_mem *s, struct nx_strbuf *buf)
{
    *s = (struct nx_sink_mem){.sink = {.magic = MEM_MAGIC, .write = mem_write}, .buf = buf};
}
