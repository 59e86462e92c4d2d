/* The trace cache: files appear whole, the least recently served goes first, and what is not ours stays. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "state/traces.h"

static char dir[512];

static void sh(const char *fmt, ...) NX_PRINTF(1, 2);
static void sh(const char *fmt, ...)
{
    char cmd[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(cmd, sizeof cmd, fmt, ap);
    va_end(ap);
    assert_int_equal(system(cmd), 0);
}

static int setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/nx-traces-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    sh("chmod -R u+rwX '%s' && rm -rf '%s'", dir, dir);
    return 0;
}

static struct nx_traces *opened(uint64_t quota)
{
    struct nx_traces *t = NULL;
    struct nx_err err;
    assert_int_equal(nx_traces_open(dir, quota, &t, &err), 0);
    return t;
}

static void store(struct nx_traces *t, const char *key, const char *text)
{
    struct nx_traces_new *n = NULL;
    struct nx_err err;
    int fd = -1;
    assert_int_equal(nx_traces_begin(t, key, &n, &fd, &err), 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(nx_traces_put(t, n, &err), 0);
    close(fd);
}

static bool holds(struct nx_traces *t, const char *key, const char *text)
{
    struct nx_err err;
    int fd = -1;
    uint64_t size = 0;
    char buf[64] = "";
    if (nx_traces_get(t, key, &fd, &size, &err) != 0) {
        assert_int_equal(err.code, NX_ENOTFOUND);
        return false;
    }
    assert_int_equal(size, strlen(text));
    assert_int_equal(read(fd, buf, sizeof buf), (ssize_t)size);
    assert_memory_equal(buf, text, size);
    close(fd);
    return true;
}

static unsigned files_in_dir(void)
{
    char cmd[700];
    unsigned n = 0;
    snprintf(cmd, sizeof cmd, "ls -A '%s' | wc -l", dir);
    FILE *p = popen(cmd, "r");
    assert_non_null(p);
    assert_int_equal(fscanf(p, "%u", &n), 1);
    pclose(p);
    return n;
}

static void put_then_get(void **state)
{
    (void)state;
    struct nx_traces *t = opened(1000);
    assert_false(holds(t, "a", ""));
    store(t, "a", "hello");
    assert_true(holds(t, "a", "hello"));
    uint64_t bytes, files, evicted;
    nx_traces_stat(t, &bytes, &files, &evicted);
    assert_int_equal(bytes, 5);
    assert_int_equal(files, 1);
    assert_int_equal(evicted, 0);
    nx_traces_close(t);
    t = opened(1000); /* and a later daemon finds it */
    assert_true(holds(t, "a", "hello"));
    nx_traces_close(t);
}

static void unfinished_is_not_there(void **state)
{
    (void)state;
    struct nx_traces *t = opened(1000);
    struct nx_traces_new *n = NULL;
    struct nx_err err;
    int fd = -1;
    assert_int_equal(nx_traces_begin(t, "a", &n, &fd, &err), 0);
    assert_int_equal(write(fd, "half", 4), 4);
    assert_false(holds(t, "a", ""));
    nx_traces_drop(t, n);
    assert_int_equal(write(fd, "more", 4), 4); /* the descriptor stays the caller's */
    close(fd);
    assert_false(holds(t, "a", ""));
    assert_int_equal(files_in_dir(), 0);
    nx_traces_drop(t, NULL);
    nx_traces_close(t);
}

static void longest_unserved_goes_first(void **state)
{
    (void)state;
    struct nx_traces *t = opened(12);
    store(t, "a", "aaaa");
    store(t, "b", "bbbb");
    store(t, "c", "cccc");
    assert_true(holds(t, "a", "aaaa"));
    struct nx_err err;
    int fd = -1;
    uint64_t size;
    assert_int_equal(nx_traces_get(t, "b", &fd, &size, &err), 0);
    assert_true(holds(t, "a", "aaaa"));
    store(t, "d", "dddd"); /* c goes: it was served by nobody */
    assert_false(holds(t, "c", ""));
    store(t, "e", "eeee"); /* then b, which somebody is still reading */
    assert_false(holds(t, "b", ""));
    char buf[8];
    assert_int_equal(read(fd, buf, sizeof buf), 4);
    assert_memory_equal(buf, "bbbb", 4);
    close(fd);
    assert_true(holds(t, "a", "aaaa"));
    uint64_t bytes, files, evicted;
    nx_traces_stat(t, &bytes, &files, &evicted);
    assert_int_equal(bytes, 12);
    assert_int_equal(evicted, 2);
    store(t, "huge", "0123456789012"); /* larger than all that is allowed */
    assert_false(holds(t, "huge", ""));
    assert_int_equal(files_in_dir(), 0);
    nx_traces_close(t);
}

static void smaller_quota_at_opening(void **state)
{
    (void)state;
    struct nx_traces *t = opened(100);
    store(t, "old", "1234");
    store(t, "new", "5678");
    nx_traces_close(t);
    sh("touch -d '2001-01-01' '%s'/old,*", dir);
    t = opened(4);
    assert_false(holds(t, "old", ""));
    assert_true(holds(t, "new", "5678"));
    nx_traces_close(t);
}

