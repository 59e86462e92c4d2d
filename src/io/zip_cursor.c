#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/zip_cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { START_CAP = 16 * 1024 };

int64_t nx_zip_window_read(const struct nx_zip_window *w, uint64_t offset, void *buf, size_t n,
                           struct nx_err *err)
{
    char *to = buf;
    if (offset >= w->size)
        return 0;
    if (n > w->size - offset)
        n = (size_t)(w->size - offset);
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(w->fd, to + done, n - done, (off_t)(w->base + offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return nx_fail_sys(err, NX_EIO, errno, w->name, "cannot read");
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

int nx_zip_bad(struct nx_err *err, const struct nx_zip_window *w, uint64_t at, const char *why)
{
    int rc = nx_fail(err, NX_EFORMAT, w->name, "%s", why);
    nx_err_at(err, NX_NOWHERE, at);
    return rc;
}

int nx_zip_cut(struct nx_err *err, const struct nx_zip_window *w)
{
    int rc = nx_fail(err, NX_ETRUNC, w->name, "ends inside the zip's directory");
    nx_err_at(err, NX_NOWHERE, w->size);
    nx_err_hint(err, "the file was cut: export or download it again");
    return rc;
}

int nx_zip_cursor_init(struct nx_zip_cursor *c, const struct nx_zip_window *w, struct nx_err *err)
{
    *c = (struct nx_zip_cursor){.w = w, .cap = START_CAP, .buf = malloc(START_CAP)};
    return c->buf ? 0 : nx_fail(err, NX_ENOMEM, w->name, "no memory for a zip's directory");
}

void nx_zip_cursor_fini(struct nx_zip_cursor *c)
{
    free(c->buf);
    c->buf = NULL;
}

bool nx_zip_grow(struct nx_zip_cursor *c, size_t n)
{
    if (n <= c->cap)
        return true;
    unsigned char *buf = realloc(c->buf, n);
    if (!buf)
        return false;
    c->buf = buf;
    c->cap = n;
    return true;
}

const unsigned char *nx_zip_next(struct nx_zip_cursor *c, size_t n, int *rc, struct nx_err *err)
{
    if (!nx_zip_grow(c, n)) {
        *rc = nx_fail(err, NX_ENOMEM, c->w->name, "no memory for a zip's directory");
        return NULL;
    }
    if (c->have - c->at < n) {
        memmove(c->buf, c->buf + c->at, c->have - c->at);
        c->have -= c->at;
        c->at = 0;
        int64_t got = nx_zip_window_read(c->w, c->pos + c->have, c->buf + c->have, c->cap - c->have, err);
        if (got < 0) {
            *rc = (int)got;
            return NULL;
        }
        c->have += (size_t)got;
        if (c->have < n) {
            *rc = nx_zip_cut(err, c->w);
            return NULL;
        }
    }
    const unsigned char *p = c->buf + c->at;
    c->at += n;
    c->pos += n;
    return p;
}

void nx_zip_seek(struct nx_zip_cursor *c, uint64_t pos)
{
    if (pos >= c->pos && pos - c->pos <= c->have - c->at)
        c->at += (size_t)(pos - c->pos);
    else
        c->at = c->have = 0;
    c->pos = pos;
}
