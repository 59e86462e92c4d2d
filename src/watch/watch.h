/*
 * Says that something below a state directory may have changed: a descriptor to poll, no loop.
 *
 * Directories are watched (the state directory, projects/, each workspace's records/runs/, and parents that do not exist yet
 * through their nearest existing ancestor). The caller sets the watch before it scans; an event says "dirty", never what.
 * Overflow, unmount and a watched directory that goes away are "dirty" as well. Used by one thread.
 */
#ifndef NX_WATCH_WATCH_H
#define NX_WATCH_WATCH_H

#include <stdbool.h>

#include "base/err.h"

struct nx_watch;

/* NX_ELIMIT names the sysctl (fs.inotify.max_user_instances / max_user_watches). */
NX_MUST_USE int nx_watch_open(const char *state_dir, struct nx_watch **ret, struct nx_err *err);
void nx_watch_close(struct nx_watch *w);
int nx_watch_fd(const struct nx_watch *w); /* readable when events wait */

/* Drains the events. *ret_dirty: the store may have changed. Then call nx_watch_refresh() and scan. */
NX_MUST_USE int nx_watch_drain(struct nx_watch *w, bool *ret_dirty, struct nx_err *err);

/* Brings the watched set in line with the directories that exist now. Idempotent. */
NX_MUST_USE int nx_watch_refresh(struct nx_watch *w, struct nx_err *err);

#endif
