#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* An index over a file answers as one that was written from the beginning, however the rows are spread over both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "index/index.h"

enum { RUNS = 24, TESTS = 9 };

static struct nx_err err;
static char dir[] = "/tmp/nx-over-XXXXXX", path[64], other_dir[64];

static uint32_t noise_state;

static uint32_t noise(uint32_t below)
{
    noise_state = noise_state * 1664525u + 1013904223u;
    return (noise_state >> 8) % below;
}

static int64_t workspace(struct nx_index *ix, const char *store, uint32_t n)
{
    char name[16];
    int64_t id = 0;
    snprintf(name, sizeof name, "ws%u", n);
    assert_int_equal(nx_index_workspace(ix, store, name, n ? "/x" : NULL, &id, &err), 0);
    return id;
}

/* The n-th run: the same whichever index it goes to. `take` is its version: another has another status, or rows. */
static int64_t put_run(struct nx_index *ix, const char *store, uint32_t n, uint32_t version)
{
    struct nx_exec_row rows[TESTS * 2];
    struct nx_run_row row = {.started = 1000 + (int64_t)(n / 3) * 10, .last_written = version, .on_disk = true,
                             .status = version ? "completed" : "incomplete", .entry = "{}", .depth = NX_DEPTH_WHOLE,
                             .profile = n % 2 ? "ci" : NULL};
    char uuid[37], name[16];
    size_t rows_n = 0;
    int64_t id = 0, group = 0;
    noise_state = n * 7919u + version;
    row.workspace = workspace(ix, store, n % 3);
    snprintf(uuid, sizeof uuid, "00000000-0000-0000-0000-%012u", n / 2); /* in two workspaces each */
    row.uuid = uuid;
    assert_int_equal(nx_index_put_run(ix, &row, &id, &err), 0);
    for (uint32_t t = 0; t < TESTS; t++) {
        uint32_t attempts = noise(3);
        snprintf(name, sizeof name, "t%u", noise(TESTS * 3));
        for (uint32_t a = 1; a <= attempts; a++) {
            struct nx_exec_row *r = &rows[rows_n++];
            *r = (struct nx_exec_row){.attempt = a, .last = a == attempts, .start = noise(50), .duration = noise(9),
                                      .outcome = a == attempts ? NX_OUTCOME_PASS : NX_OUTCOME_FAIL, .slot = t};
            assert_int_equal(nx_index_test(ix, nx_slice_of(t % 2 ? "even" : "odd"), nx_slice_of(name), &r->test, &err), 0);
            if (t % 4 == 0) {
                assert_int_equal(nx_index_group(ix, nx_slice_of(name), &group, &err), 0);
                r->group = group;
            }
        }
    }
    assert_int_equal(nx_index_put_execs(ix, id, rows, rows_n, true, &err), 0);
    return id;
}

/* --- everything that an index says, as text --- */

struct telling {
    struct nx_index *ix;
    struct nx_strbuf out;
};

static int tell_exec(void *arg, const struct nx_exec_out *o)
{
    struct telling *t = arg;
    nx_strbuf_addf(&t->out, "  %.*s %.*s #%u %s %d %u [%.*s]\n", (int)o->binary.n, o->binary.p, (int)o->name.n, o->name.p,
                   o->row.attempt, nx_outcome_text(o->row.outcome), (int)o->row.start, o->row.slot, (int)o->group.n,
                   o->group.p ? o->group.p : "");
    return 0;
}

static int count_row(void *arg, const struct nx_exec_row *row)
{
    *(int64_t *)arg += row->start;
    return 0;
}

static int tell_run(void *arg, const struct nx_run_row *row)
{
    struct telling *t = arg;
    const struct nx_exec_filter by_name = {0}, longest = {.order = NX_BY_DURATION, .last_only = true, .limit = 3};
    int64_t sum = 0;
    nx_strbuf_addf(&t->out, "%s %d %s %s%s\n", row->uuid + 30, (int)row->started, row->status,
                   row->profile ? row->profile : "-", row->on_disk ? "" : " gone");
    assert_int_equal(nx_index_execs(t->ix, row->id, &by_name, tell_exec, t, &err), 0);
    assert_int_equal(nx_index_execs(t->ix, row->id, &longest, tell_exec, t, &err), 0);
    assert_int_equal(nx_index_scan(t->ix, row->id, count_row, &sum, &err), 0);
    nx_strbuf_addf(&t->out, "  %d\n", (int)sum);
    return 0;
}

static int tell_uuid(void *arg, const struct nx_run_row *row)
{
    nx_strbuf_addf(&((struct telling *)arg)->out, "%s ", row->uuid + 30);
    return 0;
}

static int tell_attempt(void *arg, const struct nx_run_row *run, const struct nx_exec_row *e)
{
    nx_strbuf_addf(&((struct telling *)arg)->out, "%s/%u ", run->uuid + 30, e->attempt);
    return 0;
}

