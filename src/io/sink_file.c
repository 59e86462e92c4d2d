#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/sink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC = 0x6e786669, TRIES = 100 };

struct nx_sink_file {
    struct nx_sink sink;
    struct nx_sink_fd to;
    int fd;
    char *path;   /* as the caller gave it, for messages */
    char *target; /* what the temporary file becomes; NULL: written directly */
    char *temp;   /* the temporary file; NULL once it was renamed */
};

static int file_write(struct nx_sink *self, const void *p, size_t n, struct nx_err *err)
{
    struct nx_sink_file *f = (struct nx_sink_file *)self;
    assert(f->sink.magic == MAGIC);
    return nx_sink_write(&f->to.sink, p, n, err);
}

/* The number in /dev/stdout, /dev/fd/7 and the like, or -1. Those are not opened anew: a file behind one of
 * them would be renamed away, or overwritten from its first byte. */
static int named_descriptor(const char *path)
{
    static const char *const dirs[] = {"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        size_t n = strlen(dirs[i]);
        if (strncmp(path, dirs[i], n) != 0)
            continue;
        char *end;
        errno = 0;
        long v = strtol(path + n, &end, 10);
        if (path[n] >= '0' && path[n] <= '9' && *end == '\0' && errno == 0 && v <= INT32_MAX)
            return (int)v;
    }
    return -1;
}

static int open_direct(struct nx_sink_file *f, struct nx_err *err)
{
    int named = named_descriptor(f->path);
    f->fd = named >= 0 ? fcntl(named, F_DUPFD_CLOEXEC, 3) : open(f->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return f->fd >= 0 ? 0 : nx_fail_sys(err, NX_EWRITE, errno, f->path, "cannot open for writing");
}

/* Beside the target, so that the rename stays within one file system; hidden, so that nobody takes it for the
 * result. Made with open() and not mkstemp(), so that the umask decides the mode of a new file. */
static int open_temp(struct nx_sink_file *f, struct nx_err *err)
{
    const char *slash = strrchr(f->target, '/');
    int dir_n = slash ? (int)(slash - f->target) + 1 : 0;
    const char *base = f->target + dir_n;
    size_t cap = strlen(f->target) + 32;
    f->temp = malloc(cap);
    if (!f->temp)
        return nx_fail(err, NX_ENOMEM, f->path, "no memory");
    /* A long name is cut, at 255 bytes the file system would refuse it. */
    size_t base_n = strlen(base);
    int keep = base_n > 200 ? 200 : (int)base_n;
    for (int i = 0; i < TRIES; i++) {
        uint64_t r = 0;
        if (getrandom(&r, sizeof r, 0) < 0)
            r = (uint64_t)getpid() << 32 | (uint64_t)i;
        snprintf(f->temp, cap, "%.*s.%.*s.%016" PRIx64, dir_n, f->target, keep, base, r);
        f->fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (f->fd >= 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    int sys = errno;
    free(f->temp);
    f->temp = NULL;
    return nx_fail_sys(err, NX_EWRITE, sys, f->path, "cannot create a temporary file beside it");
}

static int open_target(struct nx_sink_file *f, struct nx_err *err)
{
    struct stat st;
    bool exists = stat(f->path, &st) == 0;
    if (!exists && errno != ENOENT)
        return nx_fail_sys(err, NX_EWRITE, errno, f->path, "cannot look at");
    if (named_descriptor(f->path) >= 0 || (exists && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return open_direct(f, err);
    if (exists && S_ISDIR(st.st_mode))
        return nx_fail(err, NX_EWRITE, f->path, "is a directory");
    if (exists && access(f->path, W_OK) < 0)
        return nx_fail_sys(err, NX_EWRITE, errno, f->path, "cannot write");
    /* A link stays a link: what it points to is replaced. */
    f->target = exists ? realpath(f->path, NULL) : strdup(f->path);
    if (!f->target)
        return nx_fail_sys(err, NX_EWRITE, errno, f->path, "cannot resolve");
    int rc = open_temp(f, err);
    if (rc == 0 && exists && fchmod(f->fd, st.st_mode & 07777) < 0)
        rc = nx_fail_sys(err, NX_EWRITE, errno, f->path, "cannot keep the mode");
    return rc;
}

int nx_sink_file_open(const char *path, struct nx_sink_file **ret, struct nx_err *err)
{
    struct nx_sink_file *f = calloc(1, sizeof *f);
    if (!f)
        return nx_fail(err, NX_ENOMEM, path, "no memory");
    f->fd = -1;
    f->sink = (struct nx_sink){.magic = MAGIC, .write = file_write};
    f->path = strdup(path);
    int rc = f->path ? open_target(f, err) : nx_fail(err, NX_ENOMEM, path, "no memory");
    if (rc < 0) {
        nx_sink_file_close(f);
        return rc;
    }
    nx_sink_fd_init(&f->to, f->fd, f->path);
    *ret = f;
    return 0;
}

struct nx_sink *nx_sink_file_sink(struct nx_sink_file *f)
{
    return &f->sink;
}

const char *nx_sink_file_temp(const struct nx_sink_file *f)
{
    return f->temp;
}

/* The name is on disk only when its directory is. */
static int sync_dir(const char *file, const char *name, struct nx_err *err)
{
    char *dir = strdup(file);
    if (!dir)
        return nx_fail(err, NX_ENOMEM, name, "no memory");
    char *slash = strrchr(dir, '/');
    if (slash)
        slash[slash == dir] = '\0';
    int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc =
        fd < 0 || fsync(fd) < 0 ? nx_fail_sys(err, NX_EWRITE, errno, name, "cannot sync its directory") : 0;
    if (fd >= 0)
        close(fd);
    free(dir);
    return rc;
}

int nx_sink_file_commit(struct nx_sink_file *f, bool sync, struct nx_err *err)
{
    /* fsync() of a pipe or a terminal is EINVAL, and means nothing there. */
    if (sync && f->target && fsync(f->fd) < 0)
        return nx_fail_sys(err, NX_EWRITE, errno, f->path, "cannot sync");
    int fd = f->fd;
    f->fd = -1;
    /* Some file systems tell of a full disk only now. */
    if (close(fd) < 0 && errno != EINTR)
        return nx_fail_sys(err, NX_EWRITE, errno, f->path, "cannot finish writing");
    if (!f->target)
        return 0;
    if (rename(f->temp, f->target) < 0)
        return nx_fail_sys(err, NX_EWRITE, errno, f->path, "cannot rename the temporary file");
    free(f->temp);
    f->temp = NULL;
    return sync ? sync_dir(f->target, f->path, err) : 0;
}

void nx_sink_file_close(struct nx_sink_file *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    if (f->temp)
        unlink(f->temp);
    free(f->temp);
    free(f->target);
    free(f->path);
    free(f);
}
