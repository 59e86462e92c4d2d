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
    return (struct happening){.event = event, .run = r->id, .workspace = row->ws->name,
                              .status = r->status_text,
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
            c = strcmp(a->ws->name, b->ws->name);
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

static const struct nx_row *find(const struct nx_view *v, const char *id)
{
    for (size_t i = 0; i < v->runs; i++) {
        if (strcmp(v->by_start[i].run->id, id) == 0) {
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
        if (w->target[0] ? !named : nx_run_ended(row->run) || (p->ws && p->ws != row->ws) || held(row) != 1) {
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
    const struct nx_row *row = w->target[0] ? find(v, w->target) : NULL;
    *misses = row && !nx_run_ended(row->run) && held(row) == 0 ? *misses + 1 : 0;
    if (*misses < MISSES) {
        return false;
    }
    struct happening h = of_row("run-progressed", row);
    h.alive = 0;
    return watching_tell(w, &h);
}

static void wait_for_change(struct nx_watch *watch, struct nx_err *err)
{
    struct pollfd p = {.fd = watch ? nx_watch_fd(watch) : -1, .events = POLLIN};
    bool dirty;
    if (poll(&p, 1, LOOK_MS) > 0) {
        (void)poll(NULL, 0, SETTLE_MS);
        if (nx_watch_drain(watch, &dirty, err) < 0) {
            (void)poll(NULL, 0, LOOK_MS); /* the next refresh gives it up */
        }
    }
}

static int follow(struct watching *w, struct place *p, struct nx_err *err)
{
    struct nx_watch *watch = NULL;
    int misses = 0, rc = 0;
    if (nx_watch_open(p->state_dir, &watch, err) < 0) {
        watch = NULL; /* then it is looked at again and again */
    }
    bool done = begin(w, p);
    ui_tell(w->ui, "watching %s", p->state_dir);
    while (!done && rc == 0) {
        struct nx_view *next = NULL;
        if (watch && nx_watch_refresh(watch, err) < 0) {
            nx_watch_close(watch);
            watch = NULL;
        }
        rc = nx_view_take(&p->store, 1, NULL, p->view, LOCK_WAIT_MS, &next, err);
        if (rc == 0) {
            done = tell_changes(w, p->view, next) || look_alive(w, next, &misses);
            nx_view_unref(p->view);
            p->view = next;
        }
        if (!done && rc == 0) {
            wait_for_change(watch, err);
        }
    }
    nx_watch_close(watch);
    return rc;
}

int watching_store(struct watching *w)
{
    struct place p;
    struct nx_pick pick;
    struct nx_err err;
    char *workspace = NULL;
    int rc = place_open(&p, w->o, w->ui, &err);
    if (rc == 0 && w->o->arg) {
        rc = place_pick(&p, w->o, w->o->arg, &pick, &err);
        if (rc == 0) {
            memcpy(w->target, pick.run->id, sizeof(w->target));
        }
    }
    if (rc == 0 && p.ws) {
        workspace = strdup(p.ws->name); /* the view that it lies in goes */
        w->workspace = workspace;
    }
    rc = rc < 0 ? rc : follow(w, &p, &err);
    place_close(&p);
    free(workspace);
    return rc < 0 ? ui_error(w->ui, &err) : w->status;
}
