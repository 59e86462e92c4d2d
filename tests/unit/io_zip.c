/* io/zip: what is read, and the many zips that are refused. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/zip.h"
#include "tests/unit/zipmake.h"

/* The bytes as an unnamed file. */
static int file_of(const char *p, size_t n)
{
    char path[] = "/tmp/nx-zip-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, p, n), n);
    return fd;
}

static int open_bytes(const struct nx_strbuf *b, struct nx_zip **ret, struct nx_err *err)
{
    return nx_zip_open("t.zip", file_of(b->n ? b->p : "", b->n), ret, err);
}

static void refused(struct zm *z, int code, const char *why)
{
    struct nx_zip *zip = NULL;
    struct nx_err err;
    int rc = open_bytes(&z->out, &zip, &err);
    if (rc != -code || !strstr(err.why, why))
        fail_msg("%d %s, not %s", rc, rc < 0 ? err.why : "", why);
    assert_string_equal(err.object, "t.zip");
    zm_free(z);
}

/* A megabyte that compresses to a third. */
static char *sample(size_t n)
{
    char *p = malloc(n);
    uint32_t x = 7;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = (char)(x >> 29);
    }
    return p;
}

static void methods(void **state)
{
    (void)state;
    enum { N = 1000000 };
    char *data = sample(N), *got = NULL;
    static const unsigned method[] = {0, 8, 93};
    static const size_t sizes[] = {0, 1, 5000, N};
    struct zm z;
    struct nx_zip *zip = NULL;
    struct nx_err err;
    char name[32];
    size_t n;
    zm_begin(&z);
    zm_add(&z, "dir/", "", 0, 0);
    for (unsigned m = 0; m < 3; m++)
        for (unsigned s = 0; s < 4; s++) {
            snprintf(name, sizeof name, "dir/%u-%u", m, s);
            zm_add(&z, name, data, sizes[s], method[m]);
        }
    zm_end(&z, "a comment");
    assert_int_equal(open_bytes(&z.out, &zip, &err), 0);
    assert_int_equal(nx_zip_count(zip), 13);
    assert_string_equal(nx_zip_entry_name(zip, 0), "dir/");
    assert_string_equal(nx_zip_entry_name(zip, 5), "dir/1-0");
    assert_int_equal(nx_zip_entry_size(zip, 4), N);
    for (unsigned m = 0; m < 3; m++)
        for (unsigned s = 0; s < 4; s++) {
            snprintf(name, sizeof name, "dir/%u-%u", m, s);
            assert_true(nx_zip_has(zip, name));
            if (nx_zip_slurp(zip, name, NX_LIM_MANIFEST_BYTES, &got, &n, &err) < 0)
                fail_msg("%s: %s", name, err.why);
            assert_int_equal(n, sizes[s]);
            assert_memory_equal(got, data, n);
            free(got);
        }
    assert_false(nx_zip_has(zip, "dir"));
    assert_false(nx_zip_has(zip, "dir/0-0/"));
    assert_int_equal(nx_zip_slurp(zip, "none", NX_LIM_MANIFEST_BYTES, &got, &n, &err), -NX_ENOTFOUND);
    assert_string_equal(err.why, "required file `none` missing from archive");
    nx_zip_close(zip);
    nx_zip_close(NULL);
    zm_free(&z);
    free(data);
}

static void not_a_zip(void **state)
{
    (void)state;
    struct zm z;
    struct nx_zip *zip = NULL;
    struct nx_err err;
    zm_begin(&z);
    refused(&z, NX_EFORMAT, "not a zip archive");
    zm_begin(&z);
    nx_strbuf_adds(&z.out, "just some text that is longer than the shortest zip");
    refused(&z, NX_EFORMAT, "not a zip archive");
    assert_int_equal(nx_zip_open("/nowhere.zip", -1, &zip, &err), -NX_ENOTFOUND);
    assert_int_equal(nx_zip_open("/tmp", -1, &zip, &err), -NX_EIO);
    assert_int_equal(nx_zip_open("/dev/null", -1, &zip, &err), -NX_EIO);
    /* An empty one is one. */
    zm_begin(&z);
    zm_end(&z, "");
    assert_int_equal(open_bytes(&z.out, &zip, &err), 0);
    assert_int_equal(nx_zip_count(zip), 0);
    nx_zip_close(zip);
    zm_free(&z);
}