static int tell_test(void *arg, const struct nx_test_row *row)
{
    struct telling *t = arg;
    struct nx_test_row again;
    nx_strbuf_addf(&t->out, "%.*s %.*s:", (int)row->binary.n, row->binary.p, (int)row->name.n, row->name.p);
    assert_int_equal(nx_index_test_name(t->ix, row->id, &again, &err), 0);
    assert_true(nx_slice_eq(again.name, row->name));
    assert_int_equal(nx_index_history(t->ix, row->id, 0, 4, tell_attempt, t, &err), 0);
    nx_strbuf_addc(&t->out, '\n');
    return 0;
}

static void tell_lists(struct telling *t)
{
    const struct nx_test_row after = {0, nx_slice_of("even"), nx_slice_of("t2")};
    int64_t id;
    struct nx_run_filter filters[] = {{.limit = 5}, {.profile = "ci"}, {.gone_only = true}, {.on_disk_only = true, .limit = 7},
                                      {.since = 1030, .until = 1050}, {.uuid = "00000000-0000-0000-0000-000000000003"},
                                      {.contains_test = 0, .status = "completed"}, {.limit = 3}};
    if (nx_index_find_test(t->ix, nx_slice_of("odd"), nx_slice_of("t4"), &id, &err) == 0)
        filters[7].contains_test = id;
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        assert_int_equal(nx_index_runs(t->ix, &filters[i], tell_uuid, t, &err), 0);
        nx_strbuf_addc(&t->out, '\n');
    }
    assert_int_equal(nx_index_tests(t->ix, NULL, NULL, 0, tell_test, t, &err), 0);
    assert_int_equal(nx_index_tests(t->ix, "T1", NULL, 3, tell_test, t, &err), 0);
    assert_int_equal(nx_index_tests(t->ix, NULL, &after, 2, tell_test, t, &err), 0);
    assert_int_equal(nx_index_find_test(t->ix, nx_slice_of("odd"), nx_slice_of("zz"), &id, &err), -NX_ENOTFOUND);
}

static char *all_of(struct nx_index *ix)
{
    struct telling t = {.ix = ix};
    const struct nx_run_filter all = {0};
    nx_strbuf_init(&t.out, 0);
    assert_int_equal(nx_index_runs(ix, &all, tell_run, &t, &err), 0);
    tell_lists(&t);
    return nx_strbuf_take(&t.out, NULL);
}

static void assert_same(struct nx_index *a, struct nx_index *b)
{
    char *x = all_of(a), *y = all_of(b);
    assert_string_equal(x, y);
    free(x);
    free(y);
}

/* --- */

static struct nx_index *written(const char *file, const char *store)
{
    struct nx_index *ix = NULL;
    assert_int_equal(nx_index_open(file, NX_INDEX_WRITE, &ix, NULL, &err), 0);
    assert_int_equal(nx_index_begin(ix, &err), 0);
    assert_int_equal(nx_index_put_store(ix, store, dir, &err), 0);
    return ix;
}

static struct nx_index *over(const char *name, bool *others)
{
    const struct nx_store_row store = {name, dir};
    struct nx_index *ix = NULL;
    assert_int_equal(nx_index_open_over(path, &store, 1, &ix, others, &err), 0);
    assert_int_equal(nx_index_begin(ix, &err), 0);
    return ix;
}

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/nx-over-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/index.db", dir);
    snprintf(other_dir, sizeof other_dir, "%s/..", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    for (const char *const *s = (const char *const[]){"", "-wal", "-shm", NULL}; *s; s++) {
        char file[80];
        snprintf(file, sizeof file, "%s%s", path, *s);
        (void)unlink(file);
    }
    return rmdir(dir);
}

/* Whichever of the runs the file has. */
static void spread(void **state)
{
    (void)state;
    struct nx_index *whole = written(NULL, "one");
    for (uint32_t n = 0; n < RUNS; n++)
        (void)put_run(whole, "one", n, 1);
    for (uint32_t which = 0; which < 5; which++) {
        struct nx_index *file = written(path, "theirs"), *ix;
        bool others = true;
        for (uint32_t n = 0; n < RUNS; n++)
            if (which == 0 || n % (which + 1) == 0)
                (void)put_run(file, "theirs", n, 1);
        assert_int_equal(nx_index_commit(file, &err), 0);
        ix = over("one", &others);
        assert_false(others);
        for (uint32_t n = 0; n < RUNS; n++)
            if (which > 0 && n % (which + 1) != 0)
                (void)put_run(ix, "one", n, 1);
        assert_same(whole, ix);
        nx_index_close(ix);
        nx_index_close(file);
        assert_int_equal(unlink(path), 0);
    }
    nx_index_close(whole);
}

static int find_run(void *arg, const struct nx_run_row *row)
{
    *(int64_t *)arg = row->id;
    return 1;
}

static int64_t run_id(struct nx_index *ix, uint32_t n)
{
    char uuid[37];
    int64_t id = 0;
    snprintf(uuid, sizeof uuid, "00000000-0000-0000-0000-%012u", n / 2);
    const struct nx_run_filter f = {.uuid = uuid, .workspace = workspace(ix, "one", n % 3)};
    assert_int_equal(nx_index_runs(ix, &f, find_run, &id, &err), 0);
    assert_true(id > 0);
    return id;
}

