/* io/zstd: frames of every kind, ends in every place, and nothing lost before a damage. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/strbuf.h"
#include "io/reader_impl.h"
#include "io/zstd.h"

/* Hands out at most `most` bytes at a time. */
struct drip {
    struct nx_reader base;
    const char *p;
    size_t n, most;
};

static ssize_t drip_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    (void)err;
    struct drip *d = (struct drip *)r;
    n = n > d->most ? d->most : n;
    n = n > d->n ? d->n : n;
    memcpy(buf, d->p, n);
    d->p += n;
    d->n -= n;
    return (ssize_t)n;
}

static void drip_close(struct nx_reader *r)
{
    free(r);
}

static const struct nx_reader_ops drip_ops = {drip_read, drip_close, NULL};

/* Decompresses, reading `most` in and `chunk` out at a time. 0 or the code; what came out is in `out`. */
static int unpack(const char *p, size_t n, size_t most, size_t chunk, struct nx_strbuf *out,
                  struct nx_err *err)
{
    struct drip *d = calloc(1, sizeof *d);
    struct nx_reader *z = NULL;
    assert_int_equal(nx_reader_init(&d->base, &drip_ops, "z", err), 0);
    d->p = p;
    d->n = n;
    d->most = most;
    assert_int_equal(nx_zstd_open(&d->base, NX_LIM_MANIFEST_BYTES, &z, err), 0);
    char *buf = malloc(chunk);
    ssize_t got;
    while ((got = nx_reader_read(z, buf, chunk, err)) > 0)
        nx_strbuf_add(out, buf, (size_t)got);
    if (got == 0)
        assert_int_equal(nx_zstd_consumed(z), n);
    free(buf);
    nx_reader_close(z);
    return (int)got;
}

/* Text that compresses somewhat, so that blocks of several types occur; the same each time. */
static char *text(size_t n)
{
    char *p = malloc(n);
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = i % 7000 < 4000 ? (char)('a' + (x >> 28)) : i % 7000 < 6000 ? 'z' : (char)(x >> 24);
    }
    return p;
}

/* One frame; checksum and level as asked. */
static void add_frame(struct nx_strbuf *b, const char *p, size_t n, int level, int checksum)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t cap = ZSTD_compressBound(n);
    char *out = malloc(cap);
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, checksum);
    size_t got = ZSTD_compress2(c, out, cap, p, n);
    assert_false(ZSTD_isError(got));
    nx_strbuf_add(b, out, got);
    free(out);
    ZSTD_freeCCtx(c);
}

static void add_skippable(struct nx_strbuf *b, unsigned char size)
{
    char head[8] = {0x53, 0x2a, 0x4d, 0x18, (char)size, 0, 0, 0};
    nx_strbuf_add(b, head, 8);
    for (unsigned i = 0; i < size; i++)
        nx_strbuf_addc(b, (char)i);
}

static void frames(void **state)
{
    (void)state;
    size_t n = 400000;
    char *plain = text(n);
    struct nx_strbuf b, out, want;
    struct nx_err err;
    nx_strbuf_init(&b, 0);
    nx_strbuf_init(&out, 0);
    nx_strbuf_init(&want, 0);
    add_skippable(&b, 0);
    for (int i = 0; i < 6; i++) {
        size_t part = i == 3 ? 0 : i == 4 ? 1 : n / (size_t)(i + 1);
        add_frame(&b, plain, part, i % 2 ? 19 : 1, i % 2);
        nx_strbuf_add(&want, plain, part);
        add_skippable(&b, (unsigned char)(i * 40));
    }
    static const size_t sizes[] = {1, 3, 1000, 131072, 1000000};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++) {
            nx_strbuf_clear(&out);
            if (unpack(b.p, b.n, sizes[i], sizes[j], &out, &err) < 0)
                fail_msg("%zu %zu: %s", sizes[i], sizes[j], err.why);
            assert_int_equal(out.n, want.n);
            assert_memory_equal(out.p, want.p, want.n);
        }
    nx_strbuf_fini(&b);
    nx_strbuf_fini(&out);
    nx_strbuf_fini(&want);
    free(plain);
}

