/* What the kernel refuses or takes away: limits, which the error names, and an unmounted file system. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/unit/watchdir.h"

enum { CANNOT = 77 };

static bool put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Runs fn in a process of its own, because what it does to its process is not undone. fn returns 0, CANNOT,
 * or the line that failed. */
static void apart(int (*fn)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(fn());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CANNOT) {
        print_message("# this system does not let a test do it\n");
        skip();
    }
    if (WEXITSTATUS(status) != 0) {
        fail_msg("check %d failed", WEXITSTATUS(status));
    }
}

#define CHECK(n, what)  \
    do {                \
        if (!(what))    \
            return (n); \
    } while (0)

static int few_descriptors(void)
{
    struct nx_watch *w = NULL;
    struct nx_err err;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || (limit.rlim_cur = 3) > limit.rlim_max ||
        setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return CANNOT;
    }
    int rc = nx_watch_open(state_dir, &w, &err);
#ifndef __linux__
    if (rc == 0) {
        rc = nx_watch_refresh(w, &err);
    }
#endif
    CHECK(2, rc == -NX_ELIMIT || strcmp(NX_WATCH, "inotify") != 0);
    CHECK(3, rc == 0 ||
                 (strstr(err.why, "cannot watch") && (rc != -NX_ELIMIT || strstr(err.hint, "ulimit -n"))));
    return 0;
}

static void no_descriptors(void **state)
{
    (void)state;
    sh("mkdir -p a/state/projects");
    apart(few_descriptors);
}

#if defined(__linux__)

/* A user namespace, in which limits of its own may be set and file systems mounted. */
static bool alone(int more)
{
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1", (unsigned)getuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getgid());
    return unshare(CLONE_NEWUSER | more) == 0 && put("/proc/self/uid_map", users) &&
           put("/proc/self/setgroups", "deny") && put("/proc/self/gid_map", groups);
}

static bool says(struct nx_watch *w, bool *ret)
{
    struct nx_err err;
    return nx_watch_drain(w, ret, &err) == 0;
}

static int watches_run_out(void)
{
    struct nx_watch *w = NULL;
    struct nx_err err;
    bool is;
    if (!alone(0) || !put("/proc/sys/user/max_inotify_watches", "3")) {
        return CANNOT;
    }
    CHECK(1, nx_watch_open(state_dir, &w, &err) == 0);
    CHECK(2, nx_watch_refresh(w, &err) == -NX_ELIMIT);
    CHECK(3, strstr(err.hint, "fs.inotify.max_user_watches"));
    CHECK(4, err.object[0] == '/');
    /* What could be watched is watched. */
    CHECK(5, system("mkdir \"$NX_STATE/projects/new\"") == 0);
    CHECK(6, says(w, &is) && is);
    /* And all of it, as soon as the limit is raised. */
    CHECK(7, put("/proc/sys/user/max_inotify_watches", "1000"));
    CHECK(8, nx_watch_refresh(w, &err) == 0);
    CHECK(9, system("touch \"$NX_STATE/projects/_sc/records/runs/x\"") == 0);
    CHECK(10, says(w, &is) && is);
    nx_watch_close(w);
    return 0;
}

static int instances_run_out(void)
{
    struct nx_watch *w = NULL;
    struct nx_err err;
    if (!alone(0) || !put("/proc/sys/user/max_inotify_instances", "0")) {
        return CANNOT;
    }
    CHECK(1, nx_watch_open(state_dir, &w, &err) == -NX_ELIMIT);
    CHECK(2, strstr(err.hint, "fs.inotify.max_user_instances"));
    return 0;
}

static int mount_goes(void)
{
    struct nx_watch *w = NULL;
    struct nx_err err;
    bool is;
    if (!alone(CLONE_NEWNS) || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", state_dir, "tmpfs", 0, NULL) != 0) {
        return CANNOT;
    }
    CHECK(1, system("mkdir -p \"$NX_STATE/projects/_sm/records/runs\"") == 0);
    CHECK(2, nx_watch_open(state_dir, &w, &err) == 0);
    CHECK(3, nx_watch_refresh(w, &err) == 0);
    CHECK(4, says(w, &is) && !is);
    CHECK(5, umount(state_dir) == 0);
    CHECK(6, says(w, &is) && is);
    /* What was under it is seen again. */
    CHECK(7, nx_watch_refresh(w, &err) == 0);
    CHECK(8, system("touch \"$NX_STATE/projects/_sa/records/runs/x\"") == 0);
    CHECK(9, says(w, &is) && is);
    nx_watch_close(w);
    return 0;
}

static void limit_of_watches(void **state)
{
    (void)state;
    sh("cd / && mkdir -p \"$NX_STATE\"/projects/_sa/records/runs \"$NX_STATE\"/projects/_sb/records/runs "
       "\"$NX_STATE\"/projects/_sc/records/runs");
    apart(watches_run_out);
}

static void limit_of_instances(void **state)
{
    (void)state;
    apart(instances_run_out);
}

static void unmounted(void **state)
{
    (void)state;
    sh("mkdir -p \"$NX_STATE\"/projects/_sa/records/runs");
    apart(mount_goes);
}

static int setup_env(void **state)
{
    int rc = setup(state);
    setenv("NX_STATE", state_dir, 1);
    return rc;
}

#define E(f) cmocka_unit_test_setup_teardown(f, setup_env, teardown)
#endif

int main(void)
{
    const struct CMUnitTest any[] = {T(no_descriptors)};
#if defined(__linux__)
    const struct CMUnitTest inotify[] = {T(no_descriptors), E(limit_of_watches), E(limit_of_instances),
                                         E(unmounted)};
    if (strcmp(NX_WATCH, "inotify") == 0) {
        return cmocka_run_group_tests(inotify, NULL, NULL);
    }
#endif
    return cmocka_run_group_tests(any, NULL, NULL);
}
