#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/live.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"

static void on_timer(uv_timer_t *t)
{
    live_begin_look(t->data, false);
}

void live_init(struct nxd *d)
{
    uv_timer_init(&d->loop, &d->live.timer);
    d->live.timer.data = d;
}

struct live_run *live_find(struct nxd *d, const struct nx_store *store, const char *workspace, const char *id)
{
    for (size_t i = 0; i < d->live.n; i++) {
        struct live_run *r = &d->live.v[i];
        if (r->store == store && strcmp(r->id, id) == 0 && strcmp(r->workspace, workspace) == 0) {
            return r;
        }
    }
    return NULL;
}

bool live_goes_on(const struct nxd *d, const struct live_run *r)
{
    return r->alive == ALIVE_YES || (r->alive == ALIVE_UNKNOWN &&
                                     uv_now(&d->loop) - r->grown_at < LIVE_QUIET_MS);
}

static bool make(struct nxd *d, struct live_run *r, const struct nx_row *row, bool first)
{
    *r = (struct live_run){.store = row->ws->store, .workspace = strdup(row->ws->name), .log = nx_run_log(row->ws, row->run),
                           .grown_at = uv_now(&d->loop), .old = first};
    memcpy(r->id, row->run->id, sizeof r->id);
    if (!r->workspace || !r->log) {
        free(r->workspace);
        free(r->log);
        return false;
    }
    return true;
}

/* The table of unfinished runs; what is known of those that were in it is kept. */
static void rebuild(struct nxd *d, const struct nx_view *v, bool first)
{
    static struct live_run made[LIVE_MAX];
    struct live *l = &d->live;
    size_t n = 0;
    for (size_t i = 0; i < v->runs && n < LIVE_MAX; i++) {
        const struct nx_row *row = &v->by_start[i];
        if (nx_run_ended(row->run)) {
            continue;
        }
        struct live_run *had = live_find(d, row->ws->store, row->ws->name, row->run->id);
        if (had && had->log) {
            made[n++] = *had;
            had->log = NULL; /* moved */
            had->id[0] = 0;
        } else if (make(d, &made[n], row, first)) {
            n++;
        }
    }
    live_fini(d);
    memcpy(l->v, made, n * sizeof *made);
    l->n = n;
}

void live_view(struct nxd *d, const struct nx_view *was, const struct nx_view *is)
{
    if (was) {
        live_diff(d, was, is);
    }
    rebuild(d, is, !was);
    feed_wake(d);
    live_look(d);
}

void live_look(struct nxd *d)
{
    if (d->live.n > 0 && !d->draining) {
        live_begin_look(d, true);
        if (!uv_is_active((uv_handle_t *)&d->live.timer)) {
            uv_timer_start(&d->live.timer, on_timer, LIVE_MS, LIVE_MS);
        }
    }
}

void live_stop(struct nxd *d)
{
    uv_timer_stop(&d->live.timer);
}

void live_fini(struct nxd *d)
{
    struct live *l = &d->live;
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].id[0]) {
            free(l->v[i].workspace);
            free(l->v[i].log);
        }
    }
    l->n = 0;
}
