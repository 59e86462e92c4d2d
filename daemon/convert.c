#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/convert.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/export.h"
#include "daemon/daemon.h"
#include "daemon/jobs.h"
#include "daemon/log.h"
#include "io/spool.h"
#include "recording/recording.h"

enum { WAITING_MAX = 64 };

struct waiter {
    void (*done)(void *arg, const struct conv_result *res);
    void *arg;
};

struct conv {
    struct job job; /* first */
    struct conv *next;
    struct conv_spec spec; /* view and src_fd are our own here */
    struct nx_traces *traces;
    const char *scratch_dir;
    struct waiter *v;
    size_t n, cap;
    struct conv_result res;
};

void log_id_of(const struct stat *st, struct log_id *ret)
{
    *ret = (struct log_id){.dev = (uint64_t)st->st_dev,
                           .ino = (uint64_t)st->st_ino,
                           .size = (uint64_t)st->st_size,
                           .mtime_nsec = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec};
}

static void conv_free(struct conv *c)
{
    if (c) {
        if (c->res.fd >= 0) {
            close(c->res.fd);
        }
        if (c->spec.src_fd >= 0) {
            close(c->spec.src_fd);
        }
        nx_view_unref(c->spec.view);
        free(c->v);
        free(c);
    }
}

void conv_missing(const struct nx_export_report *rep, char ret[CONV_MISSING])
{
    size_t at = 0;
    ret[0] = 0;
    if (!rep->missing && !rep->open_run) {
        return;
    }
    for (size_t i = 0; i < rep->notes_n && at + 3 < CONV_MISSING; i++) {
        int n = snprintf(ret + at, CONV_MISSING - at, "%s%s", i ? "; " : "", rep->notes[i]);
        at = strlen(ret);
        if (n < 0) {
            break;
        }
    }
    if (at == 0) {
        snprintf(ret, CONV_MISSING, "the run has not ended");
    }
    for (char *p = ret; *p; p++) {
        if (*p < 0x20 || *p > 0x7e) {
            *p = '?';
        }
    }
}

static int convert(struct conv *c, struct nx_sink *to)
{
    struct conv_result *res = &c->res;
    struct nx_recording *rec = NULL;
    struct nx_export_report *rep = NULL;
    struct nx_export_opts opts = {.group_by = c->spec.slot ? NX_BY_SLOT : NX_BY_BINARY,
                                  .pretty = c->spec.pretty,
                                  .for_perfetto = c->spec.perfetto};
    char *dir = nx_run_dir(c->spec.ws, c->spec.run);
    int r = dir && (rep = malloc(sizeof *rep)) ? nx_run_check_version(c->spec.run, false, NULL, &res->err)
                                               : nx_fail(&res->err, NX_ENOMEM, NULL, "no memory");
    if (r == 0) {
        r = nx_recording_open_dir(dir, c->spec.run, &rec, &res->err);
    }
    if (r == 0) {
        r = nx_export(rec, &opts, to, rep, &res->err);
    }
    if (r == 0) {
        conv_missing(rep, res->missing);
        for (size_t i = 0; i < rep->notes_n; i++) {
            log_say(LOG_LEVEL_DEBUG, "%s: %s", dir, rep->notes[i]);
        }
    }
    nx_recording_close(rec);
    free(rep);
    free(dir);
    return r;
}

/* Is the log still the one that the key speaks of? */
static bool unchanged(const struct conv *c)
{
    struct stat st;
    struct log_id now;
    char *path = nx_run_log(c->spec.ws, c->spec.run);
    bool there = path && stat(path, &st) == 0;
    free(path);
    if (!there) {
        return false;
    }
    log_id_of(&st, &now);
    const struct log_id *was = &c->spec.log;
    return now.dev == was->dev && now.ino == was->ino && now.size == was->size &&
           now.mtime_nsec == was->mtime_nsec;
}

/* Writes the trace into res->fd. */
static void fill(struct conv *c, const char *name)
{
    struct conv_result *res = &c->res;
    struct nx_sink_fd sink;
    struct stat st;
    nx_sink_fd_init(&sink, res->fd, name);
    res->r = c->spec.enc == NX_ENC_IDENTITY
                 ? convert(c, &sink.sink)
                 : nx_encode_fd(c->spec.enc, c->spec.src_fd, c->spec.key, &sink.sink, &res->err);
    if (res->r == 0 && fstat(res->fd, &st) < 0) {
        res->r = nx_fail_sys(&res->err, NX_EIO, errno, c->spec.key, "cannot look at a trace file");
    }
    if (res->r == 0) {
        res->size = (uint64_t)st.st_size;
    }
}

