#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/answer_timeline.h"

#include <stdlib.h>

#include "api/answer_put.h"
#include "api/loose.h"
#include "api/put_exec.h"
#include "api/timeline.h"

static void key_i64(struct nx_json *w, const char *key, int64_t v)
{
    nx_json_key(w, key);
    nx_json_i64(w, v);
}

static void put_names(struct nx_json *w, const char *key, const struct interned *names)
{
    nx_json_key(w, key);
    nx_json_arr(w);
    for (uint32_t i = 0; i < names->n; i++) {
        nx_json_str(w, names->v[i].text);
    }
    nx_json_end_arr(w);
}

static void put_tests(struct nx_json *w, const struct timeline *t)
{
    nx_json_key(w, "tests");
    nx_json_obj(w);
    nx_json_key(w, "binary");
    nx_json_arr(w);
    for (uint32_t i = 0; i < t->tests.n; i++) {
        nx_json_u64(w, t->tests.v[i].owner);
    }
    nx_json_end_arr(w);
    put_names(w, "name", &t->tests);
    nx_json_end_obj(w);
}

static void put_outcomes(struct nx_json *w)
{
    nx_json_key(w, "outcomes");
    nx_json_arr(w);
    for (unsigned i = 0; i < NX_OUTCOME_COUNT; i++) {
        nx_json_strz(w, nx_outcome_text((enum nx_outcome)i));
    }
    nx_json_end_arr(w);
}

/* --- executions, a column at a time --- */

static int64_t test_of(const struct timeline_exec *e)
{
    return e->test;
}

static int64_t attempt_of(const struct timeline_exec *e)
{
    return e->attempt;
}

static int64_t stress_of(const struct timeline_exec *e)
{
    return e->stress;
}

static int64_t slot_of(const struct timeline_exec *e)
{
    return e->slot;
}

static int64_t start_of(const struct timeline_exec *e)
{
    return e->start;
}

static int64_t duration_of(const struct timeline_exec *e)
{
    return e->duration;
}

static int64_t end_of(const struct timeline_exec *e)
{
    return e->end;
}

static int64_t outcome_of(const struct timeline_exec *e)
{
    return e->outcome;
}

static int64_t slow_of(const struct timeline_exec *e)
{
    return e->slow;
}

static int64_t last_of(const struct timeline_exec *e)
{
    return e->last;
}

static int64_t group_of(const struct timeline_exec *e)
{
    return e->group;
}

static void put_column(struct nx_json *w, const char *key, const struct timeline *t, bool there,
                       int64_t (*of)(const struct timeline_exec *e))
{
    nx_json_key(w, key);
    if (!there) {
        nx_json_null(w);
        return;
    }
    nx_json_arr(w);
    for (size_t i = 0; i < t->n; i++) {
        int64_t v = of(&t->v[i]);
        if (of == slot_of && v == TIMELINE_NO_SLOT) {
            nx_json_null(w);
        } else {
            nx_json_i64(w, v);
        }
    }
    nx_json_end_arr(w);
}

static void put_executions(struct nx_json *w, const struct timeline *t)
{
    nx_json_key(w, "executions");
    nx_json_obj(w);
    put_column(w, "test", t, true, test_of);
    put_column(w, "stress_index", t, t->stress, stress_of);
    put_column(w, "attempt", t, true, attempt_of);
    put_column(w, "slot", t, true, slot_of);
    put_column(w, "start", t, true, start_of);
    put_column(w, "duration", t, true, duration_of);
    put_column(w, "end", t, t->pauses.n > 0, end_of);
    put_column(w, "outcome", t, true, outcome_of);
    put_column(w, "slow", t, true, slow_of);
    put_column(w, "last", t, true, last_of);
    put_column(w, "group", t, true, group_of);
    nx_json_end_obj(w);
}

/* --- the rest --- */

static void put_scripts(struct nx_json *w, const struct timeline *t)
{
    nx_json_key(w, "scripts");
    nx_json_arr(w);
    for (size_t i = 0; i < t->scripts_n; i++) {
        const struct timeline_script *s = &t->scripts[i];
        nx_json_obj(w);
        nx_put_key_slice(w, "name", t->script_names.v[s->name].text);
        key_i64(w, "start", s->start);
        key_i64(w, "duration", s->duration);
        key_i64(w, "end", s->end);
        nx_put_key_strz(w, "outcome", nx_outcome_text(s->outcome));
        nx_put_key_bool(w, "slow", s->slow);
        nx_json_end_obj(w);
    }
    nx_json_end_arr(w);
}

