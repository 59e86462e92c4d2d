#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/keeper.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/archive.h"
#include "catalog/keep.h"
#include "daemon/indexer.h"
#include "daemon/live.h"
#include "daemon/log.h"

enum {
    COPIES_AT_LEAST = 64, /* before a newer view comes first */
    AGAIN_MS = 600000,    /* between passes that nothing but time asks for */
};

struct dead_run {
    char id[37];
};

struct keeper {
    struct keeper_opts o;
    int *locks;  /* of each store's archive; -1: not taken */
    bool *taken; /* the same for nx_keep() */
    enum nx_code *complained; /* what was last said of it */
    struct nx_keep_bad bad;
    enum nx_code said; /* of the last pass that failed */
    uv_thread_t thread;
    uv_async_t async;
    void (*changed)(void *arg);
    void *arg;
    uint64_t offered_at; /* the loop's milliseconds */

    uv_mutex_t lock; /* what follows */
    uv_cond_t wake;
    struct nx_view *next; /* offered, not yet begun */
    struct dead_run dead[LIVE_MAX];
    size_t dead_n;
    bool stop, failed;
};

struct pass {
    struct keeper *k;
    struct dead_run dead[LIVE_MAX];
    size_t dead_n;
    unsigned copied;
};

/* --- what is asked of the pass --- */

static int heed_stop(void *arg)
{
    struct pass *p = arg;
    uv_mutex_lock(&p->k->lock);
    bool stop = p->k->stop || (p->k->next && p->copied >= COPIES_AT_LEAST);
    uv_mutex_unlock(&p->k->lock);
    p->copied++;
    return stop;
}

static bool is_dead(void *arg, const struct nx_workspace *ws, const struct nx_run *run)
{
    const struct pass *p = arg;
    (void)ws;
    for (size_t i = 0; i < p->dead_n; i++) {
        if (strcmp(p->dead[i].id, run->id) == 0) {
            return true;
        }
    }
    return false;
}

static const char *name_of(const struct nx_workspace *ws)
{
    return ws->path ? ws->path : ws->name;
}

static void tell(void *arg, const struct nx_keep_batch *b)
{
    const char *of = name_of(b->ws);
    uint64_t removed = b->removed[NX_GOES_BY_AGE] + b->removed[NX_GOES_BY_NUMBER] + b->removed[NX_GOES_BY_SIZE];
    (void)arg;
    if (b->kept) {
        log_say(LOG_LEVEL_INFO, "kept %" PRIu64 " runs of %s: %" PRIu64 " bytes, %" PRIu64 " by sharing blocks",
                b->kept, of, b->bytes, b->shared);
    }
    if (removed) {
        log_say(LOG_LEVEL_INFO,
                "removed %" PRIu64 " kept runs of %s: %" PRIu64 " bytes; by age %" PRIu64 ", by number %" PRIu64
                ", by size %" PRIu64,
                removed, of, b->removed_bytes, b->removed[NX_GOES_BY_AGE], b->removed[NX_GOES_BY_NUMBER],
                b->removed[NX_GOES_BY_SIZE]);
    }
    if (b->relisted) {
        log_say(LOG_LEVEL_DEBUG, "brought %" PRIu64 " entries of kept runs of %s up to date", b->relisted, of);
    }
    if (b->missed) {
        log_say(LOG_LEVEL_WARN, "%" PRIu64 " runs of %s went before they could be kept", b->missed, of);
    }
    if (b->bad) {
        log_say(LOG_LEVEL_WARN, "%" PRIu64 " recordings of %s are not whole, and not kept", b->bad, of);
        log_err(LOG_LEVEL_WARN, "the first", &b->err);
    }
}

/* --- the archives --- */

/* Without --keep-recordings an archive is taken only where there is one, and something of it may go. */
static int take_one(struct keeper *k, size_t i, struct nx_err *err)
{
    const struct nx_store *s = &k->o.stores[i];
    uint64_t left = 0;
    int rc = k->o.copy ? 0 : nx_archive_check(s->kept, s->dir, err);
    if (rc == 0) {
        rc = nx_archive_take(s->kept, s->dir, &k->locks[i], err);
    }
    if (rc < 0) {
        return rc == -NX_ENOTFOUND && !k->o.copy ? 0 : rc;
    }
    k->taken[i] = true;
    rc = nx_archive_clean(s->kept, &left, err);
    if (left > 0) {
        log_say(LOG_LEVEL_INFO, "removed %" PRIu64 " unfinished copies from %s", left, s->kept);
    }
    return rc;
}

/* Returns whether all that should be is ours. */
static bool take_all(struct keeper *k)
{
    struct nx_err err;
    bool all = true;
    for (size_t i = 0; i < k->o.stores_n; i++) {
        if (k->taken[i] || !k->o.stores[i].kept) {
            continue;
        }
        int rc = take_one(k, i, &err);
        if (rc < 0 && k->complained[i] != err.code) {
            log_err(LOG_LEVEL_WARN, "recordings are not kept", &err);
        }
        k->complained[i] = rc < 0 ? err.code : NX_OK;
        all = all && rc == 0;
    }
    return all;
}

