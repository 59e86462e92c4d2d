#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/zip_entry.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "io/reader_impl.h"
#include "io/zstd.h"

/* --- the packed bytes --- */

struct raw_reader {
    struct nx_reader base;
    const struct nx_zip_window *w;
    uint64_t at, left;
};

static ssize_t raw_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    struct raw_reader *z = (struct raw_reader *)r;
    if (n > z->left)
        n = (size_t)z->left;
    if (n > SSIZE_MAX)
        n = SSIZE_MAX;
    int64_t got = nx_zip_window_read(z->w, z->at, buf, n, err);
    if (got == 0 && n > 0)
        return nx_fail(err, NX_ETRUNC, r->name, "the file became shorter while it was read");
    if (got > 0) {
        z->at += (uint64_t)got;
        z->left -= (uint64_t)got;
    }
    return (ssize_t)got;
}

static void raw_close(struct nx_reader *r)
{
    free((struct raw_reader *)r);
}

static const struct nx_reader_ops raw_ops = {raw_read, raw_close, NULL};

static int open_raw(const struct nx_zip_window *w, const struct nx_zip_entry *e, const char *name,
                    struct nx_reader **ret, struct nx_err *err)
{
    struct raw_reader *z = malloc(sizeof *z);
    int rc = z ? nx_reader_init(&z->base, &raw_ops, name, err) : nx_fail(err, NX_ENOMEM, name, "no memory");
    if (rc < 0) {
        free(z);
        return rc;
    }
    z->w = w;
    z->at = e->data;
    z->left = e->packed;
    *ret = &z->base;
    return 0;
}

/* --- deflate --- */

enum { IN = 32 * 1024 };

struct inflate_reader {
    struct nx_reader base;
    struct nx_reader *from;
    z_stream s;
    bool ready, ended;
    unsigned char in[IN];
};

static ssize_t inflate_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    struct inflate_reader *z = (struct inflate_reader *)r;
    uInt most = n > 1u << 30 ? 1u << 30 : (uInt)n;
    z->s.next_out = buf;
    z->s.avail_out = most;
    while (!z->ended && z->s.avail_out == most) {
        if (z->s.avail_in == 0) {
            ssize_t got = nx_reader_read(z->from, z->in, IN, err);
            if (got < 0)
                return got;
            if (got == 0)
                return nx_fail(err, NX_EFORMAT, r->name, "damaged deflate data: it ends too early");
            z->s.next_in = z->in;
            z->s.avail_in = (uInt)got;
        }
        int code = inflate(&z->s, Z_NO_FLUSH);
        if (code == Z_STREAM_END)
            z->ended = true;
        else if (code == Z_MEM_ERROR)
            return nx_fail(err, NX_ENOMEM, r->name, "no memory to decompress");
        else if (code != Z_OK && code != Z_BUF_ERROR)
            return nx_fail(err, NX_EFORMAT, r->name, "damaged deflate data%s%s", z->s.msg ? ": " : "",
                           z->s.msg ? z->s.msg : "");
    }
    return (ssize_t)(most - z->s.avail_out);
}

static void inflate_close(struct nx_reader *r)
{
    struct inflate_reader *z = (struct inflate_reader *)r;
    if (z->ready)
        inflateEnd(&z->s);
    nx_reader_close(z->from);
    free(z);
}

static const struct nx_reader_ops inflate_ops = {inflate_read, inflate_close, NULL};

/* Takes `from`, also on failure. */
static int open_inflate(struct nx_reader *from, const char *name, struct nx_reader **ret, struct nx_err *err)
{
    struct inflate_reader *z = malloc(sizeof *z);
    int rc = z ? nx_reader_init(&z->base, &inflate_ops, name, err)
               : nx_fail(err, NX_ENOMEM, name, "no memory to decompress");
    if (rc < 0) {
        free(z);
        nx_reader_close(from);
        return rc;
    }
    z->from = from;
    z->s = (z_stream){0};
    z->ended = false;
    /* Negative: raw deflate, without zlib's header. */
    z->ready = inflateInit2(&z->s, -MAX_WBITS) == Z_OK;
    if (!z->ready) {
        nx_reader_close(&z->base);
        return nx_fail(err, NX_ENOMEM, name, "no memory to decompress");
    }
    *ret = &z->base;
    return 0;
}

/* --- size and checksum --- */

struct checked_reader {
    struct nx_reader base;
    struct nx_reader *from;
    uint64_t left;
    uLong crc, want;
};

static ssize_t checked_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    struct checked_reader *c = (struct checked_reader *)r;
    ssize_t got = nx_reader_read(c->from, buf, n, err);
    if (got < 0)
        return got;
    if ((uint64_t)got > c->left || (got == 0 && c->left > 0))
        return nx_fail(err, NX_EFORMAT, r->name, "%s than the zip's directory says",
                       got == 0 ? "shorter" : "longer");
    c->left -= (uint64_t)got;
    c->crc = crc32_z(c->crc, buf, (z_size_t)got);
    if (got == 0 && c->crc != c->want)
        return nx_fail(err, NX_EFORMAT, r->name, "invalid CRC32 check: data was corrupted");
    return got;
}

static void checked_close(struct nx_reader *r)
{
    struct checked_reader *c = (struct checked_reader *)r;
    nx_reader_close(c->from);
    free(c);
}

static const struct nx_reader_ops checked_ops = {checked_read, checked_close, NULL};

/* Takes `from`, also on failure. */
static int open_checked(struct nx_reader *from, const struct nx_zip_entry *e, const char *name,
                        struct nx_reader **ret, struct nx_err *err)
{
    struct checked_reader *c = malloc(sizeof *c);
    int rc =
        c ? nx_reader_init(&c->base, &checked_ops, name, err) : nx_fail(err, NX_ENOMEM, name, "no memory");
    if (rc < 0) {
        free(c);
        nx_reader_close(from);
        return rc;
    }
    c->from = from;
    c->left = e->size;
    c->crc = crc32(0, Z_NULL, 0);
    c->want = e->crc;
    *ret = &c->base;
    return 0;
}

int nx_zip_entry_open(const struct nx_zip_window *w, const struct nx_zip_entry *e, const char *name,
                      enum nx_limit limit, struct nx_reader **ret, struct nx_err *err)
{
    struct nx_reader *r = NULL;
    if (e->flags & NX_ZIP_ENCRYPTED)
        return nx_fail(err, NX_EFORMAT, name, "encrypted file");
    if (e->size > nx_limit_value(limit))
        return nx_limit_fail(err, limit, name);
    int rc = open_raw(w, e, name, &r, err);
    if (rc < 0)
        return rc;
    switch (e->method) {
    case NX_ZIP_STORED:
        break;
    case NX_ZIP_DEFLATED:
        rc = open_inflate(r, name, &r, err);
        break;
    case NX_ZIP_ZSTD:
        rc = nx_zstd_open(r, limit, &r, err);
        break;
    default:
        nx_reader_close(r);
        return nx_fail(err, NX_EFORMAT, name, "compressed in a way that is not supported (zip method %u)",
                       (unsigned)e->method);
    }
    return rc < 0 ? rc : open_checked(r, e, name, ret, err);
}