static void put_spans(struct nx_json *w, const char *key, const struct timeline_spans *s)
{
    nx_json_key(w, key);
    nx_json_arr(w);
    for (size_t i = 0; i < s->n; i++) {
        nx_json_obj(w);
        key_i64(w, "from", s->v[i].from);
        nx_json_key(w, "to");
        if (s->v[i].open) {
            nx_json_null(w);
        } else {
            nx_json_i64(w, s->v[i].to);
        }
        nx_json_end_obj(w);
    }
    nx_json_end_arr(w);
}

static void put_list(struct nx_json *w, const char *key, const uint32_t *v, size_t n)
{
    nx_json_key(w, key);
    nx_json_arr(w);
    for (size_t i = 0; i < n; i++) {
        nx_json_u64(w, v[i]);
    }
    nx_json_end_arr(w);
}

static void put_summary(struct nx_json *w, const struct timeline_sums *s)
{
    nx_json_key(w, "summary");
    nx_json_obj(w);
    key_i64(w, "paused", s->paused);
    key_i64(w, "active", s->active);
    key_i64(w, "scripts", s->scripts);
    key_i64(w, "busy", s->busy);
    key_i64(w, "idle", s->idle);
    put_list(w, "longest", s->longest, s->longest_n);
    nx_json_key(w, "tail");
    nx_json_obj(w);
    key_i64(w, "from", s->tail_from);
    key_i64(w, "duration", s->tail);
    key_i64(w, "idle", s->tail_idle);
    put_list(w, "last", s->last, s->last_n);
    nx_json_end_obj(w);
    nx_json_end_obj(w);
}

static void put_timeline(const struct nx_put_run *p, const struct timeline *t, struct nx_strbuf *out)
{
    struct nx_json w;
    nx_json_init(&w, out);
    nx_json_obj(&w);
    nx_json_key(&w, "run");
    nx_put_run(&w, p, false);
    nx_put_key_bool(&w, "whole", t->whole);
    nx_put_key_bool(&w, "ended", t->ended);
    nx_put_key_bool(&w, "stress", t->stress);
    key_i64(&w, "wall", t->wall);
    nx_put_key_u64(&w, "slots", t->slots);
    put_names(&w, "binaries", &t->binaries);
    put_tests(&w, t);
    put_names(&w, "groups", &t->groups);
    put_outcomes(&w);
    put_executions(&w, t);
    put_scripts(&w, t);
    put_spans(&w, "pauses", &t->pauses);
    put_spans(&w, "sub_runs", &t->sub_runs);
    put_summary(&w, &t->sums);
    nx_json_end_obj(&w);
}

static int answer(struct nx_recording *rec, const struct nx_put_run *p, struct nx_strbuf *out, struct nx_err *err)
{
    struct timeline t;
    int rc = nx_run_check_version(p->run, false, NULL, err);
    if (rc < 0) {
        return rc;
    }
    rc = timeline_read(rec, &t, err);
    if (rc == 0) {
        put_timeline(p, &t, out);
        rc = nx_put_end(out, err);
    }
    timeline_fini(&t);
    return rc;
}

int nx_answer_timeline(const struct nx_world *w, struct nx_scope scope, struct nx_slice selector, struct nx_strbuf *out,
                       struct nx_err *err)
{
    struct nx_pick pick;
    struct nx_recording *rec = NULL;
    const struct nx_loose *loose = nx_loose_find(w, selector);
    if (loose) {
        const struct nx_put_run p = {.run = nx_recording_run(loose->rec),
                                     .has_log = nx_recording_has_log(loose->rec),
                                     .has_store = nx_recording_has_store(loose->rec)};
        return answer(loose->rec, &p, out, err);
    }
    int rc = nx_select(w->view, scope, selector, &pick, err);
    if (rc < 0) {
        return rc;
    }
    struct nx_put_run p = {.view = w->view, .ws = pick.ws, .run = pick.run};
    char *dir = nx_run_dir(pick.ws, pick.run);
    nx_put_files(&p);
    rc = dir ? nx_recording_open_dir(dir, pick.run, &rec, err) : nx_fail(err, NX_ENOMEM, NULL, "no memory for a path");
    if (rc == 0) {
        rc = answer(rec, &p, out, err);
    }
    nx_recording_close(rec);
    free(dir);
    return rc;
}
