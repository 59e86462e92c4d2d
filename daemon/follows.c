#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/follows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/follow.h"
#include "daemon/daemon.h"
#include "daemon/jobs.h"
#include "io/spool.h"

enum { UNASKED_MS = 60000, LOOK_MS = 10000 };

struct waiter {
    void (*done)(void *arg, const struct follow_result *res);
    void *arg;
};

struct waiters {
    struct waiter *v;
    size_t n, cap;
};

struct follow {
    struct job job; /* first */
    struct follow *next;
    struct conv_spec spec; /* of the first request: which run, form and log. The view is a reference. */
    const char *scratch_dir;
    bool busy, dropped;    /* dropped: not in the list any more */
    uint64_t asked;        /* the loop's milliseconds */
    struct waiters now, later; /* of the job under way; who came since, and wants what the log has by then */
    int fd;
    struct nx_sink_fd sink;
    struct nx_follow *f;
    struct nx_strbuf opening, footer;
    char missing[CONV_MISSING];
    int r;
    struct nx_err err;
};

static void follow_free(struct follow *f)
{
    nx_follow_close(f->f);
    if (f->fd >= 0) {
        close(f->fd);
    }
    nx_strbuf_fini(&f->opening);
    nx_strbuf_fini(&f->footer);
    nx_view_unref(f->spec.view);
    free(f->now.v);
    free(f->later.v);
    free(f);
}

/* --- on the pool --- */

static int open_it(struct follow *f)
{
    struct nx_export_opts opts = {.group_by = f->spec.slot ? NX_BY_SLOT : NX_BY_BINARY,
                                  .pretty = f->spec.pretty,
                                  .for_perfetto = f->spec.perfetto};
    f->fd = nx_unnamed_file(f->scratch_dir);
    if (f->fd < 0) {
        return nx_fail_sys(&f->err, NX_EWRITE, errno, f->scratch_dir, "cannot create a temporary file");
    }
    nx_sink_fd_init(&f->sink, f->fd, "a trace file");
    char *dir = nx_run_dir(f->spec.ws, f->spec.run);
    int r = dir ? nx_follow_open(dir, f->spec.run, &opts, &f->sink.sink, &f->f, &f->err)
                : nx_fail(&f->err, NX_ENOMEM, NULL, "no memory");
    free(dir);
    return r;
}

static void run(struct job *j)
{
    struct follow *f = (struct follow *)(void *)j;
    bool grown = false;
    f->r = f->f ? 0 : open_it(f);
    if (f->r == 0) {
        f->r = nx_follow_more(f->f, &grown, &f->err);
    }
    if (f->r == 0) {
        nx_strbuf_clear(&f->opening);
        nx_strbuf_clear(&f->footer);
        f->r = nx_follow_opening(f->f, &f->opening, &f->err);
    }
    if (f->r == 0) {
        f->r = nx_follow_footer(f->f, &f->footer, &f->err);
    }
    if (f->r == 0) {
        conv_missing(nx_follow_report(f->f), f->missing);
    }
}

/* --- on the loop --- */

static bool add(struct waiters *w, struct waiter who)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 4;
        struct waiter *v = realloc(w->v, cap * sizeof *v);
        if (!v) {
            return false;
        }
        w->v = v;
        w->cap = cap;
    }
    w->v[w->n++] = who;
    return true;
}

static void drop(struct nxd *d, struct follow *f)
{
    struct follow **p = &d->follows.first;
    if (f->dropped) {
        return;
    }
    while (*p != f) {
        p = &(*p)->next;
    }
    *p = f->next;
    d->follows.n--;
    f->dropped = true;
    if (!f->busy) {
        follow_free(f);
    }
    if (d->follows.n == 0) {
        uv_timer_stop(&d->follows.timer);
    }
}

static void done(struct job *j);

static void begin(struct nxd *d, struct follow *f)
{
    struct waiters w = f->now;
    f->now = f->later;
    f->later = w;
    f->later.n = 0;
    f->busy = true;
    job_start(d, &f->job, run, done);
}

