/*
 * Says that something below a state directory may have changed: a descriptor to poll, no loop.
 *
 * Directories are watched (the state directory, projects/, each workspace's records/runs/), and where one
 * does not exist yet, its nearest ancestor that does. The caller refreshes before it scans; an event says
 * "dirty", never what. Overflow, unmount and a watched directory that goes away are "dirty" as well. What
 * inotify cannot tell (a parent moved away, a symbolic link turned, a network file system) a slow rescan of
 * the caller's has to find. Used by one thread at a time.
 */
#ifndef NX_WATCH_WATCH_H
#define NX_WATCH_WATCH_H

#include <stdbool.h>

#include "base/err.h"

struct nx_watch;

/* Watches nothing until the first refresh. NX_ELIMIT names the sysctl (fs.inotify.max_user_instances). */
NX_MUST_USE int nx_watch_open(const char *state_dir, struct nx_watch **ret, struct nx_err *err);
void nx_watch_close(struct nx_watch *w);
int nx_watch_fd(const struct nx_watch *w); /* readable when events wait */

/* Drains the events. *ret_dirty: the store may have changed. Then call nx_watch_refresh() and scan. */
NX_MUST_USE int nx_watch_drain(struct nx_watch *w, bool *ret_dirty, struct nx_err *err);

/* Brings the watched set in line with the directories that exist now. Idempotent. On failure as much is
 * watched as could be; NX_ELIMIT names the sysctl (fs.inotify.max_user_watches). Reads directories: not
 * for a loop's thread. */
NX_MUST_USE int nx_watch_refresh(struct nx_watch *w, struct nx_err *err);

#endif
