/* Looks at the logs of unfinished runs: who writes them, and what the index makes of them. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/daemon.h"
#include "daemon/jobs.h"
#include "daemon/kept.h"
#include "daemon/live.h"
#include "daemon/log.h"

/* A run that is about to end has closed its log a moment before its list entry says so. */
enum { MISSES = 2, ASK_MS = 900 };

struct look_at {
    char id[37];
    const struct nx_store *store;
    char *workspace, *log; /* owned */
    int64_t row;   /* the workspace's, in the index */
    bool ask;      /* for processes also where the log has grown */
    bool spare;    /* processes were looked at a moment ago: it is still held */
    bool counted;
    uint64_t size;
    int held;      /* procs_holds(); a log that grows is held too */
    struct nx_tally tally;
};

struct look {
    struct job job; /* first */
    size_t n;
    struct look_at v[LIVE_MAX];
};

/* Looking through all processes' open files is the dear part. */
static bool held_lately(const struct nxd *d, const struct live_run *r)
{
    return r->alive == ALIVE_YES && r->misses == 0 && uv_now(&d->loop) - r->asked_at < ASK_MS;
}

static struct look *look_new(const struct nxd *d, bool all)
{
    struct look *k = calloc(1, sizeof *k);
    for (size_t i = 0; k && i < d->live.n; i++) {
        const struct live_run *r = &d->live.v[i];
        struct look_at *at = &k->v[k->n];
        if (!all && !live_goes_on(d, r)) {
            continue;
        }
        *at = (struct look_at){.store = r->store, .workspace = strdup(r->workspace), .log = strdup(r->log), .size = r->size,
                               .ask = !r->looked, .spare = held_lately(d, r), .held = 1};
        memcpy(at->id, r->id, sizeof at->id);
        k->n++;
        if (!at->workspace || !at->log) { /* then there are fewer */
            k->n--;
            free(at->workspace);
            free(at->log);
        }
    }
    return k;
}

static void look_free(struct look *k)
{
    for (size_t i = 0; i < k->n; i++) {
        free(k->v[i].workspace);
        free(k->v[i].log);
    }
    free(k);
}

/* --- logs and processes --- */

static void look_run(struct job *j)
{
    struct look *k = (struct look *)(void *)j;
    struct procs *p = &j->d->procs;
    struct procs_seen *seen = NULL;
    struct nx_err err;
    for (size_t i = 0; i < k->n; i++) {
        struct look_at *at = &k->v[i];
        struct stat st;
        uint64_t was = at->size;
        at->size = stat(at->log, &st) == 0 ? (uint64_t)st.st_size : 0;
        if (at->spare || (at->size > was && !at->ask)) {
            at->spare = true;
            continue;
        }
        at->held = procs_holds(p, at->log, &err);
        if (at->held == 0) {
            seen = seen ? seen : procs_look(p);
            at->held = seen && seen->r == 0 && procs_has_run(seen, at->id);
        }
    }
    procs_release(p, seen);
}

static void tell_alive(const struct live_run *r, enum alive was)
{
    if (r->alive == ALIVE_NO) {
        log_say(r->old && was == ALIVE_UNKNOWN ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
                "run %s of %s will not end: its nextest is gone", r->id, r->workspace);
    } else if (r->alive == ALIVE_YES) {
        log_say(was == ALIVE_NO ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "run %s of %s goes on", r->id,
                r->workspace);
    }
}

/* Returns whether its log has grown. */
static bool learn(struct nxd *d, struct live_run *r, const struct look_at *at)
{
    enum alive was = r->alive;
    bool grown = at->size != r->size;
    r->size = at->size;
    r->looked = true;
    r->asked_at = at->spare ? r->asked_at : uv_now(&d->loop);
    if (grown) {
        r->grown_at = uv_now(&d->loop);
    }
    if (at->held == 1) {
        r->alive = ALIVE_YES;
        r->misses = 0;
    } else if (at->held == 0 && ++r->misses >= MISSES) {
        r->alive = ALIVE_NO;
    } else if (at->held < 0 && uv_now(&d->loop) - r->grown_at >= LIVE_QUIET_MS) {
        r->alive = ALIVE_UNKNOWN;
    }
    if (r->alive != was) {
        tell_alive(r, was);
    }
    if (r->alive != was || (grown && !d->indexer)) {
        live_progress(d, r);
    }
    return grown;
}

