/* nxctl watch without a daemon: looks at the store when something in it changes. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/place.h"
#include "client/watching.h"
#include "watch/procs.h"
#include "watch/watch.h"

enum {
    LOOK_MS = 500,      /* also without an event: whether nextest is alive is told by none */
    LOCK_WAIT_MS = 1000,
    SETTLE_MS = 20,
    MISSES = 3,
};

static struct happening of_row(const char *event, const struct nx_row *row)
{
    const struct nx_run *r = row->run;
    bool ended = nx_run_ended(r);
    return (struct happening){.event = event, .run = r->id, .store = row->ws->store->name,
                              .workspace = row->ws->name, .status = r->status_text,
                              .alive = ended ? 0 : -1, .ended = ended, .exit_code = ended ? r->exit_code : 0,
                              .counted = ended, .passed = r->passed, .failed = r->failed};
}

/* Tells of one run before and after, of which one may be NULL. */
static bool change(struct watching *w, const struct nx_row *was, const struct nx_row *is)
{
    struct happening h;
    if (!is) {
        h = of_row("run-removed", was);
        return watching_tell(w, &h);
    }
    if (!was) {
        h = of_row("run-started", is);
        h.ended = h.counted = false;
        h.alive = -1;
        if (watching_tell(w, &h)) {
            return true;
        }
    }
    if (nx_run_ended(is->run) && !(was && nx_run_ended(was->run))) {
        h = of_row("run-finished", is);
        return watching_tell(w, &h);
    }
    return false;
}

/* Both views are in order of id and workspace. */
static bool tell_changes(struct watching *w, const struct nx_view *was, const struct nx_view *is)
{
    size_t i = 0, j = 0;
    bool done = false;
    while (!done && (i < was->runs || j < is->runs)) {
        const struct nx_row *a = i < was->runs ? &was->by_id[i] : NULL;
        const struct nx_row *b = j < is->runs ? &is->by_id[j] : NULL;
        int c = !a ? 1 : !b ? -1 : strcmp(a->run->id, b->run->id);
        if (c == 0) {
            c = nx_workspace_cmp(a->ws, b->ws);
        }
        i += c <= 0;
        j += c >= 0;
        done = change(w, c <= 0 ? a : NULL, c >= 0 ? b : NULL);
    }
    return done;
}

/* Does somebody hold the run's log open? 1, 0, or -1: cannot be told. */
static int held(const struct nx_row *row)
{
    struct nx_err err;
    pid_t pid = 0;
    char *log = nx_run_log(row->ws, row->run);
    int rc = log ? nx_procs_holding(log, &pid, &err) : -1;
    free(log);
    return rc < 0 ? -1 : rc;
}

static bool wanted(const struct watching *w, const struct nx_row *row)
{
    return nx_scope_has(w->scope, row->ws->store->name, row->ws->name);
}

static const struct nx_row *find(const struct watching *w, const struct nx_view *v)
{
    for (size_t i = 0; i < v->runs; i++) {
        if (strcmp(v->by_start[i].run->id, w->target) == 0 && wanted(w, &v->by_start[i])) {
            return &v->by_start[i];
        }
    }
    return NULL;
}

/* What is there already: the run that was named, or, with --exit-status, the newest that goes on. */
static bool begin(struct watching *w, const struct place *p)
{
    const struct nx_view *v = p->view;
    for (size_t i = 0; i < v->runs; i++) {
        const struct nx_row *row = &v->by_start[i];
        bool named = strcmp(w->target, row->run->id) == 0;
        if (w->target[0] ? !named : nx_run_ended(row->run) || !wanted(w, row) || held(row) != 1) {
            continue;
        }
        struct happening h = of_row(nx_run_ended(row->run) ? "run-finished" : "run-progressed", row);
        if (!w->target[0] && w->o->exit_status) {
            memcpy(w->target, row->run->id, sizeof(w->target));
        }
        if (watching_tell(w, &h)) {
            return true;
        }
    }
    if (!w->target[0] && w->o->exit_status) {
        ui_info(w->ui, "no run goes on: waiting for one to start");
    }
    return false;
}

