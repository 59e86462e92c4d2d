/*
 * Follows the store: what watch/watch.h tells, and a slow timer, lead to one debounced scan on the pool,
 * whose new view is swapped in. Nothing needs a restart, whatever comes, changes or goes.
 */
#ifndef NXD_WATCHER_H
#define NXD_WATCHER_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "watch/watch.h"

struct nxd;

struct watcher {
    struct nx_watch *watch; /* NULL: cannot be had; the timer alone finds changes */
    uv_poll_t poll;
    uv_timer_t debounce, rescan;
    bool on;          /* handles are set up */
    bool scanning;    /* the job has the watch */
    bool again;       /* a change was told while scanning */
    bool complained;  /* the reason why watching fails was logged */
};

/* Starts to follow and to scan; nxd_ready() is called after the first scan. */
void watcher_start(struct nxd *d);
/* Scans soon, even when no event came. */
void watcher_force(struct nxd *d);
/* Stops to follow; a scan that goes on ends by itself. */
void watcher_stop(struct nxd *d);
/* After the last job. */
void watcher_fini(struct nxd *d);

#endif