static void start(struct zm *z)
{
    zm_begin(z);
    zm_add(z, "a", "first", 5, 0);
    zm_add(z, "b", "second, longer", 14, 8);
}

static void junk_around(void **state)
{
    (void)state;
    struct zm z;
    start(&z);
    zm_end(&z, "");
    nx_strbuf_adds(&z.out, "junk");
    refused(&z, NX_EFORMAT, "something behind its end");
    start(&z);
    zm_end(&z, "");
    struct nx_strbuf moved;
    nx_strbuf_init(&moved, 0);
    nx_strbuf_adds(&moved, "junk");
    nx_strbuf_add(&moved, z.out.p, z.out.n);
    nx_strbuf_fini(&z.out);
    z.out = moved;
    refused(&z, NX_EFORMAT, "not where it should be");
    /* Between the entries, and before the directory. */
    zm_begin(&z);
    zm_add(&z, "a", "first", 5, 0);
    nx_strbuf_adds(&z.out, "junk");
    zm_add(&z, "b", "second", 6, 0);
    zm_end(&z, "");
    refused(&z, NX_EFORMAT, "overlap, or are not in order");
    start(&z);
    nx_strbuf_adds(&z.out, "junk");
    zm_end(&z, "");
    refused(&z, NX_EFORMAT, "do not end where its directory begins");
    start(&z);
    nx_strbuf_adds(&z.dir, "junk");
    zm_end(&z, "");
    struct nx_zip *zip = NULL; /* eazip does not look behind the last entry of the directory */
    struct nx_err err;
    if (open_bytes(&z.out, &zip, &err) == 0)
        nx_zip_close(zip);
    zm_free(&z);
}

static void cuts(void **state)
{
    (void)state;
    struct zm z;
    struct nx_err err;
    start(&z);
    zm_end(&z, "comment");
    for (size_t n = 0; n < z.out.n; n++) {
        struct nx_zip *zip = NULL;
        int rc = nx_zip_open("t.zip", file_of(z.out.p, n), &zip, &err);
        if (rc != -NX_EFORMAT && rc != -NX_ETRUNC)
            fail_msg("%zu: %d", n, rc);
    }
    zm_free(&z);
}

static void names(void **state)
{
    (void)state;
    static const char *const bad[] = {"/a", "../a", "a/..", "a/../b", "a\\b", ".", "a/.", "./", "//", ""};
    struct zm z;
    struct nx_zip *zip = NULL;
    struct nx_err err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        zm_begin(&z);
        zm_add(&z, bad[i], "", 0, 0);
        zm_end(&z, "");
        refused(&z, NX_EFORMAT, i == 9 ? "not where it should be" : "invalid entry");
    }
    zm_begin(&z);
    zm_add(&z, "x", "", 0, 0);
    z.out.p[z.local + 30] = z.dir.p[z.central + 46] = '\0';
    zm_end(&z, "");
    refused(&z, NX_EFORMAT, "invalid entry");
    zm_begin(&z);
    zm_add(&z, "./a//b/./c", "x", 1, 0);
    zm_end(&z, "");
    assert_int_equal(open_bytes(&z.out, &zip, &err), 0);
    assert_string_equal(nx_zip_entry_name(zip, 0), "a/b/c");
    assert_true(nx_zip_has(zip, "a/b/c"));
    nx_zip_close(zip);
    zm_free(&z);
}

static void repeated_names(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"a", "a"}, {"a", "a/"}, {"a/b", "a//b"}, {"./a", "a"}};
    struct zm z;
    for (size_t i = 0; i < 4; i++) {
        zm_begin(&z);
        zm_add(&z, "0", "", 0, 0);
        zm_add(&z, pairs[i][0], "", 0, 0);
        zm_add(&z, "z", "", 0, 0);
        zm_add(&z, pairs[i][1], "", 0, 0);
        zm_end(&z, "");
        refused(&z, NX_EFORMAT, "duplicated name in archive");
    }
}

