/*
 * Makes system calls fail, for tests: LD_PRELOAD it and say which in NX_FAULT.
 *
 * NX_FAULT='CALL PATTERN NTH FAULT; ...'
 *     CALL     open read pread write pwrite fsync close rename mmap ftruncate, with all their variants; copy, which is
 *              copy_file_range by where it copies to; statvfs, which ENOSPC makes tell of no room
 *     PATTERN  of the file's whole path, as in a shell (`*` takes slashes too); of a rename, of the old or
 * the new path NTH      which of the matching calls, from 1; `3+`: that and all behind it FAULT    ENOSPC EIO
 * EACCES EMFILE ENOMEM; `short`: a read or write of one byte, or of half where it is longer
 * NX_FAULT_WHILE=FILE   only while FILE is there
 * NX_FAULT_LOG=FILE     gets a line for every call that was made to fail
 *
 * Calls are counted over all threads. Linux, glibc.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))
#define REAL(ret, name, ...)                                \
    static ret (*real)(__VA_ARGS__);                        \
    if (!real)                                              \
        real = (ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

enum { RULES = 8, SHORT = -1 };

struct rule {
    char call[16], pattern[512];
    long nth;
    bool on; /* and all behind it */
    int fault;
    atomic_long seen;
};

static struct rule rules[RULES];
static int rules_n;
static const char *while_file, *log_file;

static const struct {
    const char *name;
    int code;
} faults[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EACCES", EACCES},
              {"EMFILE", EMFILE}, {"ENOMEM", ENOMEM}, {"short", SHORT}};

static void refuse(const char *text)
{
    fprintf(stderr, "inject: cannot make sense of '%s'\n", text);
    abort();
}

__attribute__((constructor)) static void read_rules(void)
{
    const char *all = getenv("NX_FAULT");
    while_file = getenv("NX_FAULT_WHILE");
    log_file = getenv("NX_FAULT_LOG");
    char *copy = strdup(all ? all : ""), *rest = copy;
    for (char *one; (one = strtok_r(rest, ";", &rest));) {
        struct rule *r = &rules[rules_n];
        char nth[16], fault[16];
        if (rules_n == RULES || sscanf(one, " %15s %511s %15s %15s", r->call, r->pattern, nth, fault) != 4)
            refuse(one);
        r->nth = atol(nth);
        r->on = strchr(nth, '+') != NULL;
        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
            if (strcmp(fault, faults[i].name) == 0)
                r->fault = faults[i].code;
        if (r->nth < 1 || r->fault == 0)
            refuse(one);
        rules_n++;
    }
    free(copy);
}

static void note(const char *call, const char *path)
{
    char line[1200];
    int n = snprintf(line, sizeof line, "%s %s\n", call, path);
    long fd = log_file
                  ? syscall(SYS_openat, AT_FDCWD, log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                  : -1;
    if (fd >= 0) {
        (void)!syscall(SYS_write, fd, line, n < (int)sizeof line ? n : (int)sizeof line - 1);
        syscall(SYS_close, fd);
    }
}

/* 0, an errno, or SHORT. `other`: a second path, or NULL. */
static int fault(const char *call, const char *path, const char *other)
{
    int saved = errno, found = 0;
    for (int i = 0; i < rules_n && found == 0; i++) {
        struct rule *r = &rules[i];
        if (strcmp(r->call, call) != 0 ||
            (fnmatch(r->pattern, path, 0) != 0 && (!other || fnmatch(r->pattern, other, 0) != 0)) ||
            (while_file && syscall(SYS_faccessat, AT_FDCWD, while_file, F_OK) != 0))
            continue;
        long n = atomic_fetch_add(&r->seen, 1) + 1;
        if (n == r->nth || (r->on && n > r->nth))
            found = r->fault;
    }
    if (found != 0)
        note(call, path);
    errno = saved;
    return found;
}

static int fault_fd(const char *call, int fd)
{
    char link[64], path[1024];
    if (rules_n == 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (n <= 0)
        return 0;
    path[n] = '\0';
    return fault(call, path, NULL);
}

static size_t shorter(size_t n)
{
    return n > 2 ? n / 2 : 1;
}

/* Of a call on a descriptor that moves bytes: fails, or asks for less. */
#define MOVES(call, fd, n)               \
    do {                                 \
        int fails = fault_fd(call, fd);  \
        if (fails > 0) {                 \
            errno = fails;               \
            return -1;                   \
        }                                \
        (n) = fails == SHORT && (n) > 0 ? shorter(n) : (n); \
    } while (0)
#define FAILS(expression, value) \
    do {                         \
        int fails = (expression); \
        if (fails > 0) {         \
            errno = fails;       \
            return (value);      \
        }                        \
    } while (0)

/* --- opening --- */

static int mode_of(int flags, va_list ap)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, int) : 0;
}

