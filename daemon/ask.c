/* The questions of src/api, over HTTP: rendered on the pool, once for all who ask the same at the same
 * time. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/questions.h"
#include "daemon/daemon.h"
#include "daemon/handlers.h"
#include "daemon/jobs.h"
#include "daemon/log.h"
#include "daemon/reply.h"

enum { KEEP_MS = 1000, ENCODE_FROM = 600 /* below, the headers outweigh what is saved */ };

struct ask {
    struct job job; /* first */
    struct ask *next;        /* in d->answers.asking */
    struct req **waiting;
    size_t waiting_n, waiting_cap;
    enum nx_question question;
    char *workspace, *run, *after; /* owned, or NULL */
    size_t limit;
    enum nx_encoding enc;
    struct nx_view *view;    /* a reference */
    uint64_t generation;
    struct nx_strbuf out;
    enum nx_encoding out_enc;
    struct nx_err err;
    int r;
    char *target;
};

static void ask_free(struct ask *a)
{
    if (a) {
        nx_view_unref(a->view);
        nx_strbuf_fini(&a->out);
        free(a->waiting);
        free(a->workspace);
        free(a->run);
        free(a->after);
        free(a->target);
        free(a);
    }
}

bool ask_cached(struct req *r)
{
    struct answer *a = answers_find(r->d, r->target, r->enc);
    if (a) {
        answer_reply(r, a);
    }
    return a != NULL;
}

static int encode(struct ask *a)
{
    struct nx_strbuf packed;
    struct nx_sink_mem to;
    struct nx_encoder *e = NULL;
    nx_strbuf_init(&packed, 0);
    nx_sink_mem_init(&to, &packed);
    int r = nx_encoder_open(a->enc, &to.sink, &e, &a->err);
    if (r == 0) {
        r = nx_sink_write(nx_encoder_sink(e), a->out.p, a->out.n, &a->err);
    }
    if (r == 0) {
        r = nx_encoder_end(e, &a->err);
    }
    nx_encoder_close(e);
    if (r == 0) {
        nx_strbuf_fini(&a->out);
        a->out = packed;
        a->out_enc = a->enc;
    } else {
        nx_strbuf_fini(&packed);
    }
    return r;
}

static void run(struct job *j)
{
    struct ask *a = (struct ask *)(void *)j;
    struct nx_scope scope = {a->workspace};
    struct nx_pick pick;
    if (a->question == NX_Q_WORKSPACES) {
        a->r = nx_answer_workspaces(a->view, &a->out, &a->err);
    } else if (a->question == NX_Q_RUNS) {
        a->r = nx_answer_runs(a->view, scope, a->limit, a->after, &a->out, &a->err);
    } else {
        a->r = nx_select(a->view, scope, nx_slice_of(a->run), &pick, &a->err);
        if (a->r == 0) {
            a->r = nx_answer_run(a->view, pick, &a->out, &a->err);
        }
    }
    if (a->r == 0 && a->enc != NX_ENC_IDENTITY && a->out.n >= ENCODE_FROM) {
        a->r = encode(a);
    }
}

static void done(struct job *j)
{
    struct ask *a = (struct ask *)(void *)j;
    struct nxd *d = j->d;
    struct ask **p = &d->answers.asking;
    while (*p != a) {
        p = &(*p)->next;
    }
    *p = a->next;
    struct answer *answer = NULL;
    if (a->r == 0) {
        struct answer_meta meta = {.type = "application/json", .cache = "no-cache", .enc = a->out_enc,
                                   .encodable = true, .status = MHD_HTTP_OK};
        answer = answer_new(d, a->target, &meta, &a->out);
        if (answer && a->generation == d->answers.generation) {
            answers_keep(d, answer, a->enc, KEEP_MS);
        }
        if (!answer) {
            (void)nx_fail(&a->err, NX_ENOMEM, NULL, "no memory for the answer");
        }
    }
    for (size_t i = 0; i < a->waiting_n; i++) {
        if (answer) {
            answer_reply(a->waiting[i], answer);
        } else {
            req_error(a->waiting[i], &a->err);
        }
    }
    answer_release(answer);
    ask_free(a);
}

