#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_MS = 10 };

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 0, or an errno: EWOULDBLOCK when the time is over. */
static int wait_for(int fd, int kind, unsigned wait_ms)
{
    int64_t end = now_ms() + wait_ms;
    while (flock(fd, kind | LOCK_NB) < 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return errno;
        if (now_ms() >= end)
            return EWOULDBLOCK;
        nanosleep(&(struct timespec){.tv_nsec = RETRY_MS * 1000000L}, NULL);
    }
    return 0;
}

static int held(const char *path, unsigned wait_ms, struct nx_err *err)
{
    int rc = wait_ms > 0 ? nx_fail(err, NX_ELOCKED, path, "timed out acquiring lock after %u ms", wait_ms)
                         : nx_fail(err, NX_ELOCKED, path, "locked by another process");
    nx_err_hint(err, "nextest holds it for moments only: try again, or look for a nextest that hangs");
    return rc;
}

/*
 * Where nothing can be locked nothing is waited for: nextest renames a new list into place, so that what is
 * read is a whole one even then.
 */
int nx_lock_shared(const char *path, unsigned wait_ms, int *ret, struct nx_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int sys = fd < 0 ? 0 : wait_for(fd, LOCK_SH, wait_ms);
    if (fd >= 0 && sys != 0) {
        close(fd);
        fd = -1;
    }
    if (sys == EWOULDBLOCK)
        return held(path, wait_ms, err);
    *ret = fd;
    return 0;
}

int nx_lock_exclusive(const char *path, unsigned wait_ms, int *ret, struct nx_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (fd < 0)
        return nx_fail_sys(err, NX_EWRITE, errno, path, "cannot open");
    int sys = wait_for(fd, LOCK_EX, wait_ms);
    if (sys == 0) {
        *ret = fd;
        return 0;
    }
    close(fd);
    return sys == EWOULDBLOCK ? held(path, wait_ms, err)
                              : nx_fail_sys(err, NX_EWRITE, sys, path, "cannot lock");
}