#define OPEN(name)                                             \
    PUBLIC int name(const char *path, int flags, ...)          \
    {                                                          \
        REAL(int, name, const char *, int, ...);               \
        va_list ap;                                            \
        va_start(ap, flags);                                   \
        int mode = mode_of(flags, ap);                         \
        va_end(ap);                                            \
        FAILS(fault("open", path, NULL), -1);                  \
        return real(path, flags, mode);                        \
    }
#define OPENAT(name)                                           \
    PUBLIC int name(int dir, const char *path, int flags, ...) \
    {                                                          \
        REAL(int, name, int, const char *, int, ...);          \
        va_list ap;                                            \
        va_start(ap, flags);                                   \
        int mode = mode_of(flags, ap);                         \
        va_end(ap);                                            \
        FAILS(fault("open", path, NULL), -1);                  \
        return real(dir, path, flags, mode);                   \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* --- moving bytes --- */

PUBLIC ssize_t read(int fd, void *p, size_t n)
{
    REAL(ssize_t, read, int, void *, size_t);
    MOVES("read", fd, n);
    return real(fd, p, n);
}

PUBLIC ssize_t write(int fd, const void *p, size_t n)
{
    REAL(ssize_t, write, int, const void *, size_t);
    MOVES("write", fd, n);
    return real(fd, p, n);
}

#define PREAD(name, off)                                           \
    PUBLIC ssize_t name(int fd, void *p, size_t n, off at)         \
    {                                                              \
        REAL(ssize_t, name, int, void *, size_t, off);             \
        MOVES("pread", fd, n);                                     \
        return real(fd, p, n, at);                                 \
    }
#define PWRITE(name, off)                                          \
    PUBLIC ssize_t name(int fd, const void *p, size_t n, off at)   \
    {                                                              \
        REAL(ssize_t, name, int, const void *, size_t, off);       \
        MOVES("pwrite", fd, n);                                    \
        return real(fd, p, n, at);                                 \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

PUBLIC ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags)
{
    REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);
    MOVES("copy", to, n);
    return real(from, from_at, to, to_at, n, flags);
}

/* --- the rest --- */

PUBLIC int fsync(int fd)
{
    REAL(int, fsync, int);
    FAILS(fault_fd("fsync", fd), -1);
    return real(fd);
}

PUBLIC int fdatasync(int fd)
{
    REAL(int, fdatasync, int);
    FAILS(fault_fd("fsync", fd), -1);
    return real(fd);
}

PUBLIC int syncfs(int fd)
{
    REAL(int, syncfs, int);
    FAILS(fault_fd("fsync", fd), -1);
    return real(fd);
}

/* The file is closed all the same, as the kernel does it. */
PUBLIC int close(int fd)
{
    REAL(int, close, int);
    int f = fault_fd("close", fd);
    int rc = real(fd);
    FAILS(f, -1);
    return rc;
}

PUBLIC int ftruncate(int fd, off_t n)
{
    REAL(int, ftruncate, int, off_t);
    FAILS(fault_fd("ftruncate", fd), -1);
    return real(fd, n);
}

PUBLIC int ftruncate64(int fd, off64_t n)
{
    REAL(int, ftruncate64, int, off64_t);
    FAILS(fault_fd("ftruncate", fd), -1);
    return real(fd, n);
}

PUBLIC int statvfs(const char *path, struct statvfs *st)
{
    REAL(int, statvfs, const char *, struct statvfs *);
    int f = fault("statvfs", path, NULL);
    if (f == ENOSPC) {
        int rc = real(path, st);
        st->f_bavail = 0;
        return rc;
    }
    FAILS(f, -1);
    return real(path, st);
}

PUBLIC int rename(const char *from, const char *to)
{
    REAL(int, rename, const char *, const char *);
    FAILS(fault("rename", from, to), -1);
    return real(from, to);
}

PUBLIC int renameat(int dir, const char *from, int to_dir, const char *to)
{
    REAL(int, renameat, int, const char *, int, const char *);
    FAILS(fault("rename", from, to), -1);
    return real(dir, from, to_dir, to);
}

#define MMAP(name, off)                                                              \
    PUBLIC void *name(void *at, size_t n, int prot, int flags, int fd, off from)     \
    {                                                                                \
        REAL(void *, name, void *, size_t, int, int, int, off);                      \
        FAILS(fd >= 0 ? fault_fd("mmap", fd) : 0, MAP_FAILED);                       \
        return real(at, n, prot, flags, fd, from);                                   \
    }
MMAP(mmap, off_t)
MMAP(mmap64, off64_t)
