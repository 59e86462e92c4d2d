/* Which tests of a run run now, by its processes. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/select.h"
#include "daemon/daemon.h"
#include "daemon/handlers.h"
#include "daemon/jobs.h"
#include "json/write.h"

enum { KEEP_MS = 200 };

struct running {
    struct job job; /* first */
    struct req *req;         /* waiting */
    char *workspace, *selector;
    struct nx_view *view;    /* a reference */
    uint64_t generation;
    struct nx_strbuf out;
    int r;
    struct nx_err err;
};

static void running_free(struct running *a)
{
    if (a) {
        nx_view_unref(a->view);
        nx_strbuf_fini(&a->out);
        free(a->workspace);
        free(a->selector);
        free(a);
    }
}

/* To a millisecond: a process's start is known to a hundredth of a second. */
static void put_time(struct nx_json *w, int64_t ns)
{
    char text[48], whole[32];
    struct tm tm;
    time_t sec = (time_t)(ns / 1000000000);
    if (!gmtime_r(&sec, &tm) || strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        nx_json_null(w);
        return;
    }
    snprintf(text, sizeof text, "%s.%03dZ", whole, (int)(ns % 1000000000 / 1000000));
    nx_json_strz(w, text);
}

static void put_number(struct nx_json *w, const char *key, bool known, uint64_t v)
{
    nx_json_key(w, key);
    if (known) {
        nx_json_u64(w, v);
    } else {
        nx_json_null(w);
    }
}

static void put_test(struct nx_json *w, const struct nx_proc_test *t)
{
    nx_json_obj(w);
    nx_json_key(w, "binary");
    nx_json_strz(w, t->binary);
    nx_json_key(w, "test");
    nx_json_strz(w, t->test);
    put_number(w, "attempt", t->attempt > 0, t->attempt);
    put_number(w, "total_attempts", t->total_attempts > 0, t->total_attempts);
    put_number(w, "slot", t->has_slot, t->slot);
    nx_json_key(w, "group");
    nx_json_strz(w, t->group);
    put_number(w, "stress_index", t->stress, t->stress_index);
    nx_json_key(w, "started_at");
    put_time(w, t->started);
    nx_json_end_obj(w);
}

static void put_answer(struct nx_json *w, const char *run, int alive, const struct procs_seen *seen,
                       const struct nx_err *problem)
{
    char text[NX_ERR_WHY];
    nx_json_obj(w);
    nx_json_key(w, "run");
    nx_json_strz(w, run);
    nx_json_key(w, "alive");
    if (alive < 0) {
        nx_json_null(w);
    } else {
        nx_json_bool(w, alive > 0);
    }
    nx_json_key(w, "tests");
    nx_json_arr(w);
    for (size_t i = 0; seen && i < seen->n; i++) {
        if (strcmp(seen->v[i].run_id, run) == 0) {
            put_test(w, &seen->v[i]);
        }
    }
    nx_json_end_arr(w);
    nx_json_key(w, "problem");
    nx_json_strz(w, problem ? nx_err_text(problem, text, sizeof text) : NULL);
    nx_json_end_obj(w);
    nx_strbuf_addc(w->out, '\n');
}

/* A run that goes on: by who holds its log, and by its tests. */
static void look(struct running *a, struct nx_json *w, struct procs *p, const struct nx_pick *pick)
{
    struct nx_err err;
    char *log = nx_run_log(pick->ws, pick->run);
    struct procs_seen *seen = procs_look(p);
    if (!log || !seen) {
        a->r = nx_fail(&a->err, NX_ENOMEM, NULL, "no memory");
    } else {
        int alive = procs_holds(p, log, &err);
        const struct nx_err *problem = seen->r < 0 ? &seen->err : alive < 0 ? &err : NULL;
        if (procs_has_run(seen, pick->run->id)) {
            alive = 1;
        }
        put_answer(w, pick->run->id, alive, seen, problem);
    }
    procs_release(p, seen);
    free(log);
}

static void run(struct job *j)
{
    struct running *a = (struct running *)(void *)j;
    struct nx_scope scope = {a->workspace, NULL};
    struct nx_pick pick;
    struct nx_json w;
    nx_json_init(&w, &a->out);
    a->r = nx_select(a->view, scope, nx_slice_of(a->selector), &pick, &a->err);
    if (a->r < 0) {
        return;
    }
    if (nx_run_ended(pick.run)) {
        put_answer(&w, pick.run->id, 0, NULL, NULL);
    } else {
        look(a, &w, &j->d->procs, &pick);
    }
    if (a->r == 0 && a->out.failed) {
        a->r = nx_fail(&a->err, NX_ENOMEM, NULL, "no memory for the answer");
    }
}

static void done(struct job *j)
{
    struct running *a = (struct running *)(void *)j;
    struct nxd *d = j->d;
    const struct answer_meta meta = {.type = "application/json", .cache = "no-store", .enc = NX_ENC_IDENTITY,
                                     .status = MHD_HTTP_OK};
    struct answer *answer = a->r == 0 ? answer_new(d, a->req->target, &meta, &a->out) : NULL;
    if (answer) {
        if (a->generation == d->answers.generation) {
            answers_keep(d, answer, a->req->enc, KEEP_MS);
        }
        answer_reply(a->req, answer);
        answer_release(answer);
    } else {
        if (a->r == 0) {
            (void)nx_fail(&a->err, NX_ENOMEM, NULL, "no memory for the answer");
        }
        req_error(a->req, &a->err);
    }
    running_free(a);
}

static int read_params(struct req *r, const struct match *m, struct running *a, struct nx_err *err)
{
    const char *at = r->url.query;
    char *name, *value;
    bool bad = false;
    int rc = 0;
    a->selector = strndup(m->run.p, m->run.n);
    a->workspace = m->workspace.p ? strndup(m->workspace.p, m->workspace.n) : NULL;
    if (!a->selector || (m->workspace.p && !a->workspace)) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory");
    }
    while (rc == 0 && url_next_param(&at, &name, &value, &bad)) {
        if (strcmp(name, "workspace") == 0 && !a->workspace) {
            a->workspace = value;
        } else {
            bool twice = strcmp(name, "workspace") == 0;
            rc = nx_fail(err, NX_EUSAGE, NULL, twice ? "`%.60s` twice" : "no such parameter: `%.60s`", name);
            free(value);
        }
        free(name);
    }
    return rc < 0 || !bad ? rc : nx_fail(err, NX_EUSAGE, NULL, "not an address that can be read");
}

void running_get(struct req *r, const struct match *m)
{
    struct nx_err err;
    struct running *a = calloc(1, sizeof *a);
    int rc = a ? read_params(r, m, a, &err) : nx_fail(&err, NX_ENOMEM, NULL, "no memory");
    if (rc < 0) {
        running_free(a);
        req_error(r, &err);
        return;
    }
    nx_strbuf_init(&a->out, 0);
    a->req = r;
    a->view = nx_view_ref(r->d->view);
    a->generation = r->d->answers.generation;
    req_wait(r);
    job_start(r->d, &a->job, run, done);
}
