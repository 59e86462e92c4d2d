/* The questions of src/api, over HTTP: rendered on the pool, once for all who ask the same at the same
 * time. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>

#include "api/ask.h"
#include "daemon/daemon.h"
#include "daemon/handlers.h"
#include "daemon/jobs.h"
#include "daemon/log.h"
#include "daemon/reply.h"

enum {
    KEEP_MS = 1000,
    ENCODE_FROM = 600, /* below, the headers outweigh what is saved */
    ASK_ARGS = 16,     /* more than any question takes */
};

struct ask {
    struct job job; /* first */
    struct ask *next;        /* in d->answers.asking */
    struct req **waiting;
    size_t waiting_n, waiting_cap;
    enum nx_question question;
    struct nx_arg args[ASK_ARGS];
    char *owned[2 * ASK_ARGS]; /* the args' strings */
    size_t args_n, owned_n;
    struct nx_said said;
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
        for (size_t i = 0; i < a->owned_n; i++) {
            free(a->owned[i]);
        }
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

/* The index may be busy being made anew, or not wanted at all. */
static int borrow(struct ask *a, struct indexer *ix, struct nx_index **ret)
{
    int r;
    if (ix && indexer_look(ix).generation > 0) {
        return indexer_borrow(ix, ret, &a->err);
    }
    if (ix) { /* before that "no such test" would be a guess */
        r = nx_fail(&a->err, NX_EBUSY, NULL, "the recordings are still being read into the index");
        nx_err_hint(&a->err, "ask again in a moment");
        return r;
    }
    r = nx_fail(&a->err, NX_EBUSY, NULL, "this daemon keeps no index, so it knows nothing of single tests");
    nx_err_hint(&a->err, "start nxtraced without --no-index, or see its log for why there is none");
    return r;
}

static void run(struct job *j)
{
    struct ask *a = (struct ask *)(void *)j;
    struct indexer *ix = j->d->indexer; /* thread-safe, and there as long as jobs are */
    struct nx_args args = {a->args, a->args_n, false};
    struct nx_world w = {.view = a->view};
    a->r = 0;
    if (nx_ask_needs_index(a->question, &args)) {
        a->r = borrow(a, ix, &w.ix);
    }
    if (a->r == 0) {
        a->r = nx_ask(&w, a->question, &args, &a->out, &a->said, &a->err);
    }
    if (!w.ix && ix && nx_ask_index_may_know(a->question, &args, a->r)) {
        a->r = borrow(a, ix, &w.ix);
        if (a->r == 0) {
            a->r = nx_ask(&w, a->question, &args, &a->out, &a->said, &a->err);
        }
    }
    if (w.ix) {
        indexer_return(ix, w.ix, a->r == -NX_EFORMAT);
    }
    if (a->r == 0 && a->enc != NX_ENC_IDENTITY && a->out.n >= ENCODE_FROM) {
        a->r = encode(a);
    }
}

static struct answer_meta meta_of(const struct ask *a)
{
    static const char *const types[] = {
        [NX_MEDIA_JSON] = "application/json",
        [NX_MEDIA_TEXT] = "text/plain; charset=utf-8",
        [NX_MEDIA_BYTES] = "application/octet-stream",
    };
    struct answer_meta m = {.type = types[a->said.media], .cache = "no-cache", .enc = a->out_enc,
                            .encodable = true,
                            .status = MHD_HTTP_OK};
    if (a->said.media != NX_MEDIA_JSON) {
        m.csp = "default-src 'none'; sandbox"; /* what a test wrote is nobody's page */
    }
    return m;
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
        struct answer_meta meta = meta_of(a);
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

/* Takes both strings. */
static int add_arg(struct ask *a, char *name, char *value, struct nx_err *err)
{
    if (a->args_n == ASK_ARGS || !name || !value) {
        free(name);
        free(value);
        return a->args_n == ASK_ARGS ? nx_fail(err, NX_EUSAGE, NULL, "too many parameters")
                                     : nx_fail(err, NX_ENOMEM, NULL, "no memory");
    }
    a->owned[a->owned_n++] = name;
    a->owned[a->owned_n++] = value;
    a->args[a->args_n++] = (struct nx_arg){name, value};
    return 0;
}

static int add_path_args(struct ask *a, const struct match *m, struct nx_err *err)
{
    const struct {
        const char *name;
        struct nx_slice value;
    } parts[] = {{"workspace", m->workspace}, {"run", m->run}, {"binary", m->binary}, {"test", m->test}};
    int r = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && r == 0; i++) {
        if (parts[i].value.p) {
            r = add_arg(a, strdup(parts[i].name), strndup(parts[i].value.p, parts[i].value.n), err);
        }
    }
    return r;
}

static void start(struct req *r, enum nx_question q, const struct match *m)
{
    struct nx_err err;
    struct ask *a = calloc(1, sizeof *a);
    const char *at = r->url.query;
    char *name, *value;
    bool bad = false;
    if (!a) {
        no_memory(r);
        return;
    }
    a->question = q;
    nx_strbuf_init(&a->out, 0);
    int failed = add_path_args(a, m, &err);
    while (failed == 0 && url_next_param(&at, &name, &value, &bad)) {
        failed = add_arg(a, name, value, &err);
    }
    if (failed == 0 && bad) {
        failed = nx_fail(&err, NX_EUSAGE, NULL, "not an address that can be read");
    }
    if (failed == 0) {
        struct nx_args args = {a->args, a->args_n, false};
        failed = nx_ask_check(q, &args, &err);
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

void ask_tests(struct req *r, const struct match *m)
{
    start(r, NX_Q_TESTS, m);
}

void ask_timeline(struct req *r, const struct match *m)
{
    start(r, NX_Q_TIMELINE, m);
}

void ask_output(struct req *r, const struct match *m)
{
    start(r, NX_Q_OUTPUT, m);
}

void ask_search(struct req *r, const struct match *m)
{
    start(r, NX_Q_SEARCH, m);
}

void ask_history(struct req *r, const struct match *m)
{
    start(r, NX_Q_HISTORY, m);
}

void ask_flaky(struct req *r, const struct match *m)
{
    start(r, NX_Q_FLAKY, m);
}

void ask_slowest(struct req *r, const struct match *m)
{
    start(r, NX_Q_SLOWEST, m);
}

void ask_compare(struct req *r, const struct match *m)
{
    start(r, NX_Q_COMPARE, m);
}

void ask_openapi(struct req *r, const struct match *m)
{
    start(r, NX_Q_OPENAPI, m);
}