/* Many entries of the directory that share the same bytes: the bomb of overlapping files. */
static void overlaps(void **state)
{
    (void)state;
    struct zm z, other;
    start(&z);
    zm_begin(&other);
    zm_add(&other, "c", "second, longer", 14, 8);
    memcpy(other.dir.p + other.central + 42, z.dir.p + z.central + 42, 4);
    nx_strbuf_add(&z.dir, other.dir.p, other.dir.n);
    z.n++;
    zm_end(&z, "");
    zm_free(&other);
    refused(&z, NX_EFORMAT, "overlap");
    start(&z);
    memset(z.dir.p + z.central + 42, 0, 4);
    zm_end(&z, "");
    refused(&z, NX_EFORMAT, "overlap");
}

/* One byte of a header differs from the other header. */
static void headers_disagree(void **state)
{
    (void)state;
    static const size_t local[] = {6, 8, 14, 18, 22, 30};
    static const size_t central[] = {8, 10, 16, 20, 24, 46};
    struct zm z;
    struct nx_zip *zip = NULL;
    struct nx_err err;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < 6; i++) {
            start(&z);
            char *p = side ? z.dir.p + z.central + central[i] : z.out.p + z.local + local[i];
            *p = (char)(*p ^ 2);
            zm_end(&z, "");
            int rc = open_bytes(&z.out, &zip, &err);
            if (rc != -NX_EFORMAT && rc != -NX_ETRUNC)
                fail_msg("%d %zu: %d", side, i, rc);
            zm_free(&z);
        }
    /* A folder that holds something, a name without a slash that is a folder, a stored entry of two sizes. */
    zm_begin(&z);
    zm_add(&z, "d/", "x", 1, 0);
    zm_end(&z, "");
    refused(&z, NX_EFORMAT, "file or folder");
    zm_begin(&z);
    zm_add(&z, "d", "x", 1, 0);
    z.dir.p[z.central + 38] = 0x10;
    zm_end(&z, "");
    refused(&z, NX_EFORMAT, "file or folder");
    zm_begin(&z);
    zm_add(&z, "s", "xyz", 3, 0);
    z.dir.p[z.central + 24] = z.out.p[z.local + 22] = 4;
    zm_end(&z, "");
    refused(&z, NX_EFORMAT, "two sizes");
}

static int slurp_only(struct zm *z, struct nx_err *err)
{
    struct nx_zip *zip = NULL;
    char *p = NULL;
    size_t n;
    zm_end(z, "");
    if (open_bytes(&z->out, &zip, err) < 0)
        fail_msg("%s", err->why);
    int rc = nx_zip_slurp(zip, "e", NX_LIM_MANIFEST_BYTES, &p, &n, err);
    if (rc == 0)
        free(p);
    nx_zip_close(zip);
    zm_free(z);
    return rc;
}

/* Changes the same byte in both headers of the only entry. */
static void both(struct zm *z, size_t local, char v)
{
    z->out.p[z->local + local] = v;
    z->dir.p[z->central + local + 2] = v;
}

static void lies(void **state)
{
    (void)state;
    static const unsigned method[] = {0, 8, 93};
    struct zm z;
    struct nx_err err;
    char *zeros = calloc(1, (16u << 20) + 1);
    for (int m = 0; m < 3; m++) {
        zm_begin(&z);
        zm_add(&z, "e", "content", 7, method[m]);
        both(&z, 14, (char)(z.out.p[z.local + 14] ^ 1));
        assert_int_equal(slurp_only(&z, &err), -NX_EFORMAT);
        assert_string_equal(err.why, "invalid CRC32 check: data was corrupted");
        assert_string_equal(err.object, "t.zip (e)");
        zm_begin(&z);
        zm_add(&z, "e", zeros, (16u << 20) + 1, method[m]);
        assert_int_equal(slurp_only(&z, &err), -NX_ELIMIT);
        if (m == 0)
            continue;
        /* Bombs: they say that they are small. */
        zm_begin(&z);
        zm_add(&z, "e", zeros, 16u << 20, method[m]);
        both(&z, 24, 0);
        both(&z, 25, 0);
        both(&z, 22, 10);
        assert_int_equal(slurp_only(&z, &err), -NX_EFORMAT);
        assert_string_equal(err.why, "longer than the zip's directory says");
        zm_begin(&z);
        zm_add(&z, "e", "content", 7, method[m]);
        both(&z, 22, 8);
        assert_int_equal(slurp_only(&z, &err), -NX_EFORMAT);
        assert_string_equal(err.why, "shorter than the zip's directory says");
        zm_begin(&z);
        zm_add(&z, "e", "content", 7, method[m]);
        z.out.p[z.out.n - 4] = (char)(z.out.p[z.out.n - 4] ^ 0x7f);
        assert_int_equal(slurp_only(&z, &err), -NX_EFORMAT);
    }
    zm_begin(&z);
    zm_add(&z, "e", "content", 7, 14);
    assert_int_equal(slurp_only(&z, &err), -NX_EFORMAT);
    assert_non_null(strstr(err.why, "zip method 14"));
    zm_begin(&z);
    zm_add(&z, "e", "content", 7, 0);
    both(&z, 6, 1);
    assert_int_equal(slurp_only(&z, &err), -NX_EFORMAT);
    assert_string_equal(err.why, "encrypted file");
    free(zeros);
}

