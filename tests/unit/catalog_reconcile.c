/* The index against real recordings: what it counts is what nextest counted. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/reconcile.h"
#include "data_store.h"

static struct nx_err err;

static struct nx_view *view_of(const char *state_dir)
{
    struct nx_view *v = NULL;
    assert_int_equal(nx_view_take(data_store(state_dir), 1, NULL, NULL, 100, &v, &err), 0);
    assert_null(v->problem);
    assert_true(v->runs > 0);
    return v;
}

static struct nx_index *memory(void)
{
    struct nx_index *ix = NULL;
    assert_int_equal(nx_index_open(NULL, NX_INDEX_WRITE, &ix, NULL, &err), 0);
    return ix;
}

static struct nx_reconciled reconcile(struct nx_index *ix, const struct nx_view *v, struct nx_reconcile_opts opts)
{
    struct nx_reconciled r;
    if (nx_reconcile(ix, v, &opts, &r, &err) != 0)
        fail_msg("%s: %s", err.object, err.why);
    return r;
}

/* --- sums --- */

struct check {
    const struct nx_view *view;
    size_t runs, compared;
};

static const struct nx_run *listed(const struct nx_view *v, const char *uuid)
{
    for (size_t i = 0; i < v->runs; i++)
        if (strcmp(v->by_start[i].run->id, uuid) == 0)
            return v->by_start[i].run;
    return NULL;
}

static int compare(void *arg, const struct nx_run_row *row)
{
    struct check *c = arg;
    const struct nx_run *run = listed(c->view, row->uuid);
    c->runs++;
    assert_non_null(run);
    assert_string_equal(row->status, run->status_text);
    if (row->depth != NX_DEPTH_WHOLE || row->bad_lines || row->stress ||
        (run->status != NX_RUN_COMPLETED && run->status != NX_RUN_CANCELLED))
        return 0;
    c->compared++;
    if (row->tally.passed != run->passed || row->tally.failed != run->failed)
        fail_msg("run %s: %llu passed, %llu failed in the index, %llu and %llu by nextest", row->uuid,
                 (unsigned long long)row->tally.passed, (unsigned long long)row->tally.failed,
                 (unsigned long long)run->passed, (unsigned long long)run->failed);
    /* A test whose retry never came, because the run was cancelled, is in neither. */
    assert_true(row->tally.passed + row->tally.failed + row->tally.running <= row->tally.tests);
    return 0;
}

static void counts_as_nextest(void **state)
{
    (void)state;
    static const char *const stores[] = {"plain/state",  "retries/state", "failures/state",    "groups/state",
                                         "names/state",  "output/state",  "slow-timeout/state", "paused/state",
                                         "rerun/state",  "stress/state",  "cancelled/state",   "setup-scripts/state",
                                         "large/state",  "variations/state"};
    size_t compared = 0;
    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        struct nx_view *v = view_of(stores[i]);
        struct nx_index *ix = memory();
        struct nx_reconciled r = reconcile(ix, v, (struct nx_reconcile_opts){0});
        assert_true(r.read > 0);
        struct check c = {.view = v};
        struct nx_run_filter all = {0};
        assert_int_equal(nx_index_runs(ix, &all, compare, &c, &err), 0);
        assert_int_equal(c.runs, v->runs);
        compared += c.compared;
        /* A second time there is nothing to do. */
        r = reconcile(ix, v, (struct nx_reconcile_opts){0});
        assert_int_equal(r.read, 0);
        assert_int_equal(r.gone, 0);
        nx_index_close(ix);
        nx_view_unref(v);
    }
    assert_true(compared >= 50);
}

/* --- one run's rows --- */

struct rows {
    size_t n, last, retried, flaky_fails, running;
};

static int count_rows(void *arg, const struct nx_exec_out *o)
{
    struct rows *r = arg;
    r->n++;
    r->last += o->row.last;
    r->retried += o->row.attempt > 1;
    r->flaky_fails += o->row.flaky_fails;
    r->running += o->row.outcome == NX_OUTCOME_RUNNING;
    assert_true(o->binary.n > 0 && o->name.n > 0);
    assert_true(o->row.line > 0);
    assert_true(o->row.start >= 0 && o->row.start < 3600000000000);
    return 0;
}

static int each_run(void *arg, const struct nx_run_row *row)
{
    struct rows r = {0};
    struct nx_exec_filter all = {0};
    assert_int_equal(nx_index_execs(arg, row->id, &all, count_rows, &r, &err), 0);
    assert_int_equal(r.n, row->tally.executions);
    if (!row->stress && row->depth == NX_DEPTH_WHOLE)
        assert_true(r.last <= row->tally.tests);
    assert_int_equal(r.running, row->tally.running);
    if (row->tally.flaky)
        assert_true(r.retried > 0);
    return 0;
}

