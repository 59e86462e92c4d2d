/* recording/recording: folders and portable recordings, taken and refused as nextest does. */
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
#include <sys/wait.h>
#include <unistd.h>

#include "recording/recording.h"
#include "recording/runlog.h"
#include "store/runlist.h"
#include "tests/unit/data.h"

/* How many lines the log has, or the negative code. */
static int count_lines(struct nx_recording *rec, struct nx_err *err)
{
    struct nx_reader *r = NULL;
    struct nx_runlog *log = NULL;
    struct nx_slice line;
    uint64_t number;
    int rc = nx_recording_log(rec, &r, err), n = 0;
    if (rc == 0)
        rc = nx_runlog_open(r, &log, err);
    if (rc < 0)
        return rc;
    while ((rc = nx_runlog_next(log, &line, &number, err)) > 0)
        n++;
    nx_runlog_close(log);
    return rc < 0 ? rc : n;
}

static void folders(void **state)
{
    (void)state;
    const char *dir = data_path("portables/state/projects/_ssrc_ssaplings/records/runs");
    struct nx_runlist list = {0};
    struct nx_recording *rec = NULL;
    struct nx_err err;
    char path[4096], *text = NULL;
    size_t n;
    assert_int_equal(nx_runlist_read(dir, 0, &list, &err), 0);
    assert_true(list.n >= 2);
    for (size_t i = 0; i < list.n; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, list.v[i].id);
        assert_int_equal(nx_recording_open_dir(path, &list.v[i], &rec, &err), 0);
        assert_string_equal(nx_recording_name(rec), path);
        assert_false(nx_recording_is_portable(rec));
        assert_false(nx_recording_newer_minor(rec));
        assert_string_equal(nx_recording_run(rec)->id, list.v[i].id);
        assert_true(nx_recording_has_log(rec) && nx_recording_has_store(rec));
        assert_int_equal(count_lines(rec, &err), list.v[i].log.entries);
        assert_int_equal(nx_recording_workspace(rec, &text, &err), 0);
        assert_string_equal(text, "/src/saplings");
        free(text);
        assert_int_equal(nx_recording_meta(rec, "meta/test-list.json", &text, &n, &err), 0);
        assert_int_equal(text[0], '{');
        free(text);
        assert_int_equal(nx_recording_meta(rec, "meta/none.json", &text, &n, &err), -NX_ENOTFOUND);
        nx_recording_close(rec);
    }
    /* Nothing there: opening succeeds, the rest says so. */
    list.v[0].store_minor = 7;
    assert_int_equal(nx_recording_open_dir("/nowhere/run", &list.v[0], &rec, &err), 0);
    assert_true(nx_recording_newer_minor(rec));
    assert_false(nx_recording_has_log(rec) || nx_recording_has_store(rec));
    assert_int_equal(count_lines(rec, &err), -NX_EGONE);
    assert_string_equal(err.object, "/nowhere/run/run.log.zst");
    assert_int_equal(nx_recording_workspace(rec, &text, &err), -NX_EGONE);
    assert_string_equal(err.object, "/nowhere/run/store.zip");
    nx_recording_close(rec);
    nx_recording_close(NULL);
    nx_runlist_fini(&list);
}

static int taken, refused, newer;

/* nextest's answers lie beside: a file <case>.info.txt.stderr where it refuses the zip, and for the log
 * likewise <case>.binary.json.stderr. */
static bool nextest_refuses(const char *zip, const char *what)
{
    char name[128], rel[256];
    snprintf(name, sizeof name, "%s", zip);
    char *dot = strstr(name, ".zip");
    if (dot)
        *dot = '\0';
    snprintf(rel, sizeof rel, "portables/expected/zips/%s.%s.stderr", name, what);
    return access(data_path(rel), F_OK) == 0;
}

static void one_zip(const char *dir, const char *name)
{
    char path[8192];
    struct nx_recording *rec = NULL;
    struct nx_err err;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int rc = nx_recording_open_portable(path, true, &rec, &err);
    if ((rc < 0) != nextest_refuses(name, "info.txt"))
        fail_msg("%s: %d %s", name, rc, rc < 0 ? err.why : "");
    if (rc < 0) {
        refused++;
        if (strncmp(err.object, path, strlen(path)) != 0)
            fail_msg("%s: the error names '%s'", path, err.object);
        assert_true(err.hint[0] != '\0');
        /* A newer minor is read where nobody is strict about it. */
        if (nx_recording_open_portable(path, false, &rec, &err) == 0) {
            newer++;
            assert_true(nx_recording_newer_minor(rec));
            assert_non_null(strstr(name, "minor-1") ? name : strstr(name, "version-2-2"));
            nx_recording_close(rec);
        }
        return;
    }
    taken++;
    rc = count_lines(rec, &err);
    if ((rc < 0) != nextest_refuses(name, "binary.json"))
        fail_msg("%s: log %d %s", name, rc, rc < 0 ? err.why : "");
    if (rc >= 0)
        assert_true(rc == 20 || rc == 26 || rc == 40);
    nx_recording_close(rec);
}

