#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "archive/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef HAVE_LINUX_FS_H
#include <linux/fs.h>
#endif

#include "io/zip.h"
#include "io/zstd.h"

enum {
    PATH = 4400,
    BLOCK = 128 * 1024,
    AT_ONCE = 1 << 30,
    SPARE = 16 << 20, /* the last bytes of a disk are left to others */
};

static const char log_name[] = "run.log.zst", store_name[] = "store.zip";

/* --- one file --- */

struct file {
    const char *name;
    int fd; /* -1: not there */
    struct stat st;
    char path[PATH];
};

static int open_source(struct file *f, const char *dir, const char *name, struct nx_err *err)
{
    f->name = name;
    if (snprintf(f->path, sizeof f->path, "%s/%s", dir, name) >= (int)sizeof f->path)
        return nx_fail(err, NX_EIO, dir, "the path is too long");
    f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0
                                                   : nx_fail_sys(err, NX_EIO, errno, f->path, "cannot open");
    if (fstat(f->fd, &f->st) < 0)
        return nx_fail_sys(err, NX_EIO, errno, f->path, "cannot look at");
    if (!S_ISREG(f->st.st_mode))
        return nx_fail(err, NX_EFORMAT, f->path, "is no regular file");
    return 0;
}

static bool share(int from, int to)
{
#ifdef FICLONE
    return ioctl(to, FICLONE, from) == 0;
#else
    (void)from;
    (void)to;
    return false;
#endif
}

/* As far as the kernel copies: both descriptors stand where it stopped. What stopped it shows again, and by
 * name, where it is read and written. */
static void copy_in_kernel(int from, int to)
{
#ifdef HAVE_COPY_FILE_RANGE
    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, AT_ONCE, 0);
        if (n == 0 || (n < 0 && errno != EINTR))
            return;
    }
#else
    (void)from;
    (void)to;
#endif
}

static int write_all(int fd, const char *p, size_t n, const char *name, struct nx_err *err)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return nx_fail_sys(err, NX_EWRITE, errno, name, "cannot write");
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