static int join(struct ask *a, struct req *r)
{
    if (a->waiting_n == a->waiting_cap) {
        size_t cap = a->waiting_cap ? a->waiting_cap * 2 : 4;
        struct req **v = realloc(a->waiting, cap * sizeof *v);
        if (!v) {
            return -1;
        }
        a->waiting = v;
        a->waiting_cap = cap;
    }
    a->waiting[a->waiting_n++] = r;
    req_wait(r);
    return 0;
}

static void no_memory(struct req *r)
{
    struct nx_err err;
    (void)nx_fail(&err, NX_ENOMEM, NULL, "no memory");
    req_error(r, &err);
}

/* Asks, or joins those who ask the same. Takes `a`. */
static void ask(struct req *r, struct ask *a)
{
    struct nxd *d = r->d;
    for (struct ask *other = d->answers.asking; other; other = other->next) {
        if (other->enc == r->enc && other->generation == d->answers.generation &&
            strcmp(other->target, r->target) == 0) {
            ask_free(a);
            if (join(other, r) < 0) {
                no_memory(r);
            }
            return;
        }
    }
    a->enc = r->enc;
    a->target = strdup(r->target);
    if (!a->target || join(a, r) < 0) {
        ask_free(a);
        no_memory(r);
        return;
    }
    a->view = nx_view_ref(d->view);
    a->generation = d->answers.generation;
    a->next = d->answers.asking;
    d->answers.asking = a;
    job_start(d, &a->job, run, done);
}

static struct ask *ask_new(struct req *r, enum nx_question q, const struct match *m)
{
    struct ask *a = calloc(1, sizeof *a);
    if (a) {
        a->question = q;
        nx_strbuf_init(&a->out, 0);
        if ((m->workspace.p && !(a->workspace = strdup(m->workspace.p))) ||
            (m->run.p && !(a->run = strdup(m->run.p)))) {
            ask_free(a);
            a = NULL;
        }
    }
    if (!a) {
        no_memory(r);
    }
    return a;
}

/* Takes name and value. */
static int take_param(struct ask *a, char *name, char *value, struct nx_err *err)
{
    char *end;
    int r = 0;
    if (a->question == NX_Q_RUNS && strcmp(name, "limit") == 0) {
        errno = 0;
        uintmax_t v = strtoumax(value, &end, 10);
        if (errno || *end || *value < '0' || *value > '9' || v < 1 || v > NXD_RUNS_MAX) {
            r = nx_fail(err, NX_EUSAGE, NULL, "limit must be a number from 1 to %d", (int)NXD_RUNS_MAX);
        } else {
            a->limit = (size_t)v;
        }
    } else if (a->question == NX_Q_RUNS && strcmp(name, "after") == 0) {
        free(a->after);
        a->after = value;
        value = NULL;
    } else if (a->question == NX_Q_RUNS && strcmp(name, "workspace") == 0 && !a->workspace) {
        a->workspace = value;
        value = NULL;
    } else {
        r = nx_fail(err, NX_EUSAGE, NULL, "unknown parameter '%.100s'", name);
    }
    free(name);
    free(value);
    return r;
}

static void start(struct req *r, enum nx_question q, const struct match *m)
{
    struct nx_err err;
    struct ask *a = ask_new(r, q, m);
    const char *at = r->url.query;
    char *name, *value;
    bool bad = false;
    int failed = 0;
    if (!a) {
        return;
    }
    a->limit = NXD_RUNS_DEFAULT;
    while (failed == 0 && url_next_param(&at, &name, &value, &bad)) {
        failed = take_param(a, name, value, &err);
    }
    if (bad) {
        failed = nx_fail(&err, NX_EUSAGE, NULL, "not an address that can be read");
    }
    if (failed) {
        ask_free(a);
        req_error(r, &err);
    } else {
        ask(r, a);
    }
}

void ask_workspaces(struct req *r, const struct match *m)
{
    start(r, NX_Q_WORKSPACES, m);
}

void ask_runs(struct req *r, const struct match *m)
{
    start(r, NX_Q_RUNS, m);
}

void ask_run(struct req *r, const struct match *m)
{
    start(r, NX_Q_RUN, m);
}
