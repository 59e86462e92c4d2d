/*
 * macOS and the BSDs. A directory's own event says that an entry came, went or was renamed, and not which: an
 * ancestor, of which one name matters, is looked at again then. Every watched directory costs an open
 * descriptor.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <sys/event.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "watch/backend.h"

#ifdef O_EVTONLY /* macOS: does not keep a volume from being unmounted */
#define HOW (O_EVTONLY | O_DIRECTORY | O_CLOEXEC)
#else
#define HOW (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
#endif

#ifndef NOTE_REVOKE /* unmounted; not everywhere */
#define NOTE_REVOKE 0
#endif
#define GONE (NOTE_DELETE | NOTE_RENAME | NOTE_REVOKE)

int backend_open(struct nx_watch *w, struct nx_err *err)
{
    w->fd = kqueue();
    if (w->fd < 0) {
        return nx_fail_sys(err, NX_EIO, errno, w->state_dir, "cannot watch for changes");
    }
    (void)fcntl(w->fd, F_SETFD, FD_CLOEXEC);
    return 0;
}

/* The kernel drops an event with its descriptor. */
void backend_drop(struct nx_watch *w, const struct watched_set *old, const struct watched_set *now)
{
    (void)w;
    for (size_t i = 0; i < old->n; i++) {
        if (!watched_find(now, old->v[i].id)) {
            close(old->v[i].id);
        }
    }
}

void backend_close(struct nx_watch *w)
{
    const struct watched_set none = {0};
    backend_drop(w, &w->set, &none);
    if (w->fd >= 0) {
        close(w->fd);
    }
}

static struct ident ident_of(const struct stat *st)
{
    return (struct ident){true, st->st_dev, st->st_ino};
}

static bool ident_same(struct ident a, struct ident b)
{
    return a.there == b.there && a.dev == b.dev && a.ino == b.ino;
}

static struct ident child_of(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, 0) == 0 ? ident_of(&st) : (struct ident){0};
}

static const struct watched *find_ident(const struct watched_set *s, struct ident self)
{
    for (size_t i = 0; i < s->n; i++) {
        if (ident_same(s->v[i].self, self)) {
            return &s->v[i];
        }
    }
    return NULL;
}

static int failed(struct refresh *f, const char *path)
{
    if (f->rc == 0) {
        bool full = errno == EMFILE || errno == ENFILE;
        f->rc = nx_fail_sys(f->err, full ? NX_ELIMIT : NX_EIO, errno, path,
                            "cannot watch this folder for changes");
        if (full) {
            nx_err_hint(f->err,
                        "raise the limit of open files (ulimit -n): each workspace takes one; until then "
                        "changes are found by the slow rescan only");
        }
    }
    return -1;
}

/* The descriptor by which a directory is watched: the one that it has, or `fd` from now on. */
static int watch(struct refresh *f, int fd, struct ident self)
{
    const struct watched *has = find_ident(&f->set, self);
    if (!has) {
        has = find_ident(&f->w->set, self);
    }
    if (has) {
        close(fd);
        return has->id;
    }
    struct kevent ev;
    EV_SET(&ev, (uintptr_t)fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTE_WRITE | GONE, 0, 0);
    if (kevent(f->w->fd, &ev, 1, NULL, 0, NULL) < 0) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}

int backend_add(struct refresh *f, const char *path, const char *only)
{
    struct stat st;
    int fd = open(path, HOW);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : failed(f, path);
    }
    if (fstat(fd, &st) != 0) {
        int rc = failed(f, path);
        close(fd);
        return rc;
    }
    int id = watch(f, fd, ident_of(&st));
    if (id < 0) {
        return failed(f, path);
    }
    struct watched *e = watched_add(&f->set, id, only);
    if (!e) {
        f->rc = nx_fail(f->err, NX_ENOMEM, path, "no memory");
        if (!watched_find(&f->w->set, id)) {
            close(id);
        }
        return -1;
    }
    e->self = ident_of(&st);
    /* Looked at once it is watched: what happens from now on is told. */
    e->child = e->only ? child_of(id, e->only) : (struct ident){0};
    return 1;
}

static bool matters(const struct nx_watch *w, const struct kevent *ev)
{
    const struct watched *e = watched_find(&w->set, (int)ev->ident);
    if (!e) {
        return false;
    }
    return (ev->fflags & GONE) || !e->only || !ident_same(e->child, child_of(e->id, e->only));
}

int nx_watch_drain(struct nx_watch *w, bool *ret_dirty, struct nx_err *err)
{
    enum { AT_ONCE = 32 };
    const struct timespec now = {0, 0};
    struct kevent ev[AT_ONCE];
    bool dirty = false;
    for (;;) {
        int n = kevent(w->fd, NULL, 0, ev, AT_ONCE, &now);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return nx_fail_sys(err, NX_EIO, errno, w->state_dir, "cannot read what changed");
        }
        for (int i = 0; i < n; i++) {
            dirty = matters(w, &ev[i]) || dirty;
        }
        if (n == 0) {
            break;
        }
    }
    *ret_dirty = dirty;
    return 0;
}
