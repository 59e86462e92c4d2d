#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "watch/procs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ENVIRON_MAX = 2 << 20, TESTS_MAX = 100000 };

#if defined(__linux__)

/* --- processes --- */

static int open_proc(DIR **ret, struct nx_err *err)
{
    *ret = opendir("/proc");
    struct stat st;
    if (*ret && stat("/proc/self/environ", &st) == 0)
        return 0;
    int sys = errno;
    if (*ret)
        closedir(*ret);
    int rc = nx_fail_sys(err, NX_EIO, sys, "/proc", "cannot look at processes");
    nx_err_hint(err, "tests that run now are shown only where /proc is mounted");
    return rc;
}

/* The next process of this user: its descriptor on /proc/PID (the caller's) and pid; -1 at the end. */
static int next_process(DIR *dir, pid_t *ret_pid)
{
    struct dirent *e;
    while ((e = readdir(dir))) {
        struct stat st;
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue; /* it has ended since */
        if (fstat(fd, &st) == 0 && st.st_uid == geteuid()) {
            *ret_pid = (pid_t)strtol(e->d_name, NULL, 10);
            return fd;
        }
        close(fd);
    }
    return -1;
}

/* A file of /proc in malloc'd memory, NUL-terminated; NULL when it cannot be read (the process has ended). */
static char *slurp_at(int dir, const char *name, size_t *ret_n)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    size_t cap = 8192, n = 0;
    char *p = malloc(cap);
    ssize_t got = 0;
    while (p && n < ENVIRON_MAX && (got = read(fd, p + n, cap - n - 1)) > 0) {
        n += (size_t)got;
        if (n + 1 == cap) {
            char *more = realloc(p, cap *= 2);
            if (!more)
                break;
            p = more;
        }
    }
    close(fd);
    if (!p || got < 0 || n == 0) {
        free(p);
        return NULL;
    }
    p[n] = '\0';
    *ret_n = n;
    return p;
}

/* --- when it started --- */

struct clocks {
    int64_t boot; /* ns since 1970 */
    int64_t tick; /* ns */
};

static struct clocks read_clocks(void)
{
    struct timespec now, up;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    long hz = sysconf(_SC_CLK_TCK);
    return (struct clocks){(now.tv_sec - up.tv_sec) * 1000000000 + (now.tv_nsec - up.tv_nsec),
                           1000000000 / (hz > 0 ? hz : 100)};
}

/* Field 22 of stat, behind the name in parentheses, which may hold anything. */
static int64_t started_at(int dir, const struct clocks *c)
{
    size_t n;
    char *stat_text = slurp_at(dir, "stat", &n), *p = stat_text ? strrchr(stat_text, ')') : NULL;
    for (int field = 2; p && field < 22; field++)
        p = strchr(p + 1, ' ');
    int64_t ticks = p ? strtoll(p, NULL, 10) : 0;
    free(stat_text);
    return c->boot + ticks * c->tick;
}

/* --- environments --- */

static const char *value_of(const char *entry, const char *name)
{
    size_t n = strlen(name);
    return strncmp(entry, name, n) == 0 && entry[n] == '=' ? entry + n + 1 : NULL;
}

