/* store/runlist: nextest's own lists and damaged ones, and the lock. */
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
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/layout.h"
#include "store/runlist.h"
#include "tests/unit/data.h"

static char dir[] = "/tmp/nx-runlist-XXXXXX";

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

static const char *in_dir(const char *name)
{
    static char path[2][64];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static void put(const char *name, const char *p, size_t n)
{
    FILE *f = fopen(in_dir(name), "w");
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

/* Every list of tests/data/formats/list-*: nextest's exit code for `store list` in the second column. */
static const struct {
    const char *name;
    int code; /* 0, or ours */
    size_t n;
    const char *why;
} cases[] = {
    {"list-an-array", NX_EFORMAT, 0, "missing field `format-version`"},
    {"list-bad-id", NX_EFORMAT, 0, "run 1 of the list: field `run-id` is not a UUID"},
    {"list-bad-json", NX_EFORMAT, 0, "bad JSON: ends"},
    {"list-cut", NX_ETRUNC, 0, "incomplete frame"},
    {"list-cut-last-byte", NX_ETRUNC, 0, "incomplete frame"},
    {"list-duplicate-id", 0, 2, NULL},
    {"list-empty-file", NX_ETRUNC, 0, "incomplete frame"},
    {"list-empty-frame", NX_EFORMAT, 0, "bad JSON"},
    {"list-empty-object", NX_EFORMAT, 0, "missing field `format-version`"},
    {"list-garbage", NX_EFORMAT, 0, "Unknown frame descriptor"},
    {"list-id-without-dashes", 0, 1, NULL},
    {"list-is-a-folder", NX_EIO, 0, "is a directory"},
    {"list-json-then-text", NX_EFORMAT, 0, "trailing characters"},
    {"list-lock-missing", 0, 1, NULL},
    {"list-missing", 0, 0, NULL},
    {"list-missing-field", NX_EFORMAT, 0, "missing field `sizes`"},
    {"list-newer", 0, 1, NULL},
    {"list-no-runs", 0, 0, NULL},
    {"list-older", 0, 1, NULL},
    {"list-plain-json", NX_EFORMAT, 0, "Unknown frame descriptor"},
    {"list-trailing-garbage", NX_EFORMAT, 0, "Unknown frame descriptor"},
    {"list-two-frames", 0, 1, NULL},
    {"list-upper-case-id", 0, 1, NULL},
    {"list-without-version", NX_EFORMAT, 0, "missing field `format-version`"},
};

static void as_nextest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rel[128];
        struct nx_runlist list = {0};
        struct nx_err err;
        snprintf(rel, sizeof rel, "formats/%s/state/projects/_ssrc_sgrafting/records/runs", cases[i].name);
        const char *path = data_path(rel);
        if (cases[i].code == NX_EIO) {
            /* An empty folder, which git does not keep. */
            mkdir(in_dir("runs.json.zst"), 0700);
            path = dir;
        }
        int rc = nx_runlist_read(path, 0, &list, &err);
        if (rc != -cases[i].code)
            fail_msg("%s: %d %s", cases[i].name, rc, rc < 0 ? err.why : "");
        if (cases[i].code == NX_EIO)
            rmdir(in_dir("runs.json.zst"));
        if (rc < 0) {
            if (!strstr(err.why, cases[i].why))
                fail_msg("%s: %s", cases[i].name, err.why);
            assert_non_null(strstr(err.object, "/runs.json.zst"));
            continue;
        }
        assert_int_equal(list.n, cases[i].n);
        assert_true(list.newer == (strcmp(cases[i].name, "list-newer") == 0));
        for (size_t j = 0; j < list.n; j++)
            assert_string_equal(list.v[j].id, "f75c729b-d838-4a3b-b53c-01f3a5aa7851");
        nx_runlist_fini(&list);
    }
}

static int lists, runs;

static void read_one(const char *at, const char *name)
{
    char state_dir[4096];
    struct nx_workspace_dirs d = {0};
    struct nx_err err;
    snprintf(state_dir, sizeof state_dir, "%s/%s/state", at, name);
    if (strcmp(name, "formats") == 0 || access(state_dir, F_OK) < 0)
        return;
    assert_int_equal(nx_store_workspaces(state_dir, &d, &err), 0);
    for (size_t i = 0; i < d.n; i++) {
        struct nx_runlist list = {0};
        if (nx_runlist_read(d.v[i].runs_dir, 0, &list, &err) < 0)
            fail_msg("%s: %s", err.object, err.why);
        assert_int_equal(list.format_version, 2);
        lists++;
        runs += (int)list.n;
        nx_runlist_fini(&list);
    }
    nx_workspace_dirs_fini(&d);
}