static int copy_by_hand(const struct file *f, int to, const char *to_name, struct nx_err *err)
{
    char *block = malloc(BLOCK);
    int rc = block ? 0 : nx_fail(err, NX_ENOMEM, to_name, "no memory");
    while (rc == 0) {
        ssize_t n = read(f->fd, block, BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = nx_fail_sys(err, NX_EIO, errno, f->path, "cannot read");
        if (n <= 0)
            break;
        rc = write_all(to, block, (size_t)n, to_name, err);
    }
    free(block);
    return rc;
}

static int copy_file(const struct file *f, const char *dir, uint64_t *ret_bytes, bool *shared,
                     struct nx_err *err)
{
    char path[PATH];
    struct stat st;
    if (snprintf(path, sizeof path, "%s/%s", dir, f->name) >= (int)sizeof path)
        return nx_fail(err, NX_EWRITE, dir, "the path is too long");
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (to < 0)
        return nx_fail_sys(err, NX_EWRITE, errno, path, "cannot create");
    int rc = 0;
    if (!share(f->fd, to)) {
        *shared = false;
        copy_in_kernel(f->fd, to);
        rc = copy_by_hand(f, to, path, err);
    }
    if (rc == 0 && fstat(to, &st) < 0)
        rc = nx_fail_sys(err, NX_EWRITE, errno, path, "cannot look at");
    if (rc == 0)
        *ret_bytes = (uint64_t)st.st_size;
    /* What was made of the log goes by its time: a copy is the same log. Without it, it is read once more. */
    (void)!futimens(to, (const struct timespec[2]){f->st.st_atim, f->st.st_mtim});
    /* Some file systems tell of a full disk only now. */
    if (close(to) < 0 && errno != EINTR && rc == 0)
        rc = nx_fail_sys(err, NX_EWRITE, errno, path, "cannot finish writing");
    return rc;
}

/* --- a recording --- */

/* To fill a disk to its last byte would take it from nextest too. */
static int check_room(const char *dir, uint64_t bytes, struct nx_err *err)
{
    struct statvfs v;
    if (statvfs(dir, &v) < 0)
        return nx_fail_sys(err, NX_EWRITE, errno, dir, "cannot look at the file system");
    uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
    if (room < bytes + SPARE)
        return nx_fail_sys(err, NX_EWRITE, ENOSPC, dir, "no room for a recording of %llu bytes",
                           (unsigned long long)bytes);
    return 0;
}

static int copy_opened(const struct file *log, const struct file *store, const char *to, struct nx_copied *c,
                       struct nx_err *err)
{
    if (mkdir(to, 0777) < 0)
        return nx_fail_sys(err, NX_EWRITE, errno, to, "cannot make the folder");
    int rc =
        check_room(to, (uint64_t)log->st.st_size + (uint64_t)(store->fd >= 0 ? store->st.st_size : 0), err);
    c->shared = true;
    c->has_log = true;
    c->has_store = store->fd >= 0;
    if (rc == 0)
        rc = copy_file(log, to, &c->log_bytes, &c->shared, err);
    if (rc == 0 && c->has_store)
        rc = copy_file(store, to, &c->store_bytes, &c->shared, err);
    return rc;
}

int nx_copy_recording(const char *from, const char *to, struct nx_copied *ret, struct nx_err *err)
{
    struct file *f = calloc(2, sizeof *f);
    struct nx_copied c = {0};
    if (!f)
        return nx_fail(err, NX_ENOMEM, from, "no memory");
    f[0].fd = f[1].fd = -1;
    int rc = open_source(&f[0], from, log_name, err);
    if (rc == 0)
        rc = open_source(&f[1], from, store_name, err);
    if (rc == 0 && f[0].fd < 0)
        rc = nx_fail(err, NX_EGONE, from, "no longer there");
    if (rc == 0)
        rc = copy_opened(&f[0], &f[1], to, &c, err);
    for (int i = 0; i < 2; i++)
        if (f[i].fd >= 0)
            close(f[i].fd);
    free(f);
    if (rc == 0)
        *ret = c;
    return rc;
}

static int sync_one(const char *path, int flags, struct nx_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
    if (fd < 0)
        return errno == ENOENT ? 0 : nx_fail_sys(err, NX_EWRITE, errno, path, "cannot open");
    int rc = fsync(fd) < 0 ? nx_fail_sys(err, NX_EWRITE, errno, path, "cannot sync") : 0;
    close(fd);
    return rc;
}

int nx_copy_sync(const char *dir, struct nx_err *err)
{
    static const char *const names[] = {log_name, store_name};
    char path[PATH];
    int rc = 0;
    for (int i = 0; i < 2 && rc == 0; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        rc = sync_one(path, 0, err);
    }
    return rc == 0 ? sync_one(dir, O_DIRECTORY, err) : rc;
}

/* --- is it whole? --- */

static int check_size(const char *dir, const char *name, bool there, uint64_t is, uint64_t wanted,
                      struct nx_err *err)
{
    char path[PATH];
    if (there && is == wanted)
        return 0;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return there ? nx_fail(err, NX_EFORMAT, path, "%llu bytes, but the run list says %llu",
                           (unsigned long long)is, (unsigned long long)wanted)
                 : nx_fail(err, NX_EFORMAT, path, "is missing");
}

static int check_log(const char *dir, struct nx_err *err)
{
    char path[PATH];
    struct nx_reader *file = NULL, *zstd = NULL;
    char *block = malloc(BLOCK);
    snprintf(path, sizeof path, "%s/%s", dir, log_name);
    int rc = block ? nx_reader_open_file(path, &file, err) : nx_fail(err, NX_ENOMEM, path, "no memory");
    if (rc == 0)
        rc = nx_zstd_open(file, NX_LIM_LOG_BYTES, &zstd, err);
    while (rc == 0) {
        ssize_t n = nx_reader_read(zstd, block, BLOCK, err);
        if (n <= 0) {
            rc = (int)n;
            break;
        }
    }
    nx_reader_close(zstd);
    free(block);
    return rc;
}

static int check_store(const char *dir, struct nx_err *err)
{
    char path[PATH];
    struct nx_zip *zip = NULL;
    snprintf(path, sizeof path, "%s/%s", dir, store_name);
    int rc = nx_zip_open(path, -1, &zip, err);
    nx_zip_close(zip);
    return rc;
}

int nx_copy_check(const char *dir, const struct nx_copied *c, uint64_t log_bytes, uint64_t store_bytes,
                  struct nx_err *err)
{
    int rc = check_size(dir, log_name, c->has_log, c->log_bytes, log_bytes, err);
    if (rc == 0)
        rc = check_size(dir, store_name, c->has_store, c->store_bytes, store_bytes, err);
    if (rc == 0)
        rc = check_log(dir, err);
    return rc == 0 ? check_store(dir, err) : rc;
}

/* --- removing --- */

int nx_copy_remove(const char *dir, struct nx_err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        int sys = errno;
        if (fd >= 0)
            close(fd);
        return sys == ENOENT ? 0 : nx_fail_sys(err, NX_EWRITE, sys, dir, "cannot open, to remove it");
    }
    for (const struct dirent *e; (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            (void)unlinkat(fd, e->d_name, 0); /* what stays is told of by rmdir() */
    closedir(d);
    return rmdir(dir) < 0 && errno != ENOENT ? nx_fail_sys(err, NX_EWRITE, errno, dir, "cannot remove") : 0;
}