static void look_done(struct job *j)
{
    struct look *k = (struct look *)(void *)j;
    struct nxd *d = j->d;
    bool grown = false, died = false, on = false;
    d->live.looking = false;
    for (size_t i = 0; i < k->n; i++) {
        struct live_run *r = live_find(d, k->v[i].store, k->v[i].workspace, k->v[i].id);
        enum alive was = r ? r->alive : ALIVE_NO;
        grown |= r && learn(d, r, &k->v[i]);
        died |= r && r->alive == ALIVE_NO && was != ALIVE_NO;
    }
    look_free(k);
    if (d->draining) {
        return;
    }
    for (size_t i = 0; i < d->live.n; i++) {
        on |= live_goes_on(d, &d->live.v[i]);
    }
    if (!on) {
        uv_timer_stop(&d->live.timer);
    }
    if (died) {
        kept_view(d, false);
    }
    if (grown) {
        answers_clear(d);
        if (d->indexer) {
            indexer_offer(d->indexer, d->view);
        }
    }
    feed_wake(d);
    if (d->live.look_again) {
        d->live.look_again = false;
        live_begin_look(d, true);
    }
}

void live_begin_look(struct nxd *d, bool all)
{
    struct live *l = &d->live;
    if (l->looking) {
        l->look_again |= all;
        return;
    }
    struct look *k = look_new(d, all);
    if (k) {
        l->looking = true;
        job_start(d, &k->job, look_run, look_done);
    }
}

/* --- what the index has of them --- */

static int take_workspace(void *arg, const struct nx_workspace_row *row)
{
    struct look_at *at = arg;
    if (strcmp(row->store, at->store->name) == 0 && strcmp(row->name, at->workspace) == 0) {
        at->row = row->id;
    }
    return 0;
}

static int take_tally(void *arg, const struct nx_run_row *row)
{
    struct look_at *at = arg;
    at->counted = row->depth == NX_DEPTH_PART || row->depth == NX_DEPTH_WHOLE;
    at->tally = row->tally;
    return 1;
}

static void count_run(struct job *j)
{
    struct look *k = (struct look *)(void *)j;
    struct indexer *ix = j->d->indexer;
    struct nx_index *conn = NULL;
    struct nx_err err;
    int r = indexer_borrow(ix, &conn, &err);
    for (size_t i = 0; r == 0 && i < k->n; i++) {
        struct nx_run_filter f = {.uuid = k->v[i].id, .limit = 1};
        r = nx_index_workspaces(conn, take_workspace, &k->v[i], &err);
        f.workspace = k->v[i].row;
        r = r < 0 || !f.workspace ? r : nx_index_runs(conn, &f, take_tally, &k->v[i], &err);
        r = r > 0 ? 0 : r;
    }
    if (conn) {
        indexer_return(ix, conn, r == -NX_EFORMAT);
    }
}

static void count_done(struct job *j)
{
    struct look *k = (struct look *)(void *)j;
    struct nxd *d = j->d;
    d->live.counting = false;
    for (size_t i = 0; i < k->n; i++) {
        struct live_run *r = live_find(d, k->v[i].store, k->v[i].workspace, k->v[i].id);
        if (!r || !k->v[i].counted || memcmp(&r->tally, &k->v[i].tally, sizeof r->tally) == 0) {
            continue;
        }
        r->counted = true;
        r->tally = k->v[i].tally;
        if (live_goes_on(d, r)) {
            live_progress(d, r);
        }
    }
    look_free(k);
    if (!d->draining) {
        feed_wake(d);
        if (d->live.count_again) {
            d->live.count_again = false;
            live_indexed(d);
        }
    }
}

void live_indexed(struct nxd *d)
{
    struct live *l = &d->live;
    if (l->n == 0 || d->draining || !d->indexer) {
        return;
    }
    if (l->counting) {
        l->count_again = true;
        return;
    }
    struct look *k = look_new(d, true);
    if (k) {
        l->counting = true;
        job_start(d, &k->job, count_run, count_done);
    }
}
