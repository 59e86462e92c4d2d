/* Linux. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "watch/backend.h"

/* Opening for reading (ours, of the lock and the lists) is no change. A run list is replaced by rename. */
#define MASK                                                                                                 \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF |  \
     IN_ONLYDIR)

int backend_open(struct nx_watch *w, struct nx_err *err)
{
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd >= 0) {
        return 0;
    }
    /* EMFILE is the user's inotify instances or the process's descriptors: the kernel does not tell which. */
    bool full = errno == EMFILE || errno == ENFILE;
    int rc = nx_fail_sys(err, full ? NX_ELIMIT : NX_EIO, errno, w->state_dir, "cannot watch for changes");
    if (full) {
        nx_err_hint(err,
                    "raise the sysctl fs.inotify.max_user_instances, or the limit of open files (ulimit -n)");
    }
    return rc;
}

void backend_close(struct nx_watch *w)
{
    if (w->fd >= 0) {
        close(w->fd);
    }
}

int backend_add(struct refresh *f, const char *path, const char *only)
{
    int wd = inotify_add_watch(f->w->fd, path, MASK);
    if (wd >= 0) {
        if (watched_add(&f->set, wd, only)) {
            return 1;
        }
        f->rc = nx_fail(f->err, NX_ENOMEM, path, "no memory");
        return -1;
    }
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
        return 0;
    }
    if (f->rc == 0) {
        bool full = errno == ENOSPC;
        f->rc = nx_fail_sys(f->err, full ? NX_ELIMIT : NX_EIO, errno, path,
                            "cannot watch this folder for changes");
        if (full) {
            nx_err_hint(f->err,
                        "raise the sysctl fs.inotify.max_user_watches; until then changes are found by "
                        "the slow rescan only");
        }
    }
    return -1;
}

void backend_drop(struct nx_watch *w, const struct watched_set *old, const struct watched_set *now)
{
    for (size_t i = 0; i < old->n; i++) {
        if (!watched_find(now, old->v[i].id)) {
            (void)inotify_rm_watch(w->fd, old->v[i].id);
        }
    }
}

/* Does this event mean that the store may have changed? */
static bool matters(const struct nx_watch *w, const struct inotify_event *e, size_t room)
{
    if (e->mask & (IN_Q_OVERFLOW | IN_UNMOUNT | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) {
        /* IN_IGNORED for a watch that refresh itself took off is no news. */
        return (e->mask & IN_Q_OVERFLOW) || watched_find(&w->set, e->wd);
    }
    const struct watched *o = watched_find(&w->set, e->wd);
    size_t n = e->len ? strnlen(e->name, room) : 0;
    if (!o) {
        return false;
    }
    if (o->only) {
        return n == strlen(o->only) && memcmp(o->only, e->name, n) == 0;
    }
    return !(n == strlen("runs.lock") && memcmp(e->name, "runs.lock", n) == 0);
}

int nx_watch_drain(struct nx_watch *w, bool *ret_dirty, struct nx_err *err)
{
    union {
        struct inotify_event align;
        char bytes[16384];
    } buf;
    bool dirty = false;
    for (;;) {
        ssize_t got = read(w->fd, buf.bytes, sizeof buf.bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            break;
        }
        if (got <= 0) {
            return nx_fail_sys(err, NX_EIO, got < 0 ? errno : EIO, w->state_dir, "cannot read what changed");
        }
        size_t at = 0;
        while ((size_t)got - at >= sizeof(struct inotify_event)) {
            struct inotify_event head;
            memcpy(&head, buf.bytes + at, sizeof head);
            if (head.len > (size_t)got - at - sizeof head) {
                break;
            }
            const void *where = buf.bytes + at; /* the kernel pads names so that every event is aligned */
            dirty |= matters(w, where, head.len);
            at += sizeof head + head.len;
        }
    }
    *ret_dirty = dirty;
    return 0;
}
