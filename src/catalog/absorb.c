#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "catalog/absorb.h"

#include <stdlib.h>
#include <string.h>

enum { ABSORB_BATCH = 65536, ROWS_FIRST = 256 };

/* What is known of a test in this run, by its id. */
struct known {
    int64_t test; /* 0: free */
    bool open;
    uint32_t stress, attempt, slot;
    int64_t start, group;
    uint64_t line;
    uint64_t ended; /* highest key of an attempt that ended, plus 1 */
};

struct nx_absorb {
    struct nx_index *ix;
    int64_t run, started, last_seen;
    struct known *known; /* open addressing */
    size_t mask, known_n;
    struct nx_exec_row *rows;
    size_t rows_n, rows_cap;
    struct nx_exec_row *running; /* what was written as running; owned */
    size_t running_n;
    bool tangled; /* starts and ends do not follow on each other: the rows cannot be written piece by piece */
    bool flushed; /* rows of this run are in the index already */
    char *profile;
    struct nx_tally tally;
    int64_t first_failure;
    bool stress;
    uint64_t scripts, scripts_failed;
};

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for a run's executions");
}

int nx_absorb_new(struct nx_index *ix, int64_t run_id, int64_t started, struct nx_absorb **ret, struct nx_err *err)
{
    struct nx_absorb *a = calloc(1, sizeof *a);
    if (!a)
        return no_memory(err);
    a->ix = ix;
    a->run = run_id;
    a->started = a->last_seen = started;
    a->mask = 255;
    a->known = calloc(a->mask + 1, sizeof *a->known);
    if (!a->known) {
        nx_absorb_free(a);
        return no_memory(err);
    }
    *ret = a;
    return 0;
}

void nx_absorb_free(struct nx_absorb *a)
{
    if (!a)
        return;
    free(a->known);
    free(a->rows);
    free(a->running);
    free(a->profile);
    free(a);
}

/* --- tests --- */