static void rows_fit_sums(void **state)
{
    (void)state;
    static const char *const stores[] = {"retries/state", "stress/state", "cancelled/state", "rerun/state"};
    for (size_t i = 0; i < 4; i++) {
        struct nx_view *v = view_of(stores[i]);
        struct nx_index *ix = memory();
        (void)reconcile(ix, v, (struct nx_reconcile_opts){0});
        struct nx_run_filter all = {0};
        assert_int_equal(nx_index_runs(ix, &all, each_run, ix, &err), 0);
        nx_index_close(ix);
        nx_view_unref(v);
    }
}

/* Broken logs give what can be read of them, and never an error. */
static void bad_logs(void **state)
{
    (void)state;
    struct nx_view *v = view_of("formats/bad-logs/state");
    struct nx_index *ix = memory();
    struct nx_reconciled r = reconcile(ix, v, (struct nx_reconcile_opts){0});
    assert_true(r.read >= 90 && r.bad >= 30 && r.executions > 400);
    r = reconcile(ix, v, (struct nx_reconcile_opts){0});
    assert_int_equal(r.read, 0);
    nx_index_close(ix);
    nx_view_unref(v);
}

/* --- a run that grows, ends, and goes --- */

static struct nx_run_row last_row;

static int take_row(void *arg, const struct nx_run_row *row)
{
    (void)arg;
    last_row = *row;
    return 1;
}

static void newest(struct nx_index *ix)
{
    struct nx_run_filter one = {.limit = 1};
    memset(&last_row, 0, sizeof last_row);
    assert_int_equal(nx_index_runs(ix, &one, take_row, NULL, &err), 0);
}

static void a_run_grows(void **state)
{
    (void)state;
    static const char *const stages[] = {"live/1-just-begun/state", "live/2-first-flush/state", "live/3-second-flush/state",
                                         "live/4-ended/state"};
    struct nx_index *ix = memory();
    uint64_t before = 0;
    for (size_t i = 0; i < 4; i++) {
        struct nx_view *v = view_of(stages[i]);
        (void)reconcile(ix, v, (struct nx_reconcile_opts){0});
        newest(ix);
        assert_int_equal(last_row.depth, i == 3 ? NX_DEPTH_WHOLE : NX_DEPTH_PART);
        assert_true(last_row.tally.executions >= before);
        before = last_row.tally.executions;
        nx_view_unref(v);
    }
    assert_true(before > 0);
    assert_int_equal(last_row.tally.running, 0);
    nx_index_close(ix);
}

/* What nextest prunes stays as history, marked; a run that comes back is on disk again. */
static void pruned_runs_stay(void **state)
{
    (void)state;
    struct nx_view *before = view_of("many-runs/before-prune/state"), *after = view_of("many-runs/after-prune/state");
    struct nx_index *ix = memory();
    (void)reconcile(ix, before, (struct nx_reconcile_opts){0});
    struct nx_index_stat st;
    assert_int_equal(nx_index_stat(ix, &st, &err), 0);
    uint64_t had = st.executions;
    struct nx_reconciled r = reconcile(ix, after, (struct nx_reconcile_opts){0});
    assert_true(r.gone > 0);
    assert_int_equal(nx_index_stat(ix, &st, &err), 0);
    assert_true(st.runs > after->runs && st.executions >= had);
    r = reconcile(ix, before, (struct nx_reconcile_opts){0});
    assert_true(r.gone > 0);
    r = reconcile(ix, before, (struct nx_reconcile_opts){0});
    assert_int_equal(r.gone, 0);
    assert_int_equal(r.read, 0);
    nx_index_close(ix);
    nx_view_unref(before);
    nx_view_unref(after);
}

/* Only as deep as asked. */
static void partly(void **state)
{
    (void)state;
    struct nx_view *v = view_of("retries/state");
    struct nx_index *ix = memory();
    struct nx_reconciled r = reconcile(ix, v, (struct nx_reconcile_opts){.listed_only = true});
    assert_int_equal(r.read, 0);
    const char *one[] = {v->by_start[1].run->id, NULL};
    r = reconcile(ix, v, (struct nx_reconcile_opts){.runs = one});
    assert_int_equal(r.read, 1);
    assert_int_equal(r.gone, 0);
    r = reconcile(ix, v, (struct nx_reconcile_opts){.newest = 3});
    assert_int_equal(r.read, 2);
    const struct nx_workspace elsewhere = {.name = "_no_such"};
    r = reconcile(ix, v, (struct nx_reconcile_opts){.workspace = &elsewhere});
    assert_int_equal(r.read, 0);
    r = reconcile(ix, v, (struct nx_reconcile_opts){0});
    assert_int_equal(r.read, v->runs - 3);
    nx_index_close(ix);
    nx_view_unref(v);
}

