#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* One test over its runs. */
#include "api/asked.h"

#include <stdlib.h>
#include <string.h>

#include "api/answer_put.h"
#include "api/put_exec.h"
#include "api/there.h"

/* How the test did in a run: over all sub-runs of a stress run the worst counts. */
struct verdict {
    bool decided, failed, flaky, running, attempt_failed;
    uint64_t duration; /* of the deciding attempt; of several the longest */
};

struct history {
    struct nx_json w;
    struct nx_there there;
    int64_t run;          /* the run whose attempts are coming; 0: none yet */
    bool open;            /* its object is open */
    struct verdict now;
    char uuid[37];
    int64_t started;
    /* The summary. */
    uint64_t runs, passed, flaky, failed;
    uint64_t *durations;  /* of passed runs */
    size_t durations_n, durations_cap;
    bool streak_over;     /* a passed run was seen: older failures are another story */
    char first_bad[37];   /* the oldest run of the failures that the newest run ends; "" for none */
    int64_t first_bad_started;
    bool no_memory;
};

static void close_run(struct history *h)
{
    if (!h->open)
        return;
    struct nx_json *w = &h->w;
    /* Cancelled before its retry: what is known is a failure. */
    h->now.failed |= !h->now.decided && h->now.attempt_failed;
    nx_json_end_arr(w);
    nx_put_key_strz(w, "outcome", h->now.running ? "running" : h->now.failed ? "failed" : "passed");
    nx_put_key_bool(w, "flaky", h->now.flaky);
    nx_put_key_secs(w, "duration_secs", h->now.duration);
    nx_json_end_obj(w);
    h->open = false;
    if (h->now.running)
        return;
    h->runs++;
    h->flaky += h->now.flaky;
    if (h->now.failed) {
        h->failed++;
        if (!h->streak_over) {
            memcpy(h->first_bad, h->uuid, sizeof h->first_bad);
            h->first_bad_started = h->started;
        }
        return;
    }
    h->passed++;
    h->streak_over = true;
    if (h->durations_n == h->durations_cap) {
        size_t cap = h->durations_cap ? h->durations_cap * 2 : 64;
        uint64_t *v = realloc(h->durations, cap * sizeof *v);
        if (!v) {
            h->no_memory = true;
            return;
        }
        h->durations = v;
        h->durations_cap = cap;
    }
    h->durations[h->durations_n++] = h->now.duration;
}

static void open_run(struct history *h, const struct nx_run_row *run)
{
    struct nx_json *w = &h->w;
    h->run = run->id;
    h->open = true;
    h->now = (struct verdict){0};
    memcpy(h->uuid, run->uuid, 36);
    h->uuid[36] = '\0';
    h->started = run->started;
    nx_json_obj(w);
    nx_put_key_strz(w, "run", h->uuid);
    nx_put_key_time(w, "started_at", run->started);
    nx_put_key_strz(w, "status", run->status);
    nx_put_key_strz(w, "profile", run->profile);
    nx_put_key_bool(w, "on_disk", nx_there_on_disk(&h->there, run));
    nx_json_key(w, "attempts");
    nx_json_arr(w);
}

static int put_attempt(void *arg, const struct nx_run_row *run, const struct nx_exec_row *e)
{
    struct history *h = arg;
    struct nx_json *w = &h->w;
    if (run->id != h->run) {
        close_run(h);
        open_run(h, run);
    }
    nx_json_obj(w);
    nx_json_key(w, "stress_index");
    if (run->stress)
        nx_json_u64(w, e->stress);
    else
        nx_json_null(w);
    nx_put_key_u64(w, "attempt", e->attempt);
    nx_put_key_strz(w, "outcome", nx_outcome_text(e->outcome));
    nx_put_key_bool(w, "slow", e->slow);
    nx_put_key_secs(w, "duration_secs", e->duration);
    nx_json_end_obj(w);
    if (e->last) {
        struct verdict *v = &h->now;
        v->decided = true;
        v->running |= e->outcome == NX_OUTCOME_RUNNING;
        v->failed |= e->outcome != NX_OUTCOME_RUNNING && !nx_exec_passed(e);
        v->flaky |= e->attempt > 1 && nx_outcome_passed(e->outcome);
        v->duration = e->duration > v->duration ? e->duration : v->duration;
    } else {
        h->now.attempt_failed = true;
    }
    return h->no_memory ? -NX_ENOMEM : 0;
}