static void nested(void **state)
{
    (void)state;
    static const unsigned method[] = {0, 8, 93};
    struct zm in, mid, out;
    struct nx_zip *a = NULL, *b = NULL, *c = NULL;
    struct nx_err err;
    char *p = NULL;
    size_t n;
    for (int m = 0; m < 9; m++) {
        zm_begin(&in);
        zm_add(&in, "file", "deep inside", 11, 93);
        zm_end(&in, "");
        zm_begin(&mid);
        zm_add(&mid, "first", "x", 1, 0);
        zm_add(&mid, "in.zip", in.out.p, in.out.n, method[m / 3]);
        zm_end(&mid, "");
        zm_begin(&out);
        zm_add(&out, "mid.zip", mid.out.p, mid.out.n, method[m % 3]);
        zm_end(&out, "");
        assert_int_equal(open_bytes(&out.out, &a, &err), 0);
        assert_int_equal(nx_zip_open_nested(a, "mid.zip", &b, &err), 0);
        assert_string_equal(nx_zip_name(b), "t.zip (mid.zip)");
        assert_int_equal(nx_zip_open_nested(b, "in.zip", &c, &err), 0);
        assert_int_equal(nx_zip_slurp(c, "file", NX_LIM_MANIFEST_BYTES, &p, &n, &err), 0);
        assert_string_equal(p, "deep inside");
        free(p);
        nx_zip_close(c);
        assert_int_equal(nx_zip_open_nested(b, "first", &c, &err), -NX_EFORMAT);
        assert_string_equal(err.object, "t.zip (mid.zip) (first)");
        assert_int_equal(nx_zip_open_nested(b, "second", &c, &err), -NX_ENOTFOUND);
        nx_zip_close(b);
        nx_zip_close(a);
        zm_free(&in);
        zm_free(&mid);
        zm_free(&out);
    }
}

/* The file gets shorter under the reader. */
static void shrinks(void **state)
{
    (void)state;
    char *data = sample(100000), buf[1000];
    struct zm z;
    struct nx_zip *zip = NULL;
    struct nx_reader *r = NULL;
    struct nx_err err;
    zm_begin(&z);
    zm_add(&z, "e", data, 100000, 0);
    zm_end(&z, "");
    int fd = file_of(z.out.p, z.out.n), mine = dup(fd);
    assert_int_equal(nx_zip_open("t.zip", fd, &zip, &err), 0);
    assert_int_equal(nx_zip_reader(zip, "e", NX_LIM_ENTRY_BYTES, &r, &err), 0);
    assert_int_equal(nx_reader_read(r, buf, sizeof buf, &err), sizeof buf);
    assert_int_equal(ftruncate(mine, 2000), 0);
    ssize_t got;
    while ((got = nx_reader_read(r, buf, sizeof buf, &err)) > 0)
        ;
    assert_int_equal(got, -NX_ETRUNC);
    nx_reader_close(r);
    nx_zip_close(zip);
    close(mine);
    zm_free(&z);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods),     cmocka_unit_test(not_a_zip),
        cmocka_unit_test(junk_around), cmocka_unit_test(cuts),
        cmocka_unit_test(names),       cmocka_unit_test(repeated_names),
        cmocka_unit_test(overlaps),    cmocka_unit_test(headers_disagree),
        cmocka_unit_test(lies),        cmocka_unit_test(nested),
        cmocka_unit_test(shrinks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
