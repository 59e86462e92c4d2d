#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/zstd.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/strbuf.h"
#include "io/reader_impl.h"

/*
 * Where the next piece of a stream ends: a frame's header, a block's header, a block, a checksum.
 *
 * When ZSTD_decompressStream() fails it does not tell how much it had written in that call. So it gets one
 * piece at a time: what it fails on then is that piece, and every byte before it has been handed out.
 */
enum piece { P_MAGIC, P_FRAME, P_BLOCK_HEADER, P_BLOCK, P_CHECKSUM, P_SKIP_SIZE, P_SKIP, P_UNKNOWN };

struct framing {
    enum piece piece;
    uint64_t left;         /* bytes of the piece that are still to come */
    unsigned char head[8]; /* the first bytes of a header */
    size_t head_n;
    bool last_block, checksum;
};

static void begin(struct framing *f, enum piece piece, uint64_t left)
{
    f->piece = piece;
    f->left = left;
    f->head_n = 0;
}

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The piece is complete: which one follows? */
static void next_piece(struct framing *f)
{
    static const unsigned char id_size[] = {0, 1, 2, 4}, content_size[] = {0, 2, 4, 8};
    unsigned char d = f->head[0];
    uint32_t v = le32(f->head);
    switch (f->piece) {
    case P_MAGIC:
        if (v == ZSTD_MAGICNUMBER)
            begin(f, P_FRAME, 1);
        else if ((v & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START)
            begin(f, P_SKIP_SIZE, 4);
        else
            begin(f, P_UNKNOWN, UINT64_MAX);
        break;
    case P_FRAME:
        f->checksum = d >> 2 & 1;
        bool single = d >> 5 & 1;
        uint64_t rest = !single + (uint64_t)id_size[d & 3] + (d >> 6 ? content_size[d >> 6] : single);
        /* The descriptor was the first byte of the frame's header; the rest goes in front of the first
         * block's. */
        begin(f, P_BLOCK_HEADER, rest + 3);
        break;
    case P_BLOCK_HEADER:
        /* `head` holds the last three bytes, see take(). */
        v &= 0xffffff;
        f->last_block = v & 1;
        begin(f, P_BLOCK, (v >> 1 & 3) == 1 ? 1 : v >> 3);
        break;
    case P_BLOCK:
        if (!f->last_block)
            begin(f, P_BLOCK_HEADER, 3);
        else if (f->checksum)
            begin(f, P_CHECKSUM, 4);
        else
            begin(f, P_MAGIC, 4);
        break;
    case P_SKIP_SIZE:
        begin(f, P_SKIP, v);
        break;
    case P_CHECKSUM:
    case P_SKIP:
        begin(f, P_MAGIC, 4);
        break;
    case P_UNKNOWN:
        break;
    }
}

/* n bytes at p, not more than `left`, were taken in. */
static void take(struct framing *f, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        /* Headers are remembered: of a block's the last three bytes, of the others, which are short, all. */
        if (f->piece == P_BLOCK || f->piece == P_SKIP || f->piece == P_UNKNOWN || f->piece == P_CHECKSUM)
            break;
        if (f->piece == P_BLOCK_HEADER && f->head_n == 3) {
            memmove(f->head, f->head + 1, 2);
            f->head_n = 2;
        }
        f->head[f->head_n++] = p[i];
    }
    f->left -= n;
    while (f->left == 0)
        next_piece(f);
}

/* Logs shrink to a thirtieth, so this is a megabyte of text; a whole block at a time would be no faster. */
enum { IN_CAP = 32 * 1024 };

struct zstd_reader {
    struct nx_reader base;
    struct nx_reader *from;
    ZSTD_DCtx *ctx;
    char *in;
    size_t in_pos, in_n, in_cap;
    uint64_t consumed;   /* of the compressed bytes, without those that wait in `in` */
    uint64_t out, limit; /* decompressed bytes */
    enum nx_limit which;
    struct framing at;
    bool eof;     /* of the input */
    bool done;    /* at the end of a frame, with nothing held back */
    bool pending; /* the last call filled its output: there may be more without more input */
    size_t bad;   /* the error that ended it, or 0 */
};

static int zstd_fail(size_t code, const char *name, uint64_t at, struct nx_err *err)
{
    int rc;
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        rc = nx_limit_fail(err, NX_LIM_WINDOW_LOG, name);
        break;
    case ZSTD_error_memory_allocation:
        rc = nx_fail(err, NX_ENOMEM, name, "no memory to decompress");
        break;
    default:
        rc = nx_fail(err, NX_EFORMAT, name, "damaged zstd data: %s", ZSTD_getErrorName(code));
        break;
    }
    nx_err_at(err, NX_NOWHERE, at);
    return rc;
}

/* One call for one piece of the input, or for what an earlier one left behind. */
static void step(struct zstd_reader *z, ZSTD_outBuffer *out)
{
    size_t n = z->in_n - z->in_pos;
    if (n > z->at.left)
        n = (size_t)z->at.left;
    ZSTD_inBuffer in = {z->in + z->in_pos, n, 0};
    size_t code = ZSTD_decompressStream(z->ctx, out, &in);
    if (ZSTD_isError(code)) {
        z->bad = code;
        return;
    }
    z->done = code == 0;
    z->pending = !z->done && out->pos == out->size;
    if (in.pos > 0)
        take(&z->at, (const unsigned char *)z->in + z->in_pos, in.pos);
    z->in_pos += in.pos;
    z->consumed += in.pos;
}