static uint32_t number_of(const char *text)
{
    unsigned long v = strtoul(text, NULL, 10);
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static void take_entry(struct nx_proc_test *t, const char *entry)
{
    static const struct {
        const char *name;
        size_t at;
    } texts[] = {
        {"NEXTEST_RUN_ID", offsetof(struct nx_proc_test, run_id)},
        {"NEXTEST_ATTEMPT_ID", offsetof(struct nx_proc_test, attempt_id)},
        {"NEXTEST_BINARY_ID", offsetof(struct nx_proc_test, binary)},
        {"NEXTEST_TEST_NAME", offsetof(struct nx_proc_test, test)},
        {"NEXTEST_TEST_GROUP", offsetof(struct nx_proc_test, group)},
        {"NEXTEST_WORKSPACE_ROOT", offsetof(struct nx_proc_test, workspace)},
    };
    const char *v;
    if (strncmp(entry, "NEXTEST_", 8) != 0)
        return;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if ((v = value_of(entry, texts[i].name)))
            memcpy((char *)t + texts[i].at, &v, sizeof v);
    if ((v = value_of(entry, "NEXTEST_ATTEMPT")))
        t->attempt = number_of(v);
    else if ((v = value_of(entry, "NEXTEST_TOTAL_ATTEMPTS")))
        t->total_attempts = number_of(v);
    else if ((v = value_of(entry, "NEXTEST_TEST_GLOBAL_SLOT")) && isdigit((unsigned char)*v)) {
        t->slot = strtoull(v, NULL, 10);
        t->has_slot = true;
    } else if ((v = value_of(entry, "NEXTEST_STRESS_CURRENT")) && isdigit((unsigned char)*v)) {
        t->stress_index = number_of(v);
        t->stress = true;
    }
}

/* A test as found; of several processes with one attempt id the first to start is the test itself. */
struct found {
    char *environ; /* owned: what the strings point into */
    struct nx_proc_test t;
};

struct all_found {
    struct found *v;
    size_t n, cap;
};

static bool add_found(struct all_found *all, struct found f)
{
    if (all->n == all->cap) {
        size_t cap = all->cap ? all->cap * 2 : 32;
        struct found *v = cap > TESTS_MAX ? NULL : realloc(all->v, cap * sizeof *v);
        if (!v)
            return false;
        all->v = v;
        all->cap = cap;
    }
    all->v[all->n++] = f;
    return true;
}

static void look_at(struct all_found *all, int dir, pid_t pid, const struct clocks *c)
{
    size_t n;
    char *vars = slurp_at(dir, "environ", &n);
    if (!vars)
        return;
    struct found f = {vars, {.pid = pid}};
    /* Most processes are no tests, and their environments long. */
    if (memmem(vars, n, "NEXTEST_RUN_ID=", 15))
        for (const char *p = vars; p < vars + n; p += strlen(p) + 1)
            take_entry(&f.t, p);
    if (f.t.run_id && f.t.test && f.t.attempt_id) {
        f.t.started = started_at(dir, c);
        if (add_found(all, f))
            return;
    }
    free(vars);
}

static int by_attempt(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int c = strcmp(x->t.attempt_id, y->t.attempt_id);
    if (c)
        return c;
    if (x->t.started != y->t.started)
        return x->t.started < y->t.started ? -1 : 1;
    return (x->t.pid > y->t.pid) - (x->t.pid < y->t.pid);
}

int nx_procs_tests(int (*fn)(void *arg, const struct nx_proc_test *t), void *arg, struct nx_err *err)
{
    DIR *dir;
    struct all_found all = {0};
    struct clocks clocks = read_clocks();
    pid_t pid = 0;
    int fd, rc = open_proc(&dir, err);
    if (rc < 0)
        return rc;
    while ((fd = next_process(dir, &pid)) >= 0) {
        if (pid != getpid())
            look_at(&all, fd, pid, &clocks);
        close(fd);
    }
    closedir(dir);
    if (all.n > 1)
        qsort(all.v, all.n, sizeof *all.v, by_attempt);
    for (size_t i = 0; i < all.n && rc == 0; i++)
        if (i == 0 || strcmp(all.v[i].t.attempt_id, all.v[i - 1].t.attempt_id) != 0)
            rc = fn(arg, &all.v[i].t);
    for (size_t i = 0; i < all.n; i++)
        free(all.v[i].environ);
    free(all.v);
    return rc < 0 ? rc : 0;
}

/* --- open files --- */

static bool holds(int proc, const struct stat *want)
{
    int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    bool found = false;
    struct dirent *e;
    if (!dir && fd >= 0)
        close(fd);
    while (dir && !found && (e = readdir(dir))) {
        struct stat st;
        found = isdigit((unsigned char)e->d_name[0]) && fstatat(dirfd(dir), e->d_name, &st, 0) == 0 &&
                st.st_dev == want->st_dev && st.st_ino == want->st_ino;
    }
    if (dir)
        closedir(dir);
    return found;
}

int nx_procs_holding(const char *path, pid_t *ret_pid, struct nx_err *err)
{
    struct stat want;
    DIR *dir;
    pid_t pid = 0;
    int fd, found = 0;
    if (stat(path, &want) != 0)
        return nx_fail_sys(err, errno == ENOENT ? NX_ENOTFOUND : NX_EIO, errno, path, "cannot look at");
    int rc = open_proc(&dir, err);
    if (rc < 0)
        return rc;
    while (!found && (fd = next_process(dir, &pid)) >= 0) {
        found = pid != getpid() && holds(fd, &want);
        close(fd);
    }
    closedir(dir);
    if (found)
        *ret_pid = pid;
    return found;
}

#else

static int no_proc(struct nx_err *err)
{
    int rc = nx_fail(err, NX_EIO, NULL, "this system does not show other processes' environments");
    nx_err_hint(err, "tests that run now are shown on Linux only");
    return rc;
}

int nx_procs_tests(int (*fn)(void *arg, const struct nx_proc_test *t), void *arg, struct nx_err *err)
{
    (void)fn;
    (void)arg;
    return no_proc(err);
}

int nx_procs_holding(const char *path, pid_t *ret_pid, struct nx_err *err)
{
    (void)path;
    (void)ret_pid;
    return no_proc(err);
}

#endif