static bool look_alive(struct watching *w, const struct nx_view *v, int *misses)
{
    const struct nx_row *row = w->target[0] ? find(w, v) : NULL;
    *misses = row && !nx_run_ended(row->run) && held(row) == 0 ? *misses + 1 : 0;
    if (*misses < MISSES) {
        return false;
    }
    struct happening h = of_row("run-progressed", row);
    h.alive = 0;
    return watching_tell(w, &h);
}

/* --- following --- */

struct watches { /* one a store; NULL: it cannot be watched, and is looked at again and again */
    struct nx_watch *v[OPT_STORES];
    size_t n;
};

static void watches_open(struct watches *a, const struct nx_stores *stores, const struct ui *ui)
{
    struct nx_err ignored;
    for (a->n = 0; a->n < stores->n; a->n++) {
        if (nx_watch_open(stores->v[a->n].dir, &a->v[a->n], &ignored) < 0) {
            a->v[a->n] = NULL;
        }
        ui_tell(ui, "watching %s", stores->v[a->n].dir);
    }
}

static void watches_refresh(struct watches *a)
{
    struct nx_err ignored;
    for (size_t i = 0; i < a->n; i++) {
        if (a->v[i] && nx_watch_refresh(a->v[i], &ignored) < 0) {
            nx_watch_close(a->v[i]);
            a->v[i] = NULL;
        }
    }
}

static void watches_close(struct watches *a)
{
    for (size_t i = 0; i < a->n; i++) {
        nx_watch_close(a->v[i]);
    }
}

static void wait_for_change(struct watches *a)
{
    struct pollfd p[OPT_STORES];
    struct nx_err ignored;
    bool dirty, failed = false;
    for (size_t i = 0; i < a->n; i++) {
        p[i] = (struct pollfd){.fd = a->v[i] ? nx_watch_fd(a->v[i]) : -1, .events = POLLIN};
    }
    if (poll(p, (nfds_t)a->n, LOOK_MS) <= 0) {
        return;
    }
    (void)poll(NULL, 0, SETTLE_MS);
    for (size_t i = 0; i < a->n; i++) {
        failed |= a->v[i] && nx_watch_drain(a->v[i], &dirty, &ignored) < 0;
    }
    if (failed) {
        (void)poll(NULL, 0, LOOK_MS); /* the next refresh gives it up */
    }
}

static int follow(struct watching *w, struct place *p, struct nx_err *err)
{
    struct watches watches;
    int misses = 0, rc = 0;
    watches_open(&watches, &p->stores, w->ui);
    bool done = begin(w, p);
    while (!done && rc == 0) {
        struct nx_view *next = NULL;
        watches_refresh(&watches);
        rc = nx_view_take(p->stores.v, p->stores.n, NULL, p->view, LOCK_WAIT_MS, &next, err);
        if (rc == 0) {
            done = tell_changes(w, p->view, next) || look_alive(w, next, &misses);
            nx_view_unref(p->view);
            p->view = next;
        }
        if (!done && rc == 0) {
            wait_for_change(&watches);
        }
    }
    watches_close(&watches);
    return rc;
}

int watching_store(struct watching *w)
{
    struct place p;
    struct nx_pick pick;
    struct nx_err err;
    char *only = NULL; /* the view that a name lies in goes */
    int rc = place_open(&p, w->o, w->ui, &err);
    if (rc == 0 && w->o->arg) {
        rc = place_pick(&p, w->o, w->o->arg, &pick, &err);
        if (rc == 0) {
            memcpy(w->target, pick.run->id, sizeof(w->target));
            only = place_name(&p, pick.ws);
            rc = only ? 0 : nx_fail(&err, NX_ENOMEM, NULL, "no memory for a name");
        }
    }
    if (rc == 0) {
        w->scope.workspace = only ? only : p.asked;
        rc = follow(w, &p, &err);
    }
    place_close(&p);
    free(only);
    return rc < 0 ? ui_error(w->ui, &err) : w->status;
}