/* --- several stores --- */

static struct nx_view *view_of_two(const struct nx_store *stores, size_t n)
{
    struct nx_view *v = NULL;
    assert_int_equal(nx_view_take(stores, n, NULL, NULL, 100, &v, &err), 0);
    return v;
}

static int add_store(void *arg, const struct nx_store_row *row)
{
    size_t n = strlen(arg);
    sprintf((char *)arg + n, "%s ", row->name);
    return 0;
}

static const char *stores_in(struct nx_index *ix)
{
    static char names[256];
    names[0] = '\0';
    assert_int_equal(nx_index_stores(ix, add_store, names, &err), 0);
    return names;
}

static int count_gone(void *arg, const struct nx_run_row *row)
{
    *(size_t *)arg += !row->on_disk;
    return 0;
}

static size_t gone_in(struct nx_index *ix)
{
    size_t n = 0;
    const struct nx_run_filter all = {0};
    assert_int_equal(nx_index_runs(ix, &all, count_gone, &n, &err), 0);
    return n;
}

/* The same workspace and runs in both: they stay apart. One that is not given any more is history, one that is away
 * is not, one that is called otherwise is known again. */
static void two_stores(void **state)
{
    (void)state;
    const char *dir = data_store("retries/state")->dir;
    const struct nx_store both[] = {{.name = "a", .dir = dir}, {.name = "b", .dir = data_store("paused/state")->dir}};
    const struct nx_store twins[] = {{.name = "a", .dir = dir}, {.name = "b", .dir = dir}};
    const struct nx_store away[] = {{.name = "a", .dir = dir}, {.name = "b", .dir = "/nonexistent/state"}};
    const struct nx_store renamed[] = {{.name = "z", .dir = dir}};
    struct nx_index *ix = memory();
    struct nx_view *v = view_of_two(twins, 2);
    size_t n = v->runs / 2;
    assert_int_equal(reconcile(ix, v, (struct nx_reconcile_opts){0}).read, 2 * n);
    assert_int_equal(reconcile(ix, v, (struct nx_reconcile_opts){0}).changed, 0);
    assert_string_equal(stores_in(ix), "a b ");
    nx_view_unref(v);

    v = view_of_two(away, 2);
    assert_int_equal(reconcile(ix, v, (struct nx_reconcile_opts){0}).gone, 0);
    nx_view_unref(v);

    v = view_of_two(both, 1); /* b is not given */
    assert_int_equal(reconcile(ix, v, (struct nx_reconcile_opts){.newest = 1}).gone, 0);
    assert_int_equal(reconcile(ix, v, (struct nx_reconcile_opts){0}).gone, n);
    assert_int_equal(gone_in(ix), n);
    nx_view_unref(v);

    v = view_of_two(both, 2); /* another folder under the name */
    struct nx_reconciled r = reconcile(ix, v, (struct nx_reconcile_opts){0});
    assert_int_equal(r.read, v->runs - n);
    nx_view_unref(v);

    v = view_of_two(renamed, 1);
    r = reconcile(ix, v, (struct nx_reconcile_opts){0});
    assert_int_equal(r.read + r.changed, 0);
    assert_string_equal(stores_in(ix), "b z ");
    nx_view_unref(v);
    nx_index_close(ix);
}

static int stop_at(void *arg, const struct nx_run *run)
{
    (void)run;
    return --*(int *)arg == 0;
}

/* Stopped in the middle, it goes on later and comes to the same. */
static void stops_and_goes_on(void **state)
{
    (void)state;
    struct nx_view *v = view_of("retries/state");
    struct nx_index *ix = memory();
    int left = 3;
    struct nx_reconciled r = reconcile(ix, v, (struct nx_reconcile_opts){.step = stop_at, .arg = &left});
    assert_true(r.stopped);
    assert_int_equal(r.read, 2);
    r = reconcile(ix, v, (struct nx_reconcile_opts){0});
    assert_int_equal(r.read, v->runs - 2);
    nx_index_close(ix);
    nx_view_unref(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_as_nextest), cmocka_unit_test(rows_fit_sums), cmocka_unit_test(bad_logs),
        cmocka_unit_test(a_run_grows),
        cmocka_unit_test(pruned_runs_stay),  cmocka_unit_test(partly),
        cmocka_unit_test(two_stores),        cmocka_unit_test(stops_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