static void every_recording(void **state)
{
    (void)state;
    data_each(data_path(""), read_one);
    assert_true(lists >= 20 && runs > 100);
}

static void missing(void **state)
{
    (void)state;
    struct nx_runlist list = {.n = 5};
    struct nx_err err;
    assert_int_equal(nx_runlist_read("/nowhere/runs", 0, &list, &err), 0);
    assert_int_equal(list.n, 0);
    assert_int_equal(list.format_version, 0);
    /* And nothing was created. */
    assert_int_equal(nx_runlist_read(dir, 0, &list, &err), 0);
    assert_int_equal(access(in_dir("runs.lock"), F_OK), -1);
}

/* A child takes the lock as nextest does, and says so through a pipe. */
static pid_t holder(int kind, int *ret_release)
{
    int ready[2], release[2];
    char c;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(release), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(release[1]);
        int fd = open(in_dir("runs.lock"), O_WRONLY | O_CREAT, 0600);
        if (fd < 0 || flock(fd, kind | LOCK_NB) < 0 || write(ready[1], "r", 1) != 1)
            _exit(1);
        while (read(release[0], &c, 1) < 0)
            ;
        _exit(0);
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    close(ready[1]);
    close(release[0]);
    *ret_release = release[1];
    return pid;
}

static void lock(void **state)
{
    (void)state;
    struct nx_runlist list = {0};
    struct nx_err err;
    int release, status;
    size_t n;
    char *p =
        data_read(data_path("formats/list-older/state/projects/_ssrc_sgrafting/records/runs/runs.json.zst"),
                  &n);
    put("runs.json.zst", p, n);
    free(p);
    /* Shared with other readers. */
    pid_t pid = holder(LOCK_SH, &release);
    assert_int_equal(nx_runlist_read(dir, 0, &list, &err), 0);
    assert_int_equal(list.n, 1);
    nx_runlist_fini(&list);
    close(release);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    /* Not with a writer: at once, after some time, and as soon as it lets go. */
    pid = holder(LOCK_EX, &release);
    assert_int_equal(nx_runlist_read(dir, 0, &list, &err), -NX_ELOCKED);
    assert_string_equal(err.object, in_dir("runs.lock"));
    assert_int_equal(nx_runlist_read(dir, 30, &list, &err), -NX_ELOCKED);
    assert_non_null(strstr(err.why, "timed out acquiring lock"));
    pid_t helper = fork();
    if (helper == 0) {
        /* The only other owner of the pipe: ends the holder while the parent waits for the lock. */
        usleep(50000);
        _exit(0);
    }
    close(release);
    assert_int_equal(nx_runlist_read(dir, 20000, &list, &err), 0);
    assert_int_equal(list.n, 1);
    nx_runlist_fini(&list);
    assert_int_equal(waitpid(helper, &status, 0), helper);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    /* Our own was given back. */
    int fd = open(in_dir("runs.lock"), O_WRONLY);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    close(fd);
    unlink(in_dir("runs.lock"));
    unlink(in_dir("runs.json.zst"));
}

static void not_bothered_by_what_is_unknown(void **state)
{
    (void)state;
    static const char json[] = "{\"new\":1,\"format-version\":3,\"last-pruned-at\":null,\"runs\":[]}";
    struct nx_runlist list = {0};
    struct nx_err err;
    assert_int_equal(nx_runlist_parse(json, sizeof json - 1, "l", &list, &err), 0);
    assert_true(list.newer);
    nx_runlist_fini(&list);
    static const char *const bad[] = {
        "{\"format-version\":2,\"runs\":null}",
        "{\"format-version\":2,\"runs\":{}}",
        "{\"format-version\":-1}",
        "{\"format-version\":2,\"format-version\":2}",
        "{\"format-version\":2,\"runs\":[{}]}",
        "{\"format-version\":2,\"last-pruned-at\":1}",
        "{\"format-version\":2.0,\"runs\":[]}",
        "[]",
        "{\"format-version\":2,\"runs\":[null]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(nx_runlist_parse(bad[i], strlen(bad[i]), "l", &list, &err), -NX_EFORMAT);
        assert_string_equal(err.object, "l");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_nextest),
        cmocka_unit_test(every_recording),
        cmocka_unit_test(missing),
        cmocka_unit_test(lock),
        cmocka_unit_test(not_bothered_by_what_is_unknown),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
