#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/reader_impl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int nx_reader_init(struct nx_reader *r, const struct nx_reader_ops *ops, const char *name, struct nx_err *err)
{
    *r = (struct nx_reader){.ops = ops, .name = strdup(name)};
    return r->name ? 0 : nx_fail(err, NX_ENOMEM, name, "no memory for a reader");
}

ssize_t nx_reader_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    if (r->failed) {
        if (err && r->err)
            *err = *r->err;
        else
            nx_fail(err, (enum nx_code)(-r->failed), r->name, "failed before");
        return r->failed;
    }
    if (n == 0)
        return 0;
    struct nx_err own;
    ssize_t got = r->ops->read(r, buf, n, &own);
    assert(got < 0 || (size_t)got <= n);
    if (got < 0) {
        r->failed = (int)got;
        r->err = malloc(sizeof *r->err);
        if (r->err)
            *r->err = own;
        if (err)
            *err = own;
    }
    return got;
}

void nx_reader_retry(struct nx_reader *r)
{
    if (r->failed && r->failed != -NX_ETRUNC)
        return;
    r->failed = 0;
    free(r->err);
    r->err = NULL;
    if (r->ops->again)
        r->ops->again(r);
}

void nx_reader_close(struct nx_reader *r)
{
    if (!r)
        return;
    free(r->err);
    free(r->name);
    r->name = NULL;
    r->err = NULL;
    r->ops->close(r);
}

const char *nx_reader_name(const struct nx_reader *r)
{
    return r->name;
}

/* --- files --- */

struct file_reader {
    struct nx_reader base;
    int fd;
};

static ssize_t file_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    struct file_reader *f = (struct file_reader *)r;
    ssize_t got;
    do
        got = read(f->fd, buf, n > SSIZE_MAX ? SSIZE_MAX : n);
    while (got < 0 && errno == EINTR);
    return got >= 0 ? got : nx_fail_sys(err, NX_EIO, errno, r->name, "cannot read");
}

static void file_close(struct nx_reader *r)
{
    struct file_reader *f = (struct file_reader *)r;
    close(f->fd);
    free(f);
}

static const struct nx_reader_ops file_ops = {file_read, file_close, NULL};

/* Not blocking, so that a FIFO by that name is refused and not waited for. */
static int open_regular(const char *path, int *ret, struct nx_err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        enum nx_code code = errno == ENOENT || errno == ENOTDIR ? NX_ENOTFOUND
                            : errno == ENOMEM                   ? NX_ENOMEM
                                                                : NX_EIO;
        return nx_fail_sys(err, code, errno, path, "cannot open");
    }
    int rc = 0;
    if (fstat(fd, &st) < 0)
        rc = nx_fail_sys(err, NX_EIO, errno, path, "cannot look at");
    else if (!S_ISREG(st.st_mode))
        rc = nx_fail(err, NX_EIO, path, S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
    if (rc < 0) {
        close(fd);
        return rc;
    }
    *ret = fd;
    return 0;
}

/* Takes fd, also on failure. */
static int from_fd(int fd, const char *name, struct nx_reader **ret, struct nx_err *err)
{
    struct file_reader *f = malloc(sizeof *f);
    int rc = f ? nx_reader_init(&f->base, &file_ops, name, err)
               : nx_fail(err, NX_ENOMEM, name, "no memory for a reader");
    if (rc < 0) {
        free(f);
        close(fd);
        return rc;
    }
    f->fd = fd;
    *ret = &f->base;
    return 0;
}

int nx_reader_open_file(const char *path, struct nx_reader **ret, struct nx_err *err)
{
    int fd = -1;
    int rc = open_regular(path, &fd, err);
    return rc < 0 ? rc : from_fd(fd, path, ret, err);
}

int nx_reader_open_fd(int fd, const char *name, struct nx_reader **ret, struct nx_err *err)
{
    return from_fd(fd, name, ret, err);
}

/* --- memory --- */

struct mem_reader {
    struct nx_reader base;
    const char *p;
    size_t n;
};

static ssize_t mem_read(struct nx_reader *r, void *buf, size_t n, struct nx_err *err)
{
    (void)err;
    struct mem_reader *m = (struct mem_reader *)r;
    if (n > m->n)
        n = m->n;
    if (n > 0)
        memcpy(buf, m->p, n);
    m->p += n;
    m->n -= n;
    return (ssize_t)n;
}

static void mem_close(struct nx_reader *r)
{
    free((struct mem_reader *)r);
}

static const struct nx_reader_ops mem_ops = {mem_read, mem_close, NULL};

int nx_reader_open_mem(const void *p, size_t n, const char *name, struct nx_reader **ret, struct nx_err *err)
{
    struct mem_reader *m = malloc(sizeof *m);
    if (!m)
        return nx_fail(err, NX_ENOMEM, name, "no memory for a reader");
    int rc = nx_reader_init(&m->base, &mem_ops, name, err);
    if (rc < 0) {
        free(m);
        return rc;
    }
    m->p = n > 0 ? p : "";
    m->n = n;
    *ret = &m->base;
    return 0;
}

/* --- all at once --- */

int nx_reader_slurp(struct nx_reader *r, enum nx_limit limit, char **ret, size_t *ret_n, struct nx_err *err)
{
    uint64_t most = nx_limit_value(limit);
    size_t cap = 16 * 1024, n = 0;
    char *p = malloc(cap);
    int rc;
    if (!p)
        return nx_fail(err, NX_ENOMEM, r->name, "no memory to read it");
    for (;;) {
        ssize_t got = nx_reader_read(r, p + n, cap - n - 1, err);
        if (got < 0) {
            rc = (int)got;
            goto fail;
        }
        if (got == 0)
            break;
        n += (size_t)got;
        if (n > most) {
            rc = nx_limit_fail(err, limit, r->name);
            goto fail;
        }
        if (n == cap - 1) {
            char *more = cap > SIZE_MAX / 2 ? NULL : realloc(p, cap * 2);
            if (!more) {
                rc = nx_fail(err, NX_ENOMEM, r->name, "no memory to read it");
                goto fail;
            }
            p = more;
            cap *= 2;
        }
    }
    p[n] = '\0';
    *ret = p;
    *ret_n = n;
    return 0;
fail:
    free(p);
    return rc;
}