/* Fills the output as far as it goes. 0, or the error of the input. */
static int fill(struct zstd_reader *z, ZSTD_outBuffer *out, struct nx_err *err)
{
    while (out->pos < out->size && !z->bad) {
        if (z->in_pos < z->in_n || z->pending) {
            step(z, out);
            continue;
        }
        if (z->eof)
            break;
        ssize_t got = nx_reader_read(z->from, z->in, z->in_cap, err);
        if (got < 0)
            return (int)got;
        z->eof = got == 0;
        z->in_pos = 0;
        z->in_n = (size_t)got;
    }
    return 0;
}

static ssize_t zstd_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    struct zstd_reader *z = (struct zstd_reader *)r;
    bool at_limit = z->out >= z->limit;
    if (at_limit)
        n = 1; /* one byte more tells whether the stream ends just here */
    else if (n > z->limit - z->out)
        n = (size_t)(z->limit - z->out);
    ZSTD_outBuffer out = {buf, n, 0};
    int rc = fill(z, &out, err);
    /* What came out is handed out first; what went wrong is told by the next call. */
    if (out.pos > 0 && at_limit)
        return nx_limit_fail(err, z->which, r->name);
    if (out.pos > 0) {
        z->out += out.pos;
        return (ssize_t)out.pos;
    }
    if (rc < 0)
        return rc;
    if (z->bad)
        return zstd_fail(z->bad, r->name, z->consumed, err);
    if (z->done)
        return 0;
    rc = nx_fail(err, NX_ETRUNC, r->name, "incomplete frame");
    nx_err_at(err, NX_NOWHERE, z->consumed);
    return rc;
}

static void zstd_close(struct nx_reader *r)
{
    struct zstd_reader *z = (struct zstd_reader *)r;
    ZSTD_freeDCtx(z->ctx);
    nx_reader_close(z->from);
    free(z->in);
    free(z);
}

/* The decoder keeps what it has of a frame that was cut: it goes on where it stopped. */
static void zstd_again(struct nx_reader *r)
{
    struct zstd_reader *z = (struct zstd_reader *)r;
    z->eof = false;
    nx_reader_retry(z->from);
}

static const struct nx_reader_ops zstd_ops = {zstd_read, zstd_close, zstd_again};

int nx_zstd_open(struct nx_reader *compressed, enum nx_limit limit, struct nx_reader **ret,
                 struct nx_err *err)
{
    const char *name = nx_reader_name(compressed);
    struct zstd_reader *z = calloc(1, sizeof *z);
    if (!z) {
        int rc = nx_fail(err, NX_ENOMEM, name, "no memory to decompress");
        nx_reader_close(compressed);
        return rc;
    }
    int rc = nx_reader_init(&z->base, &zstd_ops, name, err);
    z->from = compressed;
    z->ctx = ZSTD_createDCtx();
    z->in_cap = IN_CAP;
    z->in = malloc(z->in_cap);
    z->which = limit;
    z->limit = nx_limit_value(limit);
    begin(&z->at, P_MAGIC, 4);
    if (rc == 0 && (!z->ctx || !z->in))
        rc = nx_fail(err, NX_ENOMEM, name, "no memory to decompress");
    if (rc == 0) {
        size_t code =
            ZSTD_DCtx_setParameter(z->ctx, ZSTD_d_windowLogMax, (int)nx_limit_value(NX_LIM_WINDOW_LOG));
        if (ZSTD_isError(code))
            rc = zstd_fail(code, name, 0, err);
    }
    if (rc < 0) {
        free(z->base.name);
        zstd_close(&z->base);
        return rc;
    }
    *ret = &z->base;
    return 0;
}

uint64_t nx_zstd_consumed(const struct nx_reader *r)
{
    assert(r->ops == &zstd_ops);
    return ((const struct zstd_reader *)r)->consumed;
}

int nx_zstd_frame(const void *src, size_t n, const void *dict, size_t dict_n, size_t max, const char *name,
                  char **ret, size_t *ret_n, struct nx_err *err)
{
    struct nx_strbuf b;
    ZSTD_DCtx *ctx = ZSTD_createDCtx();
    char *block = malloc(ZSTD_DStreamOutSize());
    size_t code = 1;
    int rc = 0;
    nx_strbuf_init(&b, max);
    if (!ctx || !block) {
        rc = nx_fail(err, NX_ENOMEM, name, "no memory to decompress");
        goto out;
    }
    if (dict && ZSTD_isError(code = ZSTD_DCtx_loadDictionary(ctx, dict, dict_n))) {
        rc = zstd_fail(code, name, NX_NOWHERE, err);
        goto out;
    }
    code = 1;
    ZSTD_inBuffer in = {src, n, 0};
    ZSTD_outBuffer out = {block, ZSTD_DStreamOutSize(), 0};
    do {
        out.pos = 0;
        /* After a whole frame that filled `block`, asking for more of nothing would begin a new one. */
        if (in.pos == in.size && code == 0)
            break;
        code = ZSTD_decompressStream(ctx, &out, &in);
        if (ZSTD_isError(code)) {
            rc = zstd_fail(code, name, NX_NOWHERE, err);
            goto out;
        }
        if (b.n + out.pos > max) {
            rc = nx_fail(err, NX_ELIMIT, name, "decompresses to more than %zu bytes", max);
            goto out;
        }
        nx_strbuf_add(&b, block, out.pos);
    } while (in.pos < in.size || out.pos == out.size);
    if (code != 0) {
        rc = nx_fail(err, NX_ETRUNC, name, "incomplete frame");
        goto out;
    }
    *ret = nx_strbuf_take(&b, ret_n);
    if (!*ret)
        rc = nx_fail(err, NX_ENOMEM, name, "no memory to decompress");
out:
    nx_strbuf_fini(&b);
    ZSTD_freeDCtx(ctx);
    free(block);
    return rc;
}
