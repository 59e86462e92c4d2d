#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/watcher.h"

#include <stdlib.h>

#include "daemon/daemon.h"
#include "daemon/jobs.h"
#include "daemon/kept.h"
#include "daemon/log.h"

enum {
    DEBOUNCE_MS = 30,
    LOCK_WAIT_MS = 500,   /* on the pool; nextest holds its lock for milliseconds */
    RETRY_MS = 1000,      /* when a list could not be read */
    UNWATCHED_MS = 2000,  /* between scans when nothing can be watched */
};

struct scan {
    struct job job; /* first */
    const struct nx_stores *stores;
    const struct watched *watched;
    struct nx_view *prev, *next;
    bool forced, any;
    struct nx_err err;
    bool *dirty; /* one a store, and so is `of` */
    struct scan_store {
        bool watch_failed;
        struct nx_err err;
    } of[];
};

static void on_debounced(uv_timer_t *t);
static void begin(struct nxd *d, bool forced);

static bool drain(struct nx_watch *watch, struct scan_store *of)
{
    bool dirty = false;
    if (nx_watch_drain(watch, &dirty, &of->err) < 0) {
        of->watch_failed = true;
        return true;
    }
    return dirty;
}

static void run(struct job *j)
{
    struct scan *s = (struct scan *)(void *)j;
    s->any = s->forced;
    for (size_t i = 0; i < s->stores->n; i++) {
        struct nx_watch *watch = s->watched[i].watch;
        s->dirty[i] = (watch && drain(watch, &s->of[i])) || s->forced;
        /* First watch, then scan: what changes in between is seen either way. */
        if (watch && s->dirty[i] && nx_watch_refresh(watch, &s->of[i].err) < 0) {
            s->of[i].watch_failed = true;
        }
        s->any |= s->dirty[i];
    }
    if (s->any
        && nx_view_take(s->stores->v, s->stores->n, s->dirty, s->prev, LOCK_WAIT_MS, &s->next, &s->err) < 0) {
        s->next = NULL;
    }
}

static void stop_polls(struct watcher *w)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->v[i].watch) {
            uv_poll_stop(&w->v[i].poll);
        }
    }
}

static void on_event(uv_poll_t *p, int status, int events)
{
    struct nxd *d = p->data;
    (void)status;
    (void)events;
    uv_poll_stop(p); /* until the scan has drained it */
    uv_timer_start(&d->watcher.debounce, on_debounced, DEBOUNCE_MS, 0);
}

static void on_debounced(uv_timer_t *t)
{
    begin(t->data, false);
}

static void on_rescan(uv_timer_t *t)
{
    begin(t->data, true);
}

static bool unread(const struct nx_view *v)
{
    for (size_t i = 0; i < v->n; i++) {
        if (v->v[i]->err && (v->v[i]->err->code == NX_ELOCKED || v->v[i]->err->code == NX_EIO)) {
            return true;
        }
    }
    return false;
}

static bool goes_on(const struct nx_view *v)
{
    for (size_t i = 0; i < v->runs; i++) {
        if (!nx_run_ended(v->by_start[i].run)) {
            return true;
        }
    }
    return false;
}

static void tell_problems(const struct nx_view *was, const struct nx_view *is)
{
    for (size_t i = 0; i < is->stores_n; i++) {
        const struct nx_err *err = is->stores[i].err, *old = was ? was->stores[i].err : NULL;
        if (err && !(old && old->code == err->code)) {
            log_err(LOG_LEVEL_INFO, "no runs yet", err);
        } else if (old && !err) {
            log_say(LOG_LEVEL_INFO, "the store %s is there", is->stores[i].store->dir);
        }
    }
    for (size_t i = 0; i < is->n; i++) {
        const struct nx_workspace *old = was ? nx_view_workspace(was, is->v[i]->store->name, is->v[i]->name) : NULL;
        if (is->v[i]->err && !(old && old->err && old->err->code == is->v[i]->err->code)) {
            log_err(LOG_LEVEL_WARN, "cannot read a run list", is->v[i]->err);
        }
    }
}

/* Takes `next`. */
static void swap_in(struct nxd *d, struct nx_view *next)
{
    struct nx_view *was = d->view;
    bool same = was && nx_view_same(was, next);
    d->view = next;
    if (!same) {
        answers_clear(d);
        tell_problems(was, next);
        log_say(LOG_LEVEL_DEBUG, "%zu runs in %zu workspaces", next->runs, next->n);
    }
    if (!same) {
        live_view(d, was, next);
        follows_view(d, next);
    } else {
        live_look(d);
    }
    nx_view_unref(was);
    /* A run that goes on grows without a word in the list; what failed before is tried again. */
    if (d->indexer && (!same || goes_on(next) || indexer_wants(d->indexer))) {
        indexer_offer(d->indexer, next);
    }
    kept_view(d, same);
}

