#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "io/sink.h"

enum { BLOCK = 128 * 1024 };

/* O_TMPFILE where the file system has it, else a file whose name is gone at once. */
int nx_unnamed_file(const char *dir)
{
#ifdef O_TMPFILE
    int made = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (made >= 0)
        return made;
#endif
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/nxtrace-XXXXXX", dir);
    char *path = nx_strbuf_take(&b, NULL);
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    int why = errno;
    free(path);
    errno = why;
    return fd;
}

static int open_unnamed(const char *dir, int *ret, struct nx_err *err)
{
    *ret = nx_unnamed_file(dir);
    if (*ret >= 0)
        return 0;
    if (errno == ENOMEM)
        return nx_fail(err, NX_ENOMEM, dir, "no memory");
    int rc = nx_fail_sys(err, NX_EWRITE, errno, dir, "cannot create a temporary file there");
    nx_err_hint(err, "TMPDIR names another place");
    return rc;
}

int nx_spool(struct nx_reader *from, enum nx_limit limit, int *ret, struct nx_err *err)
{
    const char *dir = getenv("TMPDIR");
    if (!dir || !*dir)
        dir = "/tmp";
    struct nx_sink_fd sink;
    char *buf = malloc(BLOCK);
    int fd = -1;
    int rc = buf ? open_unnamed(dir, &fd, err) : nx_fail(err, NX_ENOMEM, dir, "no memory");
    nx_sink_fd_init(&sink, fd, dir);
    while (rc == 0) {
        ssize_t got = nx_reader_read(from, buf, BLOCK, err);
        if (got <= 0) {
            rc = (int)got;
            break;
        }
        if ((uint64_t)got > nx_limit_value(limit) - sink.written) {
            rc = nx_limit_fail(err, limit, nx_reader_name(from));
            break;
        }
        rc = nx_sink_write(&sink.sink, buf, (size_t)got, err);
    }
    free(buf);
    if (rc < 0) {
        if (fd >= 0)
            close(fd);
        return rc;
    }
    *ret = fd;
    return 0;
}
