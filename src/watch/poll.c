/* Where the kernel has nothing of the kind: a descriptor that never becomes readable. The caller's slow
 * rescan finds everything. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "watch/backend.h"

int backend_open(struct nx_watch *w, struct nx_err *err)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return nx_fail_sys(err, NX_EIO, errno, w->state_dir, "cannot watch for changes");
    }
    w->fd = ends[0];
    w->peer = ends[1]; /* kept open: a pipe without a writer is readable */
    (void)fcntl(w->fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(w->peer, F_SETFD, FD_CLOEXEC);
    return 0;
}

void backend_close(struct nx_watch *w)
{
    if (w->fd >= 0) {
        close(w->fd);
        close(w->peer);
    }
}

int backend_add(struct refresh *f, const char *path, const char *only)
{
    (void)f;
    (void)path;
    (void)only;
    return -1;
}

void backend_drop(struct nx_watch *w, const struct watched_set *old, const struct watched_set *now)
{
    (void)w;
    (void)old;
    (void)now;
}

int nx_watch_drain(struct nx_watch *w, bool *ret_dirty, struct nx_err *err)
{
    (void)w;
    (void)err;
    *ret_dirty = false;
    return 0;
}