static void plan_next(struct nxd *d, const struct scan *s)
{
    struct watcher *w = &d->watcher;
    uint64_t ms = (uint64_t)d->opt.rescan * 1000;
    bool unwatched = false;
    for (size_t i = 0; i < w->n; i++) {
        unwatched |= !w->v[i].watch || s->of[i].watch_failed;
    }
    if (unwatched && (ms == 0 || ms > UNWATCHED_MS)) {
        ms = UNWATCHED_MS;
    }
    if (d->view && unread(d->view) && (ms == 0 || ms > RETRY_MS)) {
        ms = RETRY_MS;
    }
    /* A scan that looked at nothing must not put the slow one off. */
    if (ms && (!uv_is_active((uv_handle_t *)&w->rescan) || uv_timer_get_due_in(&w->rescan) > ms)) {
        uv_timer_start(&w->rescan, on_rescan, ms, 0);
    }
    for (size_t i = 0; i < w->n; i++) {
        if (w->v[i].watch) {
            uv_poll_start(&w->v[i].poll, UV_READABLE, on_event);
        }
    }
    if (w->again) {
        w->again = false;
        uv_timer_start(&w->debounce, on_rescan, 0, 0);
    }
}

/* Once, until it works again. */
static void complain(struct watched *w, bool failed, const struct nx_err *err)
{
    if (failed && !w->complained) {
        log_err(LOG_LEVEL_WARN, "changes are found by looking again and again only", err);
    }
    w->complained = w->watch ? failed : w->complained;
}

static void scan_free(struct scan *s)
{
    free(s->dirty);
    free(s);
}

static struct scan *scan_new(struct nxd *d, bool forced)
{
    size_t n = d->stores.n;
    struct scan *s = calloc(1, sizeof *s + n * sizeof s->of[0]);
    if (!s || !(s->dirty = calloc(n, sizeof *s->dirty))) {
        free(s);
        return NULL;
    }
    s->stores = &d->stores;
    s->watched = d->watcher.v;
    s->forced = forced;
    s->prev = d->view ? nx_view_ref(d->view) : NULL;
    return s;
}

static void done(struct job *j)
{
    struct scan *s = (struct scan *)(void *)j;
    struct nxd *d = j->d;
    struct watcher *w = &d->watcher;
    bool first = !d->view;
    w->scanning = false;
    for (size_t i = 0; i < w->n; i++) {
        complain(&w->v[i], s->of[i].watch_failed, &s->of[i].err);
    }
    nx_view_unref(s->prev);
    if (s->next) {
        swap_in(d, s->next);
    } else if (s->any) {
        log_err(LOG_LEVEL_ERR, "cannot look for runs", &s->err);
    }
    if (!d->draining) {
        plan_next(d, s);
        if (first && d->view) {
            nxd_ready(d);
        } else if (first) {
            d->status = nx_code_exit(s->err.code);
            nxd_shutdown(d);
        }
    }
    scan_free(s);
}

static void begin(struct nxd *d, bool forced)
{
    struct watcher *w = &d->watcher;
    if (!w->on || d->draining) {
        return;
    }
    if (w->scanning) {
        w->again = true;
        return;
    }
    struct scan *s = scan_new(d, forced);
    if (!s) {
        uv_timer_start(&w->rescan, on_rescan, RETRY_MS, 0);
        return;
    }
    w->scanning = true;
    if (forced) {
        uv_timer_stop(&w->rescan);
    }
    stop_polls(w); /* the watches are the job's until it is done */
    job_start(d, &s->job, run, done);
}

static void watch_one(struct nxd *d, struct watched *w, const struct nx_store *store)
{
    struct nx_err err;
    if (nx_watch_open(store->dir, &w->watch, &err) < 0) {
        w->watch = NULL;
    } else if (uv_poll_init(&d->loop, &w->poll, nx_watch_fd(w->watch)) < 0) {
        (void)nx_fail(&err, NX_EIO, store->dir, "cannot watch for changes");
        nx_watch_close(w->watch);
        w->watch = NULL;
    }
    w->poll.data = d;
    complain(w, !w->watch, &err);
}

int watcher_start(struct nxd *d, struct nx_err *err)
{
    struct watcher *w = &d->watcher;
    w->v = calloc(d->stores.n, sizeof *w->v);
    if (!w->v) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory");
    }
    w->n = d->stores.n;
    uv_timer_init(&d->loop, &w->debounce);
    uv_timer_init(&d->loop, &w->rescan);
    w->debounce.data = w->rescan.data = d;
    w->on = true;
    for (size_t i = 0; i < w->n; i++) {
        watch_one(d, &w->v[i], &d->stores.v[i]);
    }
    begin(d, true);
    return 0;
}

void watcher_force(struct nxd *d)
{
    begin(d, true);
}

void watcher_stop(struct nxd *d)
{
    struct watcher *w = &d->watcher;
    if (w->on) {
        w->on = false;
        uv_timer_stop(&w->debounce);
        uv_timer_stop(&w->rescan);
        stop_polls(w);
    }
}

void watcher_fini(struct nxd *d)
{
    struct watcher *w = &d->watcher;
    for (size_t i = 0; i < w->n; i++) {
        nx_watch_close(w->v[i].watch);
    }
    free(w->v);
    w->v = NULL;
    w->n = 0;
}
