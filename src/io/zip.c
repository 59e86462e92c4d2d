#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/zip.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "io/spool.h"
#include "io/zip_entry.h"
#include "io/zip_layout.h"

struct nx_zip {
    char *name;
    struct nx_zip_window w;
    int own_fd; /* -1 for one that lies inside another */
    struct nx_zip_layout l;
};

/* Takes fd (which may be -1), also on failure. */
static int open_window(const char *name, int own_fd, struct nx_zip_window w, struct nx_zip **ret,
                       struct nx_err *err)
{
    struct nx_zip *z = calloc(1, sizeof *z);
    if (!z) {
        if (own_fd >= 0)
            close(own_fd);
        return nx_fail(err, NX_ENOMEM, name, "no memory to open a zip");
    }
    z->own_fd = own_fd;
    z->name = strdup(name);
    z->w = w;
    z->w.name = z->name;
    int rc = z->name ? nx_zip_layout_read(&z->w, &z->l, err)
                     : nx_fail(err, NX_ENOMEM, name, "no memory to open a zip");
    if (rc < 0) {
        nx_zip_close(z);
        return rc;
    }
    *ret = z;
    return 0;
}

static int open_whole(const char *name, int fd, struct nx_zip **ret, struct nx_err *err)
{
    struct stat st;
    int rc = 0;
    if (fstat(fd, &st) < 0)
        rc = nx_fail_sys(err, NX_EIO, errno, name, "cannot look at");
    else if (!S_ISREG(st.st_mode))
        rc = nx_fail(err, NX_EIO, name, S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
    if (rc < 0) {
        close(fd);
        return rc;
    }
    return open_window(name, fd, (struct nx_zip_window){.fd = fd, .size = (uint64_t)st.st_size}, ret, err);
}

int nx_zip_open(const char *path, int fd, struct nx_zip **ret, struct nx_err *err)
{
    if (fd < 0)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return nx_fail_sys(err, errno == ENOENT || errno == ENOTDIR ? NX_ENOTFOUND : NX_EIO, errno, path,
                           "cannot open");
    return open_whole(path, fd, ret, err);
}

static char *entry_name(const struct nx_zip *z, const char *entry)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s (%s)", z->name, entry);
    return nx_strbuf_take(&b, NULL);
}

static const struct nx_zip_entry *find(const struct nx_zip *z, const char *entry, struct nx_err *err)
{
    const struct nx_zip_entry *e = nx_zip_layout_find(&z->l, entry);
    if (!e)
        nx_fail(err, NX_ENOTFOUND, z->name, "required file `%s` missing from archive", entry);
    return e;
}

int nx_zip_open_nested(struct nx_zip *outer, const char *entry, struct nx_zip **ret, struct nx_err *err)
{
    const struct nx_zip_entry *e = find(outer, entry, err);
    if (!e)
        return -NX_ENOTFOUND;
    char *name = entry_name(outer, entry);
    if (!name)
        return nx_fail(err, NX_ENOMEM, outer->name, "no memory to open a zip");
    int rc;
    if (e->method == NX_ZIP_STORED && !(e->flags & NX_ZIP_ENCRYPTED)) {
        struct nx_zip_window w = {.fd = outer->w.fd, .base = outer->w.base + e->data, .size = e->size};
        rc = open_window(name, -1, w, ret, err);
    } else {
        struct nx_reader *r = NULL;
        int fd = -1;
        rc = nx_zip_reader(outer, entry, NX_LIM_SPOOL_BYTES, &r, err);
        if (rc == 0)
            rc = nx_spool(r, NX_LIM_SPOOL_BYTES, &fd, err);
        nx_reader_close(r);
        if (rc == 0)
            rc = open_whole(name, fd, ret, err);
    }
    free(name);
    return rc;
}

void nx_zip_close(struct nx_zip *z)
{
    if (!z)
        return;
    nx_zip_layout_fini(&z->l);
    if (z->own_fd >= 0)
        close(z->own_fd);
    free(z->name);
    free(z);
}

const char *nx_zip_name(const struct nx_zip *z)
{
    return z->name;
}

uint64_t nx_zip_count(const struct nx_zip *z)
{
    return z->l.n;
}

const char *nx_zip_entry_name(const struct nx_zip *z, uint64_t i)
{
    assert(i < z->l.n);
    return z->l.names + z->l.v[i].name;
}

uint64_t nx_zip_entry_size(const struct nx_zip *z, uint64_t i)
{
    assert(i < z->l.n);
    return z->l.v[i].size;
}

bool nx_zip_has(const struct nx_zip *z, const char *entry)
{
    return nx_zip_layout_find(&z->l, entry) != NULL;
}

int nx_zip_reader(struct nx_zip *z, const char *entry, enum nx_limit limit, struct nx_reader **ret,
                  struct nx_err *err)
{
    const struct nx_zip_entry *e = find(z, entry, err);
    if (!e)
        return -NX_ENOTFOUND;
    char *name = entry_name(z, entry);
    if (!name)
        return nx_fail(err, NX_ENOMEM, z->name, "no memory to read a zip");
    int rc = nx_zip_entry_open(&z->w, e, name, limit, ret, err);
    free(name);
    return rc;
}

int nx_zip_slurp(struct nx_zip *z, const char *entry, enum nx_limit limit, char **ret, size_t *ret_n,
                 struct nx_err *err)
{
    struct nx_reader *r = NULL;
    int rc = nx_zip_reader(z, entry, limit, &r, err);
    if (rc == 0)
        rc = nx_reader_slurp(r, limit, ret, ret_n, err);
    nx_reader_close(r);
    return rc;
}
