/* io/sink: descriptors, memory, and files that appear whole or not at all. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/sink.h"

static char dir[] = "/tmp/nx-sink-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

static char *in_dir(const char *name)
{
    static char path[2][512];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static void put(const char *name, const char *text, mode_t mode)
{
    int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    fchmod(fd, mode);
    close(fd);
}

static void holds(const char *name, const char *text)
{
    char buf[256];
    int fd = open(in_dir(name), O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, buf, sizeof buf);
    close(fd);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(buf, text, (size_t)n);
}

/* How many files there are, hidden ones too: what a temporary file left behind would add to. */
static int entries(void)
{
    DIR *d = opendir(dir);
    int n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void write_through(const char *path, const char *text, bool commit)
{
    struct nx_sink_file *f = NULL;
    struct nx_err err;
    if (nx_sink_file_open(path, &f, &err) < 0)
        fail_msg("%s: %s", path, err.why);
    assert_int_equal(nx_sink_write(nx_sink_file_sink(f), text, strlen(text), &err), 0);
    assert_int_equal(nx_sink_write(nx_sink_file_sink(f), text, 0, &err), 0);
    if (commit)
        assert_int_equal(nx_sink_file_commit(f, true, &err), 0);
    nx_sink_file_close(f);
}

static void descriptors(void **state)
{
    (void)state;
    int fds[2];
    char buf[8];
    struct nx_sink_fd s;
    struct nx_err err;
    assert_int_equal(pipe(fds), 0);
    nx_sink_fd_init(&s, fds[1], "pipe");
    assert_int_equal(nx_sink_write(&s.sink, "abc", 3, &err), 0);
    assert_int_equal(s.written, 3);
    assert_int_equal(read(fds[0], buf, sizeof buf), 3);
    close(fds[0]);
    assert_int_equal(nx_sink_write(&s.sink, "abc", 3, &err), -NX_EWRITE);
    assert_int_equal(err.sys, EPIPE);
    assert_string_equal(err.object, "pipe");
    close(fds[1]);
    int full = open("/dev/full", O_WRONLY);
    if (full >= 0) {
        nx_sink_fd_init(&s, full, "full");
        assert_int_equal(nx_sink_write(&s.sink, "abc", 3, &err), -NX_EWRITE);
        assert_int_equal(err.sys, ENOSPC);
        close(full);
    }
}

static void memory(void **state)
{
    (void)state;
    struct nx_strbuf b;
    struct nx_sink_mem s;
    struct nx_err err;
    nx_strbuf_init(&b, 5);
    nx_sink_mem_init(&s, &b);
    assert_int_equal(nx_sink_write(&s.sink, "abc", 3, &err), 0);
    assert_int_equal(nx_sink_write(&s.sink, "def", 3, &err), -NX_ELIMIT);
    assert_string_equal(b.p, "abc");
    nx_strbuf_fini(&b);
}

static void appears_whole(void **state)
{
    (void)state;
    struct nx_sink_file *f = NULL;
    struct nx_err err;
    struct stat st;
    mode_t mask = umask(027);
    assert_int_equal(nx_sink_file_open(in_dir("new"), &f, &err), 0);
    assert_non_null(nx_sink_file_temp(f));
    assert_int_equal(nx_sink_write(nx_sink_file_sink(f), "text", 4, &err), 0);
    assert_int_equal(access(in_dir("new"), F_OK), -1);
    assert_int_equal(nx_sink_file_commit(f, false, &err), 0);
    assert_null(nx_sink_file_temp(f));
    nx_sink_file_close(f);
    nx_sink_file_close(NULL);
    umask(mask);
    holds("new", "text");
    assert_int_equal(stat(in_dir("new"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    put("old", "before", 0604);
    write_through(in_dir("old"), "lost", false);
    holds("old", "before");
    write_through(in_dir("old"), "after", true);
    holds("old", "after");
    assert_int_equal(stat(in_dir("old"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0604);
    assert_int_equal(symlink("old", in_dir("link")), 0);
    write_through(in_dir("link"), "linked", true);
    holds("old", "linked");
    assert_int_equal(lstat(in_dir("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(entries(), 3);
    unlink(in_dir("link"));
    unlink(in_dir("old"));
    unlink(in_dir("new"));
}

static void long_names(void **state)
{
    (void)state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    write_through(in_dir(name), "x", true);
    holds(name, "x");
    unlink(in_dir(name));
}

static void odd_targets(void **state)
{
    (void)state;
    struct nx_sink_file *f = NULL;
    struct nx_err err;
    char buf[8], path[64];
    assert_int_equal(nx_sink_file_open(dir, &f, &err), -NX_EWRITE);
    assert_int_equal(nx_sink_file_open(in_dir("no/such"), &f, &err), -NX_EWRITE);
    assert_int_equal(err.sys, ENOENT);
    assert_int_equal(nx_sink_file_open("/dev/fd/12345", &f, &err), -NX_EWRITE);
    /* A FIFO is written to, not replaced. */
    assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
    int reader = open(in_dir("fifo"), O_RDONLY | O_NONBLOCK);
    write_through(in_dir("fifo"), "abc", true);
    assert_int_equal(read(reader, buf, sizeof buf), 3);
    close(reader);
    /* A descriptor that happens to be a file goes on where it is. */
    put("log", "12345", 0600);
    int fd = open(in_dir("log"), O_WRONLY | O_APPEND);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    write_through(path, "678", true);
    close(fd);
    holds("log", "12345678");
    assert_int_equal(entries(), 2);
    unlink(in_dir("fifo"));
    unlink(in_dir("log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors), cmocka_unit_test(memory),      cmocka_unit_test(appears_whole),
        cmocka_unit_test(long_names),  cmocka_unit_test(odd_targets),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