/* Runs that the file has of old get another list entry, other rows, or go. */
static void change(struct nx_index *ix)
{
    uint64_t gone = 0;
    int64_t keep[4];
    for (uint32_t n = 0; n < RUNS; n += 5) {
        const struct nx_run_row row = {.id = run_id(ix, n), .last_written = 9, .status = "cancelled", .entry = "{}",
                                       .on_disk = true};
        assert_int_equal(nx_index_relist_run(ix, &row, &err), 0);
        if (n % 2)
            (void)put_run(ix, "one", n, 2);
    }
    for (size_t i = 0; i < 4; i++)
        keep[i] = run_id(ix, (uint32_t)i * 3);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = i + 1; j < 4; j++)
            if (keep[j] < keep[i]) {
                int64_t id = keep[i];
                keep[i] = keep[j];
                keep[j] = id;
            }
    assert_int_equal(nx_index_keep_only(ix, workspace(ix, "one", 0), keep, 4, &gone, &err), 0);
    assert_int_equal(gone, RUNS / 3 - 4);
}

static void changes(void **state)
{
    (void)state;
    struct nx_index *whole = written(NULL, "one"), *file = written(path, "one"), *before, *ix;
    bool others;
    for (uint32_t n = 0; n < RUNS; n++) {
        (void)put_run(whole, "one", n, 0);
        (void)put_run(file, "one", n, 0);
    }
    assert_int_equal(nx_index_commit(file, &err), 0);
    before = over("one", &others);
    ix = over("one", &others);
    change(ix);
    /* Others see nothing of it, and it sees nothing of what others write. */
    assert_same(before, whole);
    assert_int_equal(nx_index_begin(file, &err), 0);
    (void)put_run(file, "one", RUNS + 1, 3);
    assert_int_equal(nx_index_commit(file, &err), 0);
    assert_same(before, whole);
    change(whole);
    assert_same(ix, whole);
    /* What is taken back is as it was. */
    nx_index_rollback(ix);
    assert_same(before, ix);
    nx_index_close(ix);
    nx_index_close(before);
    nx_index_close(file);
    nx_index_close(whole);
}

/* What is of no store that is shown is not seen. */
static void other_stores(void **state)
{
    (void)state;
    struct nx_index *whole = written(NULL, "one"), *file = written(path, "b"), *ix;
    bool others = false;
    assert_int_equal(nx_index_put_store(file, "a", "/nowhere", &err), 0);
    assert_int_equal(nx_index_put_store(file, "one", "relative", &err), 0);
    for (uint32_t n = 0; n < RUNS; n++) {
        (void)put_run(whole, "one", n, 1);
        (void)put_run(file, "a", n, 2);
        (void)put_run(file, "b", n, 1);
        (void)put_run(file, "one", n, 3);
    }
    assert_int_equal(nx_index_commit(file, &err), 0);
    ix = over("one", &others);
    assert_true(others);
    struct telling a = {.ix = whole}, b = {.ix = ix};
    const struct nx_run_filter all = {0}, few = {.limit = 4, .profile = "ci"};
    nx_strbuf_init(&a.out, 0);
    nx_strbuf_init(&b.out, 0);
    for (struct telling *t = &a; t; t = t == &a ? &b : NULL) {
        assert_int_equal(nx_index_runs(t->ix, &all, tell_run, t, &err), 0);
        assert_int_equal(nx_index_runs(t->ix, &few, tell_uuid, t, &err), 0);
    }
    assert_string_equal(a.out.p, b.out.p);
    nx_strbuf_fini(&a.out);
    nx_strbuf_fini(&b.out);
    nx_index_close(ix);
    nx_index_close(file);
    nx_index_close(whole);
}

/* A file that does not speak of the store, or does so twice, is none. */
static void not_of_this_store(void **state)
{
    (void)state;
    struct nx_index *ix = NULL, *file;
    const struct nx_store_row here = {"one", dir}, nowhere = {"one", "/no/such/folder"}, above = {"one", other_dir};
    bool others;
    assert_int_equal(nx_index_open_over(path, &here, 1, &ix, &others, &err), -NX_ENOTFOUND);
    assert_int_not_equal(access(path, F_OK), 0);
    file = written(path, "one");
    assert_int_equal(nx_index_commit(file, &err), 0);
    assert_int_equal(nx_index_open_over(path, &nowhere, 1, &ix, &others, &err), -NX_ENOTFOUND);
    assert_int_equal(nx_index_open_over(path, &above, 1, &ix, &others, &err), -NX_ENOTFOUND);
    assert_string_equal(err.object, path);
    assert_int_equal(nx_index_open_over(path, &here, 1, &ix, &others, &err), 0);
    nx_index_close(ix);
    assert_int_equal(nx_index_begin(file, &err), 0);
    assert_int_equal(nx_index_put_store(file, "again", dir, &err), 0);
    assert_int_equal(nx_index_commit(file, &err), 0);
    assert_int_equal(nx_index_open_over(path, &here, 1, &ix, &others, &err), -NX_ENOTFOUND);
    nx_index_close(file);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(spread), IN_DIR(changes), IN_DIR(other_stores), IN_DIR(not_of_this_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