static void done(struct job *j)
{
    struct follow *f = (struct follow *)(void *)j;
    struct nxd *d = j->d;
    struct follow_result res = {f->r, &f->err, f->fd, f->sink.written, {f->opening.p, f->opening.n}, {f->footer.p, f->footer.n},
                                f->missing};
    /* It stays busy meanwhile: who is answered may ask again. */
    for (size_t i = 0; i < f->now.n; i++) {
        f->now.v[i].done(f->now.v[i].arg, &res);
    }
    f->now.n = 0;
    if (f->r < 0) {
        for (size_t i = 0; i < f->later.n; i++) {
            f->later.v[i].done(f->later.v[i].arg, &res);
        }
        f->later.n = 0;
    }
    f->busy = false;
    if (f->later.n > 0) {
        begin(d, f);
    } else if (f->dropped) {
        follow_free(f);
    } else if (f->r < 0) {
        drop(d, f);
    }
}

static void on_timer(uv_timer_t *t)
{
    struct nxd *d = t->data;
    for (struct follow *f = d->follows.first, *next; f; f = next) {
        next = f->next;
        if (!f->busy && uv_now(&d->loop) - f->asked >= UNASKED_MS) {
            drop(d, f);
        }
    }
}

void follows_init(struct nxd *d)
{
    uv_timer_init(&d->loop, &d->follows.timer);
    d->follows.timer.data = d;
}

static struct follow *find(struct nxd *d, const struct conv_spec *s)
{
    struct follow *f = d->follows.first;
    while (f && (strcmp(f->spec.run->id, s->run->id) != 0 || nx_workspace_cmp(f->spec.ws, s->ws) != 0 ||
                 f->spec.slot != s->slot || f->spec.pretty != s->pretty || f->spec.perfetto != s->perfetto)) {
        f = f->next;
    }
    /* A log that was replaced or cut is another one. */
    if (f && (f->spec.log.dev != s->log.dev || f->spec.log.ino != s->log.ino ||
              s->log.size < f->spec.log.size)) {
        drop(d, f);
        f = NULL;
    }
    return f;
}

static bool make_room(struct nxd *d)
{
    struct follow *oldest = NULL;
    if (d->follows.n < FOLLOWS_MAX) {
        return true;
    }
    for (struct follow *f = d->follows.first; f; f = f->next) {
        if (!f->busy && (!oldest || f->asked < oldest->asked)) {
            oldest = f;
        }
    }
    if (oldest) {
        drop(d, oldest);
    }
    return oldest != NULL;
}

static struct follow *make(struct nxd *d, const struct conv_spec *s)
{
    struct follow *f = make_room(d) ? calloc(1, sizeof *f) : NULL;
    if (!f) {
        return NULL;
    }
    f->spec = *s;
    f->spec.view = nx_view_ref(s->view);
    f->scratch_dir = d->scratch_dir;
    f->fd = -1;
    nx_strbuf_init(&f->opening, 0);
    nx_strbuf_init(&f->footer, 0);
    if (d->follows.n++ == 0) {
        uv_timer_start(&d->follows.timer, on_timer, LOOK_MS, LOOK_MS);
    }
    f->next = d->follows.first;
    d->follows.first = f;
    return f;
}

bool follows_request(struct nxd *d, const struct conv_spec *s,
                     void (*cb)(void *arg, const struct follow_result *res), void *arg)
{
    struct follow *f = find(d, s);
    if (!f) {
        f = make(d, s);
    }
    if (!f || !add(&f->later, (struct waiter){cb, arg})) {
        return false;
    }
    f->asked = uv_now(&d->loop);
    f->spec.log.size = s->log.size;
    if (!f->busy) {
        begin(d, f);
    }
    return true;
}

static bool goes_on(const struct nx_view *v, const struct follow *f)
{
    const struct nx_workspace *ws = nx_view_workspace(v, f->spec.ws->store->name, f->spec.ws->name);
    for (size_t i = 0; ws && i < ws->n; i++) {
        if (strcmp(ws->v[i]->id, f->spec.run->id) == 0) {
            return !nx_run_ended(ws->v[i]);
        }
    }
    return false;
}

void follows_view(struct nxd *d, const struct nx_view *v)
{
    for (struct follow *f = d->follows.first, *next; f; f = next) {
        next = f->next;
        if (!goes_on(v, f)) {
            drop(d, f);
        }
    }
}

void follows_fini(struct nxd *d)
{
    while (d->follows.first) {
        struct follow *f = d->follows.first;
        d->follows.first = f->next;
        follow_free(f);
    }
    d->follows.n = 0;
}
