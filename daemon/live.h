/*
 * Runs that go on: what the list of runs does not tell of them.
 *
 * A change of the view becomes events. Of the unfinished runs the log is looked at, every LIVE_MS while one
 * of them is going on and not at all otherwise: has it grown (then the index reads it), and is its nextest
 * alive? Used on the loop's thread.
 */
#ifndef NXD_LIVE_H
#define NXD_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "catalog/view.h"
#include "index/rows.h"

struct nxd;

enum alive { ALIVE_UNKNOWN, ALIVE_YES, ALIVE_NO };

enum {
    LIVE_MS = 500,
    LIVE_MAX = 64,         /* the newest; older unfinished ones are long dead */
    LIVE_QUIET_MS = 60000, /* one of which nothing is known goes on for so long after it last grew */
};

struct live_run {
    char id[37];
    const struct nx_store *store;
    char *workspace, *log; /* owned */
    uint64_t size;         /* of its log, when last looked at */
    uint64_t grown_at;     /* the loop's milliseconds */
    enum alive alive;
    uint64_t asked_at;     /* when processes were last looked at for it */
    unsigned misses;       /* looks in a row that found no sign of life */
    bool looked;
    bool old;              /* was unfinished already when the daemon began */
    bool counted;
    struct nx_tally tally;
};

struct live {
    uv_timer_t timer;
    struct live_run v[LIVE_MAX];
    size_t n;
    bool looking, look_again;
    bool counting, count_again;
};

void live_init(struct nxd *d);
/* The view that takes the place of `was` (NULL: it is the first). */
void live_view(struct nxd *d, const struct nx_view *was, const struct nx_view *is);
/* Looks at the logs soon. */
void live_look(struct nxd *d);
/* The index has changed. */
void live_indexed(struct nxd *d);
void live_stop(struct nxd *d);
void live_fini(struct nxd *d);

/* --- among its own files --- */

/* Tells what is different in the view. */
void live_diff(struct nxd *d, const struct nx_view *was, const struct nx_view *is);
/* Pushes `run-progressed` for it; whoever calls this wakes the feed. */
void live_progress(struct nxd *d, const struct live_run *r);
struct live_run *live_find(struct nxd *d, const struct nx_store *store, const char *workspace, const char *id);
/* Is it worth another look before something else happens? */
bool live_goes_on(const struct nxd *d, const struct live_run *r);
/* `all`: also at those that do not go on. */
void live_begin_look(struct nxd *d, bool all);

#endif
