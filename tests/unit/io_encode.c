/* What the encoders write decodes to what they were given, whatever the sizes; a sink that fails is heard. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/encode.h"

/* Runs the command-line decoder, which is nobody's code but the formats' own. */
static char *decoded(enum nx_encoding enc, const struct nx_strbuf *packed, size_t *n)
{
    char name[] = "/tmp/nx-encode-XXXXXX", cmd[128];
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, packed->p, packed->n), (ssize_t)packed->n);
    close(fd);
    snprintf(cmd, sizeof cmd, "%s -d -c < %s", enc == NX_ENC_GZIP ? "gzip" : "zstd -q", name);
    FILE *p = popen(cmd, "r");
    assert_non_null(p);
    struct nx_strbuf out;
    nx_strbuf_init(&out, 0);
    char buf[4096];
    for (size_t k; (k = fread(buf, 1, sizeof buf, p)) > 0;) {
        nx_strbuf_add(&out, buf, k);
    }
    assert_int_equal(pclose(p), 0);
    unlink(name);
    return nx_strbuf_take(&out, n);
}

static void round_trip(enum nx_encoding enc, size_t n, size_t piece, bool dull)
{
    struct nx_strbuf packed;
    struct nx_sink_mem to;
    struct nx_encoder *e = NULL;
    struct nx_err err;
    char *data = malloc(n + 1);
    assert_non_null(data);
    uint32_t x = 1;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        data[i] = dull ? 'a' : (char)(x >> 24);
    }
    nx_strbuf_init(&packed, 0);
    nx_sink_mem_init(&to, &packed);
    assert_int_equal(nx_encoder_open(enc, &to.sink, &e, &err), 0);
    for (size_t at = 0; at < n; at += piece) {
        size_t k = n - at < piece ? n - at : piece;
        assert_int_equal(nx_sink_write(nx_encoder_sink(e), data + at, k, &err), 0);
    }
    assert_int_equal(nx_encoder_end(e, &err), 0);
    nx_encoder_close(e);
    size_t got = 0;
    char *back = decoded(enc, &packed, &got);
    assert_int_equal(got, n);
    assert_memory_equal(back, data, n);
    if (dull && n > 100000) {
        assert_true(packed.n < n / 50);
    }
    free(back);
    free(data);
    nx_strbuf_fini(&packed);
}

static void every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 100, 131071, 131072, 131073, 1000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int enc = NX_ENC_GZIP; enc <= NX_ENC_ZSTD; enc++) {
            round_trip((enum nx_encoding)enc, sizes[i], 1 << 20, false);
            round_trip((enum nx_encoding)enc, sizes[i], 4099, true);
        }
    }
    round_trip(NX_ENC_GZIP, 3000, 1, false);
    round_trip(NX_ENC_ZSTD, 3000, 1, false);
}

static int refuse(struct nx_sink *self, const void *p, size_t n, struct nx_err *err)
{
    (void)self;
    (void)p;
    (void)n;
    return nx_fail(err, NX_EWRITE, "sink", "full");
}

static void sink_that_fails(void **state)
{
    (void)state;
    for (int enc = NX_ENC_GZIP; enc <= NX_ENC_ZSTD; enc++) {
        struct nx_sink sink = {1, refuse};
        struct nx_encoder *e = NULL;
        struct nx_err err;
        assert_int_equal(nx_encoder_open((enum nx_encoding)enc, &sink, &e, &err), 0);
        int r = nx_sink_write(nx_encoder_sink(e), "x", 1, &err); /* gzip's header comes at once, zstd's later */
        if (r == 0) {
            r = nx_encoder_end(e, &err);
        }
        assert_int_equal(r, -NX_EWRITE);
        nx_encoder_close(e);
    }
    nx_encoder_close(NULL);
}

static void whole_file(void **state)
{
    (void)state;
    struct nx_strbuf packed;
    struct nx_sink_mem to;
    struct nx_err err;
    char name[] = "/tmp/nx-encode-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(write(fd, "hello", 5), 5); /* and the offset stands at the end */
    nx_strbuf_init(&packed, 0);
    nx_sink_mem_init(&to, &packed);
    assert_int_equal(nx_encode_fd(NX_ENC_ZSTD, fd, name, &to.sink, &err), 0);
    size_t n = 0;
    char *back = decoded(NX_ENC_ZSTD, &packed, &n);
    assert_int_equal(n, 5);
    assert_memory_equal(back, "hello", 5);
    free(back);
    nx_strbuf_fini(&packed);
    close(fd);
    nx_strbuf_init(&packed, 0);
    assert_int_equal(nx_encode_fd(NX_ENC_GZIP, fd, name, &to.sink, &err), -NX_EIO);
    nx_strbuf_fini(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size),
        cmocka_unit_test(sink_that_fails),
        cmocka_unit_test(whole_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