/* An output that is just filled by the frame's last byte is no reason to want more input. */
static void full_at_the_end(void **state)
{
    (void)state;
    char *plain = text(300000);
    struct nx_strbuf b, out;
    struct nx_err err;
    nx_strbuf_init(&b, 0);
    nx_strbuf_init(&out, 0);
    add_frame(&b, plain, 300000, 3, 0);
    static const size_t sizes[] = {300000, 150000, 100000, 1};
    for (size_t i = 0; i < 4; i++) {
        nx_strbuf_clear(&out);
        assert_int_equal(unpack(b.p, b.n, 1000000, sizes[i], &out, &err), 0);
        assert_int_equal(out.n, 300000);
    }
    nx_strbuf_fini(&b);
    nx_strbuf_fini(&out);
    free(plain);
}

/* Cut anywhere: what comes out is a prefix, at least all whole blocks before the cut, and longer the later
 * the cut. */
static void cuts(void **state)
{
    (void)state;
    size_t n = 500000, before = 0;
    char *plain = text(n);
    struct nx_strbuf b, out;
    struct nx_err err;
    nx_strbuf_init(&b, 0);
    nx_strbuf_init(&out, 0);
    add_frame(&b, plain, n, 1, 1);
    for (size_t cut = 0; cut < b.n; cut += cut < 32 || cut + 1024 > b.n ? 1 : 997) {
        nx_strbuf_clear(&out);
        assert_int_equal(unpack(b.p, cut, 4096, 50000, &out, &err), -NX_ETRUNC);
        assert_string_equal(err.why, "incomplete frame");
        assert_int_equal(err.offset, cut);
        assert_true(out.n >= before);
        assert_true(out.n == 0 || memcmp(out.p, plain, out.n) == 0);
        before = out.n;
    }
    assert_int_equal(before, n);
    nx_strbuf_fini(&b);
    nx_strbuf_fini(&out);
    free(plain);
}

/* The fourth block's header is made a reserved type: the first three blocks come out all the same. */
static void damage_loses_only_what_is_behind(void **state)
{
    (void)state;
    size_t n = 4 * 131072;
    char *plain = text(n);
    struct nx_strbuf b, out;
    struct nx_err err;
    nx_strbuf_init(&b, 0);
    nx_strbuf_init(&out, 0);
    add_frame(&b, plain, n, 1, 0);
    size_t at = 4 + 1 + 4; /* magic, descriptor, content size of a single segment */
    for (int i = 0; i < 3; i++) {
        unsigned char *h = (unsigned char *)b.p + at;
        at += 3 + ((size_t)h[0] >> 3 | (size_t)h[1] << 5 | (size_t)h[2] << 13);
    }
    b.p[at] = (char)(b.p[at] | 6);
    assert_int_equal(unpack(b.p, b.n, 1000000, 1000000, &out, &err), -NX_EFORMAT);
    assert_int_equal(out.n, 3 * 131072);
    assert_memory_equal(out.p, plain, out.n);
    assert_int_equal(err.offset, at);
    nx_strbuf_fini(&b);
    nx_strbuf_fini(&out);
    free(plain);
}

static void what_is_no_frame(void **state)
{
    (void)state;
    struct nx_strbuf b, out;
    struct nx_err err;
    nx_strbuf_init(&b, 0);
    nx_strbuf_init(&out, 0);
    assert_int_equal(unpack("", 0, 1, 10, &out, &err), -NX_ETRUNC);
    assert_int_equal(unpack("{\"a\":1}\n", 8, 100, 10, &out, &err), -NX_EFORMAT);
    assert_int_equal(unpack("{\"a\":1}\n", 8, 1, 10, &out, &err), -NX_EFORMAT);
    add_frame(&b, "hello", 5, 3, 1);
    for (size_t zeros = 1; zeros < 9; zeros++) {
        nx_strbuf_addc(&b, 0);
        nx_strbuf_clear(&out);
        assert_int_equal(unpack(b.p, b.n, 1000, 1000, &out, &err), -NX_EFORMAT);
        assert_string_equal(out.p, "hello");
    }
    nx_strbuf_fini(&b);
    nx_strbuf_fini(&out);
}

