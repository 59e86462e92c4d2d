/* io/reader: files, memory, slurping under a limit, errors that stay. */
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
#include <sys/stat.h>
#include <unistd.h>

#include "io/reader_impl.h"

static char dir[] = "/tmp/nx-reader-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

static void files(void **state)
{
    (void)state;
    char path[64], buf[8];
    struct nx_reader *r = NULL;
    struct nx_err err;
    snprintf(path, sizeof path, "%s/f", dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    close(fd);
    assert_int_equal(nx_reader_open_file(path, &r, &err), 0);
    assert_string_equal(nx_reader_name(r), path);
    assert_int_equal(nx_reader_read(r, buf, 0, &err), 0);
    assert_int_equal(nx_reader_read(r, buf, 8, &err), 8);
    assert_int_equal(nx_reader_read(r, buf, 8, &err), 2);
    assert_memory_equal(buf, "89", 2);
    assert_int_equal(nx_reader_read(r, buf, 8, &err), 0);
    nx_reader_close(r);
    nx_reader_close(NULL);
    unlink(path);
    assert_int_equal(nx_reader_open_file(path, &r, &err), -NX_ENOTFOUND);
    assert_string_equal(err.object, path);
    assert_int_equal(nx_reader_open_file(dir, &r, &err), -NX_EIO);
    assert_string_equal(err.why, "is a directory");
    /* Nobody writes into it: opening it must not wait. */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(nx_reader_open_file(path, &r, &err), -NX_EIO);
    unlink(path);
}

static void slurps(void **state)
{
    (void)state;
    struct nx_reader *r;
    struct nx_err err;
    char *p = NULL;
    size_t n = 0, big = (16u << 20) + 1;
    assert_int_equal(nx_reader_open_mem(NULL, 0, "none", &r, &err), 0);
    assert_int_equal(nx_reader_slurp(r, NX_LIM_MANIFEST_BYTES, &p, &n, &err), 0);
    assert_int_equal(n, 0);
    assert_string_equal(p, "");
    free(p);
    nx_reader_close(r);
    char *mem = malloc(big);
    memset(mem, 'x', big);
    assert_int_equal(nx_reader_open_mem(mem, big - 1, "all", &r, &err), 0);
    assert_int_equal(nx_reader_slurp(r, NX_LIM_MANIFEST_BYTES, &p, &n, &err), 0);
    assert_int_equal(n, big - 1);
    assert_memory_equal(p, mem, n);
    assert_int_equal(p[n], 0);
    free(p);
    nx_reader_close(r);
    assert_int_equal(nx_reader_open_mem(mem, big, "big", &r, &err), 0);
    assert_int_equal(nx_reader_slurp(r, NX_LIM_MANIFEST_BYTES, &p, &n, &err), -NX_ELIMIT);
    assert_string_equal(err.object, "big");
    nx_reader_close(r);
    free(mem);
}

static int calls;

static ssize_t failing_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    (void)buf;
    (void)n;
    return nx_fail(err, NX_EIO, r->name, "failed in call %d", ++calls);
}

static void failing_close(struct nx_reader *r)
{
    free(r);
}

static void errors_stay(void **state)
{
    (void)state;
    static const struct nx_reader_ops ops = {failing_read, failing_close, NULL};
    struct nx_reader *r = malloc(sizeof *r);
    struct nx_err err;
    char buf[4];
    assert_int_equal(nx_reader_init(r, &ops, "bad", &err), 0);
    assert_int_equal(nx_reader_read(r, buf, 4, NULL), -NX_EIO);
    assert_int_equal(nx_reader_read(r, buf, 4, &err), -NX_EIO);
    assert_string_equal(err.why, "failed in call 1");
    assert_int_equal(nx_reader_read(r, buf, 4, &err), -NX_EIO);
    assert_int_equal(calls, 1);
    nx_reader_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(slurps),
        cmocka_unit_test(errors_stay),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