/* --- the thread --- */

static int64_t now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Returns whether all went well. */
static bool keep(struct pass *p, struct nx_view *view)
{
    struct keeper *k = p->k;
    struct nx_index *conn = NULL;
    struct nx_err err;
    bool changed = false, all = take_all(k);
    if (nx_retain_any(&k->o.retain) && k->o.indexer && indexer_borrow(k->o.indexer, &conn, &err) < 0) {
        conn = NULL; /* then recordings alone are counted */
    }
    const struct nx_keep_opts opts = {.taken = k->taken, .copy = k->o.copy, .retain = k->o.retain, .now = now(),
                                      .bad = &k->bad, .index = conn, .over = is_dead, .step = heed_stop,
                                      .tell = tell, .arg = p};
    int rc = nx_keep(view, &opts, &changed, &err);
    if (conn) {
        indexer_return(k->o.indexer, conn, rc == -NX_EFORMAT);
    }
    if (rc < 0 && k->said != err.code) {
        log_err(LOG_LEVEL_WARN, "not all is kept yet", &err);
    }
    k->said = rc < 0 ? err.code : NX_OK;
    if (changed) {
        uv_async_send(&k->async);
    }
    return all && rc == 0;
}

static void work(void *arg)
{
    struct keeper *k = arg;
    struct pass *p = malloc(sizeof *p);
    uv_mutex_lock(&k->lock);
    while (p && !k->stop) {
        struct nx_view *view = k->next;
        if (!view) {
            uv_cond_wait(&k->wake, &k->lock);
            continue;
        }
        k->next = NULL;
        *p = (struct pass){.k = k, .dead_n = k->dead_n};
        memcpy(p->dead, k->dead, sizeof p->dead);
        uv_mutex_unlock(&k->lock);
        bool ok = keep(p, view);
        nx_view_unref(view);
        uv_mutex_lock(&k->lock);
        k->failed = !ok;
    }
    uv_mutex_unlock(&k->lock);
    free(p);
}

/* --- from the loop --- */

static void on_async(uv_async_t *a)
{
    struct keeper *k = a->data;
    k->changed(k->arg);
}

static void free_parts(struct keeper *k)
{
    for (size_t i = 0; k->locks && i < k->o.stores_n; i++) {
        if (k->locks[i] >= 0) {
            close(k->locks[i]);
        }
    }
    nx_keep_bad_fini(&k->bad);
    nx_view_unref(k->next);
    free(k->locks);
    free(k->taken);
    free(k->complained);
    free(k);
}

int keeper_open(uv_loop_t *loop, const struct keeper_opts *o, void (*changed)(void *arg), void *arg,
                struct keeper **ret, struct nx_err *err)
{
    struct keeper *k = calloc(1, sizeof *k);
    if (!k) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to keep recordings");
    }
    k->o = *o;
    k->locks = malloc((o->stores_n + 1) * sizeof *k->locks);
    k->taken = calloc(o->stores_n + 1, sizeof *k->taken);
    k->complained = calloc(o->stores_n + 1, sizeof *k->complained);
    for (size_t i = 0; k->locks && i < o->stores_n; i++) {
        k->locks[i] = -1;
    }
    if (!k->locks || !k->taken || !k->complained) {
        free_parts(k);
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to keep recordings");
    }
    k->changed = changed;
    k->arg = arg;
    k->async.data = k;
    if (uv_mutex_init(&k->lock) != 0 || uv_cond_init(&k->wake) != 0 ||
        uv_async_init(loop, &k->async, on_async) != 0 || uv_thread_create(&k->thread, work, k) != 0) {
        abort(); /* the system has no threads left: nothing else would work either */
    }
    *ret = k;
    return 0;
}

void keeper_offer(struct keeper *k, struct nx_view *view, const struct live *live)
{
    k->offered_at = uv_now(k->async.loop);
    uv_mutex_lock(&k->lock);
    nx_view_unref(k->next);
    k->next = nx_view_ref(view);
    k->dead_n = 0;
    for (size_t i = 0; i < live->n; i++) {
        if (live->v[i].alive == ALIVE_NO) {
            memcpy(k->dead[k->dead_n++].id, live->v[i].id, sizeof k->dead[0].id);
        }
    }
    uv_cond_signal(&k->wake);
    uv_mutex_unlock(&k->lock);
}

bool keeper_wants(struct keeper *k)
{
    uv_mutex_lock(&k->lock);
    bool failed = k->failed;
    uv_mutex_unlock(&k->lock);
    return failed || uv_now(k->async.loop) - k->offered_at >= AGAIN_MS;
}

static void on_closed(uv_handle_t *h)
{
    struct keeper *k = h->data;
    uv_cond_destroy(&k->wake);
    uv_mutex_destroy(&k->lock);
    free_parts(k);
}

void keeper_close(struct keeper *k)
{
    if (!k) {
        return;
    }
    uv_mutex_lock(&k->lock);
    k->stop = true;
    uv_cond_signal(&k->wake);
    uv_mutex_unlock(&k->lock);
    uv_thread_join(&k->thread);
    uv_close((uv_handle_t *)&k->async, on_closed);
}