static void limits(void **state)
{
    (void)state;
    size_t most = 16u << 20; /* NX_LIMIT(MANIFEST_BYTES) */
    char *zeros = calloc(1, most + 1);
    struct nx_strbuf b, out;
    struct nx_err err;
    nx_strbuf_init(&b, 0);
    nx_strbuf_init(&out, 0);
    add_frame(&b, zeros, most, 1, 0);
    assert_int_equal(unpack(b.p, b.n, 4096, 1 << 20, &out, &err), 0);
    assert_int_equal(out.n, most);
    nx_strbuf_clear(&b);
    nx_strbuf_clear(&out);
    add_frame(&b, zeros, most + 1, 1, 0);
    assert_int_equal(unpack(b.p, b.n, 4096, 1 << 20, &out, &err), -NX_ELIMIT);
    assert_int_equal(out.n, most);
    /* A window of 2^31 bytes is refused before memory is taken for it. */
    nx_strbuf_clear(&out);
    assert_int_equal(unpack("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9, 100, 100, &out, &err), -NX_ELIMIT);
    nx_strbuf_fini(&b);
    nx_strbuf_fini(&out);
    free(zeros);
}

static void whole_frames(void **state)
{
    (void)state;
    char *plain = text(200000), *p = NULL;
    size_t n = 0;
    struct nx_strbuf b;
    struct nx_err err;
    nx_strbuf_init(&b, 0);
    add_frame(&b, plain, 200000, 3, 1);
    assert_int_equal(nx_zstd_frame(b.p, b.n, NULL, 0, 200000, "f", &p, &n, &err), 0);
    assert_int_equal(n, 200000);
    assert_memory_equal(p, plain, n);
    free(p);
    assert_int_equal(nx_zstd_frame(b.p, b.n, NULL, 0, 199999, "f", &p, &n, &err), -NX_ELIMIT);
    assert_int_equal(nx_zstd_frame(b.p, b.n - 1, NULL, 0, 200000, "f", &p, &n, &err), -NX_ETRUNC);
    assert_int_equal(nx_zstd_frame(b.p, 0, NULL, 0, 200000, "f", &p, &n, &err), -NX_ETRUNC);
    assert_int_equal(nx_zstd_frame("abcdefgh", 8, NULL, 0, 200000, "f", &p, &n, &err), -NX_EFORMAT);
    /* With a dictionary: a frame that was made with one needs it. */
    ZSTD_CCtx *c = ZSTD_createCCtx();
    char small[4096];
    ZSTD_CCtx_loadDictionary(c, plain, 100000);
    size_t small_n = ZSTD_compress2(c, small, sizeof small, plain + 1000, 3000);
    assert_false(ZSTD_isError(small_n));
    assert_int_equal(nx_zstd_frame(small, small_n, plain, 100000, 3000, "f", &p, &n, &err), 0);
    assert_int_equal(n, 3000);
    assert_memory_equal(p, plain + 1000, n);
    free(p);
    assert_int_equal(nx_zstd_frame(small, small_n, NULL, 0, 3000, "f", &p, &n, &err), -NX_EFORMAT);
    ZSTD_freeCCtx(c);
    nx_strbuf_fini(&b);
    free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),
        cmocka_unit_test(full_at_the_end),
        cmocka_unit_test(cuts),
        cmocka_unit_test(damage_loses_only_what_is_behind),
        cmocka_unit_test(what_is_no_frame),
        cmocka_unit_test(limits),
        cmocka_unit_test(whole_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