static size_t place_of(const struct known *v, size_t mask, int64_t test)
{
    size_t at = ((uint64_t)test * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (v[at].test && v[at].test != test)
        at = (at + 1) & mask;
    return at;
}

static bool grow(struct nx_absorb *a)
{
    size_t mask = a->mask * 2 + 1;
    struct known *more = calloc(mask + 1, sizeof *more);
    if (!more)
        return false;
    for (size_t i = 0; i <= a->mask; i++)
        if (a->known[i].test)
            more[place_of(more, mask, a->known[i].test)] = a->known[i];
    free(a->known);
    a->known = more;
    a->mask = mask;
    return true;
}

/* The entry of the event's test, made on first sight. */
static int known_test(struct nx_absorb *a, const struct nx_event *ev, struct known **ret, struct nx_err *err)
{
    int64_t id;
    struct nx_slice binary = {ev->test.binary.p, ev->test.binary.n}, name = {ev->test.name.p, ev->test.name.n};
    int rc = nx_index_test(a->ix, binary, name, &id, err);
    if (rc < 0)
        return rc;
    struct known *k = &a->known[place_of(a->known, a->mask, id)];
    if (!k->test) {
        if (a->known_n * 2 > a->mask) {
            if (!grow(a))
                return no_memory(err);
            k = &a->known[place_of(a->known, a->mask, id)];
        }
        k->test = id;
        a->known_n++;
    }
    *ret = k;
    return 0;
}

/* --- rows --- */

static int flush(struct nx_absorb *a, struct nx_err *err)
{
    int rc = nx_index_put_execs(a->ix, a->run, a->rows, a->rows_n, !a->flushed, err);
    a->flushed = true;
    a->rows_n = 0;
    return rc;
}

static int add_row(struct nx_absorb *a, const struct nx_exec_row *row, struct nx_err *err)
{
    if (a->rows_n == ABSORB_BATCH) {
        int rc = flush(a, err);
        if (rc < 0)
            return rc;
    }
    if (a->rows_n == a->rows_cap) {
        size_t cap = a->rows_cap ? a->rows_cap * 2 : ROWS_FIRST;
        struct nx_exec_row *v = realloc(a->rows, cap * sizeof *v);
        if (!v)
            return no_memory(err);
        a->rows = v;
        a->rows_cap = cap;
    }
    a->rows[a->rows_n++] = *row;
    return 0;
}

static void count(struct nx_tally *t, const struct nx_exec_row *row)
{
    t->executions++;
    t->slow += row->slow;
    if (row->slot + 1u > t->slots)
        t->slots = row->slot + 1u;
}

/* Attempts of a test come one after the other, in order; else an earlier row may be another's by now. */
static uint64_t key_of(uint32_t stress, uint32_t attempt)
{
    return (uint64_t)stress << 32 | attempt;
}

/* Since the run started. */
static int64_t since_start(const struct nx_absorb *a, struct nx_instant t)
{
    return nx_nanos_sub(nx_instant_nanos(t), a->started);
}

enum nx_outcome nx_outcome_of(const struct nx_result *r)
{
    switch ((enum nx_result_status)r->status) {
    case NX_RESULT_PASS:
        return NX_OUTCOME_PASS;
    case NX_RESULT_LEAK:
        return r->counts_as == NX_PASS ? NX_OUTCOME_LEAK_PASS : NX_OUTCOME_LEAK_FAIL;
    case NX_RESULT_TIMEOUT:
        return r->counts_as == NX_PASS ? NX_OUTCOME_TIMEOUT_PASS : NX_OUTCOME_TIMEOUT_FAIL;
    case NX_RESULT_EXEC_FAIL:
        return NX_OUTCOME_EXEC_FAIL;
    case NX_RESULT_FAIL:
        return r->failure.kind == NX_FAILURE_EXIT_CODE ? NX_OUTCOME_FAIL : NX_OUTCOME_ABORT;
    }
    return NX_OUTCOME_FAIL;
}

static uint64_t duration_of(struct nx_duration d)
{
    uint64_t ns;
    if (__builtin_mul_overflow(d.secs, 1000000000u, &ns) || __builtin_add_overflow(ns, (uint64_t)d.nanos, &ns))
        return INT64_MAX;
    return ns > INT64_MAX ? INT64_MAX : ns;
}

/* One attempt has ended. */
static int ended(struct nx_absorb *a, struct known *k, const struct nx_event *ev, const struct nx_status *st, bool last,
                 bool flaky_fails, uint64_t line, struct nx_err *err)
{
    struct nx_exec_row row = {
        .test = k->test,
        .stress = ev->has_stress_index ? ev->stress_index.current : 0,
        .attempt = st->retry.attempt,
        .outcome = nx_outcome_of(&st->result),
        .slow = st->is_slow,
        .last = last,
        .flaky_fails = flaky_fails,
        /* A log may lack the start time; the start event, or the end, is near it. */
        .start = st->start_time.sec ? since_start(a, st->start_time)
                 : k->open            ? k->start
                                      : nx_nanos_sub(a->last_seen, a->started),
        .duration = duration_of(st->time_taken),
        .slot = k->slot,
        .group = k->group,
        .line = line,
    };
    uint64_t key = key_of(row.stress, row.attempt);
    a->tangled |= key < k->ended || (k->open && key != key_of(k->stress, k->attempt));
    k->ended = key + 1;
    k->open = false;
    count(&a->tally, &row);
    return add_row(a, &row, err);
}

/* --- events --- */

static int on_start(struct nx_absorb *a, const struct nx_event *ev, uint32_t attempt, uint64_t line, struct nx_err *err)
{
    struct known *k;
    int rc = known_test(a, ev, &k, err);
    if (rc < 0)
        return rc;
    struct nx_slice group = {ev->slot.test_group.p, ev->slot.test_group.n};
    int64_t group_id = 0;
    if (!nx_slice_eq(group, NX_LIT("@global")))
        rc = nx_index_group(a->ix, group, &group_id, err);
    a->tangled |= k->open;
    k->open = true;
    k->stress = ev->has_stress_index ? ev->stress_index.current : 0;
    k->attempt = attempt;
    k->slot = ev->slot.global > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)ev->slot.global;
    k->start = since_start(a, ev->timestamp);
    k->group = group_id;
    k->line = line;
    a->tangled |= key_of(k->stress, k->attempt) < k->ended;
    return rc;
}

static int on_attempt_failed(struct nx_absorb *a, const struct nx_event *ev, uint64_t line, struct nx_err *err)
{
    struct known *k;
    int rc = known_test(a, ev, &k, err);
    return rc < 0 ? rc : ended(a, k, ev, &ev->u.t.statuses[0], false, false, line, err);
}