static void put_summary(struct history *h)
{
    struct nx_json *w = &h->w;
    nx_sort_u64(h->durations, h->durations_n);
    nx_json_key(w, "summary");
    nx_json_obj(w);
    nx_put_key_u64(w, "runs", h->runs);
    nx_put_key_u64(w, "passed", h->passed);
    nx_put_key_u64(w, "flaky", h->flaky);
    nx_put_key_u64(w, "failed", h->failed);
    nx_json_key(w, "flaky_rate");
    if (h->runs)
        nx_json_double(w, (double)h->flaky / (double)h->runs);
    else
        nx_json_null(w);
    for (unsigned p = 50; p <= 95; p += 45) {
        const char *key = p == 50 ? "p50_secs" : "p95_secs";
        if (h->durations_n) {
            nx_put_key_secs(w, key, nx_percentile(h->durations, h->durations_n, p));
        } else {
            nx_json_key(w, key);
            nx_json_null(w);
        }
    }
    nx_json_key(w, "first_bad");
    if (h->first_bad[0]) {
        nx_json_obj(w);
        nx_put_key_strz(w, "run", h->first_bad);
        nx_put_key_time(w, "started_at", h->first_bad_started);
        nx_json_end_obj(w);
    } else {
        nx_json_null(w);
    }
    nx_json_end_obj(w);
}

static int never_seen(struct nx_slice binary, struct nx_slice test, struct nx_err *err)
{
    int rc = nx_fail(err, NX_ENOTFOUND, NULL, "no test `%.*s` of `%.*s` has been seen", (int)(test.n < 200 ? test.n : 200), test.p,
                     (int)(binary.n < 200 ? binary.n : 200), binary.p);
    nx_err_hint(err, "search for its name: nxctl tests --search TEXT");
    return rc;
}

int nx_answer_history(const struct nx_world *w, struct nx_scope scope, struct nx_slice binary, struct nx_slice test,
                      size_t runs, struct nx_strbuf *out, struct nx_err *err)
{
    struct history h = {0};
    int64_t id, workspace;
    int rc = nx_index_find_test(w->ix, binary, test, &id, err);
    if (rc == -NX_ENOTFOUND)
        rc = never_seen(binary, test, err);
    if (rc == 0)
        rc = nx_world_workspace(w, scope, &workspace, err);
    if (rc == 0)
        rc = nx_there_init(&h.there, w, scope, err);
    if (rc < 0) {
        nx_there_fini(&h.there);
        return rc;
    }
    nx_json_init(&h.w, out);
    nx_json_obj(&h.w);
    nx_put_key_slice(&h.w, "binary", binary);
    nx_put_key_slice(&h.w, "test", test);
    nx_json_key(&h.w, "runs");
    nx_json_arr(&h.w);
    rc = nx_index_history(w->ix, id, workspace, runs, put_attempt, &h, err);
    if (rc == 0 && !h.run) /* of other workspaces, or of runs that are forgotten */
        rc = never_seen(binary, test, err);
    if (rc == 0) {
        close_run(&h);
        nx_json_end_arr(&h.w);
        put_summary(&h);
        nx_json_end_obj(&h.w);
        rc = nx_put_end(out, err);
    }
    free(h.durations);
    nx_there_fini(&h.there);
    if (h.no_memory)
        rc = nx_fail(err, NX_ENOMEM, NULL, "no memory for an answer");
    return rc;
}