static void fill_scratch(struct conv *c)
{
    struct conv_result *res = &c->res;
    res->fd = nx_unnamed_file(c->scratch_dir);
    if (res->fd < 0) {
        res->r = nx_fail_sys(&res->err, NX_EWRITE, errno, c->scratch_dir, "cannot create a temporary file");
    } else {
        fill(c, c->scratch_dir);
    }
}

/* In the cache's folder; where that has no room, in a temporary file elsewhere, and nothing is kept. */
static void run(struct job *j)
{
    struct conv *c = (struct conv *)(void *)j;
    struct conv_result *res = &c->res;
    struct nx_traces_new *entry = NULL;
    struct nx_err cache_err;
    if (c->traces && nx_traces_begin(c->traces, c->spec.key, &entry, &res->fd, &cache_err) < 0) {
        log_err(LOG_LEVEL_WARN, "a trace is not kept", &cache_err);
        entry = NULL;
        res->fd = -1;
    }
    if (entry) {
        fill(c, "a file in the cache folder");
        if (res->r == -NX_EWRITE) {
            log_err(LOG_LEVEL_WARN, "a trace is not kept", &res->err);
            nx_traces_drop(c->traces, entry);
            entry = NULL;
            close(res->fd);
            res->missing[0] = 0;
        }
    }
    if (!entry) {
        fill_scratch(c);
    }
    bool kept = res->r == 0 && c->spec.keep && !res->missing[0] && unchanged(c);
    res->kept = kept;
    if (entry && kept) {
        if (nx_traces_put(c->traces, entry, &cache_err) < 0) {
            log_err(LOG_LEVEL_WARN, "a trace is not kept", &cache_err);
        }
    } else if (entry) {
        nx_traces_drop(c->traces, entry);
    }
}

static void start_next(struct nxd *d);

static void done(struct job *j)
{
    struct conv *c = (struct conv *)(void *)j;
    struct nxd *d = j->d;
    struct conv **p = &d->convs.running;
    while (*p != c) {
        p = &(*p)->next;
    }
    *p = c->next;
    d->convs.running_n--;
    start_next(d);
    for (size_t i = 0; i < c->n; i++) {
        c->v[i].done(c->v[i].arg, &c->res);
    }
    conv_free(c);
}

static void start_next(struct nxd *d)
{
    struct convs *q = &d->convs;
    while (q->first && q->running_n < d->opt.jobs) {
        struct conv *c = q->first;
        q->first = c->next;
        if (!q->first) {
            q->last = NULL;
        }
        q->waiting_n--;
        c->next = q->running;
        q->running = c;
        q->running_n++;
        job_start(d, &c->job, run, done);
    }
}

static struct conv *find(struct conv *c, const char *key)
{
    while (c && strcmp(c->spec.key, key) != 0) {
        c = c->next;
    }
    return c;
}

static int join(struct conv *c, struct waiter w)
{
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 4;
        struct waiter *v = realloc(c->v, cap * sizeof *v);
        if (!v) {
            return -1;
        }
        c->v = v;
        c->cap = cap;
    }
    c->v[c->n++] = w;
    return 0;
}

static struct conv *conv_new(struct nxd *d, const struct conv_spec *spec)
{
    struct conv *c = calloc(1, sizeof *c);
    if (!c) {
        return NULL;
    }
    c->spec = *spec;
    c->spec.view = nx_view_ref(spec->view);
    c->spec.src_fd = -1;
    c->res.fd = -1;
    c->traces = d->traces;
    c->scratch_dir = d->scratch_dir;
    if (spec->src_fd >= 0 && (c->spec.src_fd = fcntl(spec->src_fd, F_DUPFD_CLOEXEC, 0)) < 0) {
        conv_free(c);
        return NULL;
    }
    return c;
}

int conv_request(struct nxd *d, const struct conv_spec *spec,
                 void (*done_cb)(void *arg, const struct conv_result *res), void *arg, struct nx_err *err)
{
    struct convs *q = &d->convs;
    struct waiter w = {done_cb, arg};
    struct conv *c = find(q->running, spec->key);
    if (!c) {
        c = find(q->first, spec->key);
    }
    if (c) {
        return join(c, w) == 0 ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory");
    }
    /* One that has come as far as being compressed is let through. */
    if (spec->enc == NX_ENC_IDENTITY && q->waiting_n >= WAITING_MAX) {
        int r = nx_fail(err, NX_EBUSY, NULL, "%u conversions are waiting already", q->waiting_n);
        nx_err_hint(err, "try again in a moment");
        return r;
    }
    c = conv_new(d, spec);
    if (!c || join(c, w) < 0) {
        conv_free(c);
        return nx_fail(err, NX_ENOMEM, NULL, "no memory or descriptor for a conversion");
    }
    if (q->last) {
        q->last->next = c;
    } else {
        q->first = c;
    }
    q->last = c;
    q->waiting_n++;
    start_next(d);
    return 0;
}
