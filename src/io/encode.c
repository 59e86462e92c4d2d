#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "io/encode.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP_LEVEL = 2, ZSTD_LEVEL = 1, GZIP_WINDOW = 15 + 16, CHUNK = 128 * 1024 };

#define MAGIC 0x6e784543u /* nxEC */

struct nx_encoder {
    struct nx_sink sink; /* first: the callback gets this */
    enum nx_encoding enc;
    struct nx_sink *to;
    ZSTD_CCtx *zstd;
    z_stream gzip;
    bool gzip_live;
    unsigned char out[CHUNK];
};

/* The magic number was checked by the callers, so this is what the sink lies in. */
static struct nx_encoder *of(struct nx_sink *s)
{
    assert(s->magic == MAGIC);
    return (struct nx_encoder *)(void *)s;
}

static int step_gzip(struct nx_encoder *e, const void *p, size_t n, bool end, struct nx_err *err)
{
    int z = Z_OK;
    do {
        size_t part = n < CHUNK ? n : CHUNK; /* zlib counts in unsigned int */
        e->gzip.next_in = (z_const Bytef *)p;
        e->gzip.avail_in = (uInt)part;
        p = (const char *)p + part;
        n -= part;
        do {
            e->gzip.next_out = e->out;
            e->gzip.avail_out = CHUNK;
            z = deflate(&e->gzip, end && n == 0 ? Z_FINISH : Z_NO_FLUSH);
            if (z == Z_STREAM_ERROR) {
                return nx_fail(err, NX_EINTERNAL, NULL, "gzip: %s",
                               e->gzip.msg ? e->gzip.msg : "stream error");
            }
            int r = nx_sink_write(e->to, e->out, CHUNK - e->gzip.avail_out, err);
            if (r < 0) {
                return r;
            }
        } while (e->gzip.avail_out == 0);
    } while (n > 0);
    assert(!end || z == Z_STREAM_END);
    return 0;
}

static int step_zstd(struct nx_encoder *e, const void *p, size_t n, bool end, struct nx_err *err)
{
    ZSTD_inBuffer in = {p, n, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {e->out, CHUNK, 0};
        left = ZSTD_compressStream2(e->zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left)) {
            return nx_fail(err, NX_ENOMEM, NULL, "zstd: %s", ZSTD_getErrorName(left));
        }
        int r = nx_sink_write(e->to, e->out, out.pos, err);
        if (r < 0) {
            return r;
        }
    } while (end ? left != 0 : in.pos < in.size);
    return 0;
}

static int step(struct nx_encoder *e, const void *p, size_t n, bool end, struct nx_err *err)
{
    return e->enc == NX_ENC_GZIP ? step_gzip(e, p, n, end, err) : step_zstd(e, p, n, end, err);
}

static int encoder_write(struct nx_sink *self, const void *p, size_t n, struct nx_err *err)
{
    return step(of(self), p, n, false, err);
}

int nx_encoder_open(enum nx_encoding enc, struct nx_sink *to, struct nx_encoder **ret, struct nx_err *err)
{
    assert(enc == NX_ENC_GZIP || enc == NX_ENC_ZSTD);
    struct nx_encoder *e = calloc(1, sizeof *e);
    if (!e) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to compress");
    }
    e->sink = (struct nx_sink){MAGIC, encoder_write};
    e->enc = enc;
    e->to = to;
    if (enc == NX_ENC_ZSTD) {
        e->zstd = ZSTD_createCCtx();
        if (e->zstd) {
            (void)ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
        }
    } else {
        e->gzip_live =
            deflateInit2(&e->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    }
    if (!e->zstd && !e->gzip_live) {
        free(e);
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to compress");
    }
    *ret = e;
    return 0;
}

struct nx_sink *nx_encoder_sink(struct nx_encoder *e)
{
    return &e->sink;
}

int nx_encoder_end(struct nx_encoder *e, struct nx_err *err)
{
    return step(e, "", 0, true, err);
}

void nx_encoder_close(struct nx_encoder *e)
{
    if (e) {
        ZSTD_freeCCtx(e->zstd);
        if (e->gzip_live) {
            (void)deflateEnd(&e->gzip);
        }
        free(e);
    }
}

int nx_encode_fd(enum nx_encoding enc, int fd, const char *name, struct nx_sink *to, struct nx_err *err)
{
    struct nx_encoder *e = NULL;
    char *buf = malloc(CHUNK);
    off_t at = 0;
    int r = buf ? nx_encoder_open(enc, to, &e, err) : nx_fail(err, NX_ENOMEM, name, "no memory to compress");
    while (r == 0) {
        ssize_t n = pread(fd, buf, CHUNK, at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            r = nx_fail_sys(err, NX_EIO, errno, name, "cannot read");
        } else if (n == 0) {
            r = nx_encoder_end(e, err);
            break;
        } else {
            at += n;
            r = nx_sink_write(nx_encoder_sink(e), buf, (size_t)n, err);
        }
    }
    nx_encoder_close(e);
    free(buf);
    return r;
}