static void portables(void **state)
{
    (void)state;
    /* A copy: the paths that are asked for meanwhile use the same few buffers. */
    char *dir = strdup(data_path("portables/zips"));
    int n = data_each(dir, one_zip);
    free(dir);
    assert_int_equal(n, taken + refused);
    assert_true(taken >= 25 && refused >= 25);
    assert_int_equal(newer, 2);
}

static void one_portable(const char *dir, const char *name)
{
    char path[16384], *root = NULL;
    struct nx_recording *rec = NULL;
    struct nx_err err;
    if (!strstr(name, ".zip") || strstr(name, ".stderr"))
        return;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (nx_recording_open_portable(path, true, &rec, &err) < 0)
        fail_msg("%s: %s", path, err.why);
    assert_memory_equal(nx_recording_run(rec)->id, name, 36);
    assert_true(nx_recording_is_portable(rec));
    if (nx_run_ended(nx_recording_run(rec))) {
        assert_int_equal(count_lines(rec, &err), nx_recording_run(rec)->log.entries);
        assert_int_equal(nx_recording_workspace(rec, &root, &err), 0);
        free(root);
    }
    nx_recording_close(rec);
    taken++;
}

static void scenario(const char *dir, const char *name)
{
    char path[8192];
    snprintf(path, sizeof path, "%s/%s/portable", dir, name);
    if (access(path, F_OK) == 0)
        data_each(path, one_portable);
}

/* Every portable recording that nextest made. */
static void exported(void **state)
{
    (void)state;
    taken = 0;
    char *dir = strdup(data_path(""));
    data_each(dir, scenario);
    free(dir);
    assert_true(taken > 5);
}

/* A child writes the file into a pipe. Returns the reading end. */
static int through_pipe(const char *path, pid_t *ret)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    *ret = fork();
    if (*ret == 0) {
        size_t n;
        char *p = data_read(path, &n);
        close(fds[0]);
        for (size_t done = 0; done < n;) {
            /* In small pieces, as a slow download. */
            ssize_t got = write(fds[1], p + done, n - done > 100 ? 100 : n - done);
            if (got <= 0)
                _exit(1);
            done += (size_t)got;
        }
        _exit(0);
    }
    close(fds[1]);
    return fds[0];
}

static void pipes(void **state)
{
    (void)state;
    const char *zips[] = {data_path("portables/zips/direct.zip"),
                          data_path("portables/zips/wrapped-deflated.zip")};
    struct nx_recording *rec = NULL;
    struct nx_err err;
    char path[64], *root = NULL;
    int status;
    pid_t pid;
    for (int i = 0; i < 2; i++) {
        int fd = through_pipe(zips[i], &pid);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (nx_recording_open_portable(path, true, &rec, &err) < 0)
            fail_msg("%s", err.why);
        close(fd);
        assert_string_equal(nx_recording_name(rec), path);
        assert_int_equal(count_lines(rec, &err), 20);
        assert_int_equal(nx_recording_workspace(rec, &root, &err), 0);
        free(root);
        nx_recording_close(rec);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    int was = dup(STDIN_FILENO), fd = through_pipe(zips[0], &pid);
    dup2(fd, STDIN_FILENO);
    close(fd);
    assert_int_equal(nx_recording_open_portable("-", true, &rec, &err), 0);
    assert_string_equal(nx_recording_name(rec), "standard input");
    assert_int_equal(count_lines(rec, &err), 20);
    nx_recording_close(rec);
    /* The pipe is empty now. */
    assert_int_equal(nx_recording_open_portable("-", true, &rec, &err), -NX_EFORMAT);
    assert_string_equal(err.object, "standard input");
    /* A file there may as well be read from any place. */
    fd = open(zips[0], O_RDONLY);
    dup2(fd, STDIN_FILENO);
    close(fd);
    assert_int_equal(nx_recording_open_portable("-", true, &rec, &err), 0);
    nx_recording_close(rec);
    if (was >= 0) {
        dup2(was, STDIN_FILENO);
        close(was);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(nx_recording_open_portable("/nowhere.zip", true, &rec, &err), -NX_ENOTFOUND);
    assert_int_equal(nx_recording_open_portable("/tmp", true, &rec, &err), -NX_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders),
        cmocka_unit_test(portables),
        cmocka_unit_test(exported),
        cmocka_unit_test(pipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