static void strangers_and_wrecks(void **state)
{
    (void)state;
    sh("cd '%s' && touch README key,12 ,3.trace a,03.trace 'a b,0.trace' && mkdir d,0.trace &&"
       " printf 12345 > cut,9.trace && printf x > new-999999999-1.part && ln -s /etc/passwd l,0.trace &&"
       " printf x > new-1-1.part && printf x > new-x-1.part",
       dir);
    struct nx_traces *t = opened(100);
    uint64_t bytes, files, evicted;
    nx_traces_stat(t, &bytes, &files, &evicted);
    assert_int_equal(files, 0);
    sh("cd '%s' && test -e README && test -e key,12 && test -d d,0.trace && test -L l,0.trace &&"
       " test -e new-1-1.part && test -e new-x-1.part",
       dir);
    sh("cd '%s' && test ! -e cut,9.trace && test ! -e new-999999999-1.part", dir);
    assert_false(holds(t, "cut", ""));
    nx_traces_close(t);
}

static void tampered_while_open(void **state)
{
    (void)state;
    struct nx_traces *t = opened(100);
    store(t, "a", "hello");
    store(t, "b", "hello");
    store(t, "c", "hello");
    sh("cd '%s' && printf hel > a,5.trace && rm b,5.trace && rm c,5.trace && ln -s /etc/hostname c,5.trace",
       dir);
    assert_false(holds(t, "a", ""));
    assert_false(holds(t, "b", ""));
    assert_false(holds(t, "c", ""));
    store(t, "a", "again");
    assert_true(holds(t, "a", "again"));
    nx_traces_close(t);
}

static void folder_removed_while_open(void **state)
{
    (void)state;
    struct nx_traces *t = opened(100);
    store(t, "a", "hello");
    sh("rm -rf '%s'", dir);
    assert_false(holds(t, "a", ""));
    store(t, "a", "again");
    assert_true(holds(t, "a", "again"));
    assert_int_equal(files_in_dir(), 1);
    nx_traces_close(t);
}

static void same_key_twice(void **state)
{
    (void)state;
    struct nx_traces *t = opened(100);
    store(t, "a", "first");
    store(t, "a", "the second");
    assert_true(holds(t, "a", "the second"));
    assert_int_equal(files_in_dir(), 1);
    uint64_t bytes, files, evicted;
    nx_traces_stat(t, &bytes, &files, &evicted);
    assert_int_equal(bytes, 10);
    nx_traces_close(t);
}

static void names_are_no_paths(void **state)
{
    (void)state;
    struct nx_traces *t = opened(100);
    assert_false(holds(t, "../a", ""));
    assert_false(holds(t, "", ""));
    assert_false(holds(t, ".", ""));
    assert_false(holds(t, "a/b", ""));
    nx_traces_close(t);
}

static void cannot_be_made(void **state)
{
    (void)state;
    struct nx_traces *t = NULL;
    struct nx_err err;
    char path[600];
    sh("touch '%s/file'", dir);
    snprintf(path, sizeof path, "%s/file/below", dir);
    assert_int_equal(nx_traces_open(path, 1, &t, &err), -NX_EWRITE);
    snprintf(path, sizeof path, "%s/a/b/c", dir);
    assert_int_equal(nx_traces_open(path, 1, &t, &err), 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    nx_traces_close(t);
    nx_traces_close(NULL);
}

static void where_it_is(void **state)
{
    (void)state;
    struct nx_err err;
    char *d = NULL;
    setenv("HOME", "/home/u", 1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("CACHE_DIRECTORY");
    assert_int_equal(nx_traces_default_dir(&d, &err), 0);
    assert_string_equal(d, "/home/u/.cache/nxtrace");
    free(d);
    setenv("XDG_CACHE_HOME", "/x", 1);
    assert_int_equal(nx_traces_default_dir(&d, &err), 0);
    assert_string_equal(d, "/x/nxtrace");
    free(d);
    setenv("XDG_CACHE_HOME", "relative", 1); /* which the XDG rules say to ignore */
    assert_int_equal(nx_traces_default_dir(&d, &err), 0);
    assert_string_equal(d, "/home/u/.cache/nxtrace");
    free(d);
    setenv("CACHE_DIRECTORY", "/var/cache/a:/var/cache/b", 1);
    assert_int_equal(nx_traces_default_dir(&d, &err), 0);
    assert_string_equal(d, "/var/cache/a");
    free(d);
    unsetenv("CACHE_DIRECTORY");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(nx_traces_default_dir(&d, &err), -NX_EWRITE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(put_then_get),
        T(unfinished_is_not_there),
        T(longest_unserved_goes_first),
        T(smaller_quota_at_opening),
        T(strangers_and_wrecks),
        T(tampered_while_open),
        T(folder_removed_while_open),
        T(same_key_twice),
        T(names_are_no_paths),
        T(cannot_be_made),
        T(where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
