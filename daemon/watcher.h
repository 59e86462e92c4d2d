/*
 * Follows the stores: what watch/watch.h tells of each, and a slow timer, lead to one debounced scan on the pool,
 * whose new view is swapped in. An event has its own store looked at and no other. Nothing needs a restart,
 * whatever comes, changes or goes.
 */
#ifndef NXD_WATCHER_H
#define NXD_WATCHER_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "watch/watch.h"

struct nxd;

struct watched { /* one store */
    struct nx_watch *watch; /* NULL: cannot be had; the timer alone finds changes */
    uv_poll_t poll;
    bool complained; /* the reason why watching fails was logged */
};

struct watcher {
    struct watched *v; /* one a store, as d->stores */
    size_t n;
    uv_timer_t debounce, rescan;
    bool on;          /* handles are set up */
    bool scanning;    /* the job has the watches */
    bool again;       /* a change was told while scanning */
};

/* Starts to follow and to scan; nxd_ready() is called after the first scan. */
NX_MUST_USE int watcher_start(struct nxd *d, struct nx_err *err);
/* Scans soon, even when no event came. */
void watcher_force(struct nxd *d);
/* Stops to follow; a scan that goes on ends by itself. */
void watcher_stop(struct nxd *d);
/* After the last job. */
void watcher_fini(struct nxd *d);

#endif