static int on_finished(struct nx_absorb *a, const struct nx_event *ev, uint64_t line, struct nx_err *err)
{
    struct known *k;
    int rc = known_test(a, ev, &k, err);
    if (rc < 0)
        return rc;
    size_t n = ev->u.t.statuses_n;
    const struct nx_status *last = &ev->u.t.statuses[n - 1];
    bool flaky = n > 1 && nx_result_success(&last->result);
    bool flaky_fails = flaky && ev->u.t.flaky_result == NX_FAIL;
    if (!nx_result_success(&last->result) || flaky_fails) {
        a->tally.failed++;
        if (!a->first_failure)
            a->first_failure = k->test;
    } else {
        a->tally.passed++;
    }
    a->tally.flaky += flaky;
    return ended(a, k, ev, last, true, flaky_fails, line, err);
}

static int on_run_started(struct nx_absorb *a, const struct nx_event *ev, struct nx_err *err)
{
    struct nx_str p = ev->u.run_started.profile_name;
    free(a->profile);
    a->profile = malloc(p.n + 1u);
    if (!a->profile)
        return no_memory(err);
    memcpy(a->profile, p.p, p.n);
    a->profile[p.n] = '\0';
    a->stress = ev->u.run_started.has_condition;
    return 0;
}

int nx_absorb_event(struct nx_absorb *a, const struct nx_event *ev, uint64_t line, struct nx_err *err)
{
    a->last_seen = nx_instant_nanos(ev->timestamp);
    switch (ev->kind) {
    case NX_EV_RUN_STARTED:
        return on_run_started(a, ev, err);
    case NX_EV_TEST_STARTED:
        return on_start(a, ev, 1, line, err);
    case NX_EV_TEST_RETRY_STARTED:
        return on_start(a, ev, ev->u.t.retry.attempt, line, err);
    case NX_EV_TEST_ATTEMPT_FAILED_WILL_RETRY:
        return on_attempt_failed(a, ev, line, err);
    case NX_EV_TEST_FINISHED:
        return on_finished(a, ev, line, err);
    case NX_EV_TEST_SKIPPED: /* told again in every sub-run */
        a->tally.skipped += !ev->has_stress_index || ev->stress_index.current == 0;
        return 0;
    case NX_EV_SETUP_SCRIPT_FINISHED:
        a->scripts++;
        a->scripts_failed += !nx_result_success(&ev->u.script.status.result);
        return 0;
    default:
        return 0;
    }
}

/* Tests without an end, as they stand at the last event. */
static int note_running(struct nx_absorb *a, struct nx_tally *tally, struct nx_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i <= a->mask; i++)
        n += a->known[i].test && a->known[i].open;
    struct nx_exec_row *v = realloc(a->running, (n + 1) * sizeof *v);
    if (!v)
        return no_memory(err);
    a->running = v;
    a->running_n = 0;
    for (size_t i = 0; i <= a->mask; i++) {
        const struct known *k = &a->known[i];
        if (!k->test || !k->open)
            continue;
        int64_t so_far = nx_nanos_sub(nx_nanos_sub(a->last_seen, a->started), k->start);
        struct nx_exec_row *row = &a->running[a->running_n++];
        *row = (struct nx_exec_row){
            .test = k->test,
            .stress = k->stress,
            .attempt = k->attempt,
            .outcome = NX_OUTCOME_RUNNING,
            .last = true,
            .start = k->start,
            .duration = so_far > 0 ? (uint64_t)so_far : 0,
            .slot = k->slot,
            .group = k->group,
            .line = k->line,
        };
        tally->running++;
        count(tally, row);
    }
    return 0;
}

int nx_absorb_write(struct nx_absorb *a, struct nx_run_row *row, struct nx_err *err)
{
    struct nx_tally tally = a->tally;
    int rc = a->running_n > 0 ? nx_index_take_execs(a->ix, a->run, a->running, a->running_n, err) : 0;
    if (rc == 0)
        rc = note_running(a, &tally, err);
    for (size_t i = 0; i < a->running_n && rc == 0; i++)
        rc = add_row(a, &a->running[i], err);
    if (rc == 0)
        rc = flush(a, err);
    tally.tests = a->known_n;
    row->profile = a->profile;
    row->tally = tally;
    row->first_failure = a->first_failure;
    row->stress = a->stress;
    row->scripts = a->scripts;
    row->scripts_failed = a->scripts_failed;
    if (a->rows_cap > ROWS_FIRST) { /* it may be long until more comes */
        free(a->rows);
        a->rows = NULL;
        a->rows_cap = 0;
    }
    return rc;
}

bool nx_absorb_goes_on(const struct nx_absorb *a)
{
    return !a->tangled;
}
