#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "index/index.h"

static struct nx_err err;

static struct nx_index *memory(void)
{
    struct nx_index *ix = NULL;
    assert_int_equal(nx_index_open(NULL, NX_INDEX_WRITE, &ix, NULL, &err), 0);
    assert_int_equal(nx_index_begin(ix, &err), 0);
    return ix;
}

static int64_t test_id(struct nx_index *ix, const char *binary, const char *name)
{
    int64_t id = 0;
    assert_int_equal(nx_index_test(ix, nx_slice_of(binary), nx_slice_of(name), &id, &err), 0);
    return id;
}

static int64_t put_run(struct nx_index *ix, int64_t ws, int n, int64_t started, const char *status)
{
    char uuid[37];
    int64_t id = 0;
    snprintf(uuid, sizeof uuid, "00000000-0000-0000-0000-%012d", n);
    struct nx_run_row row = {.workspace = ws, .uuid = uuid, .started = started, .status = status, .entry = "{}",
                             .on_disk = true, .depth = NX_DEPTH_WHOLE, .profile = n % 2 ? "ci" : NULL};
    assert_int_equal(nx_index_put_run(ix, &row, &id, &err), 0);
    return id;
}

static int64_t workspace(struct nx_index *ix, const char *name)
{
    int64_t id = 0;
    assert_int_equal(nx_index_workspace(ix, "", name, "/x", &id, &err), 0);
    return id;
}

/* Lists what a query gives, as text. */
static char seen[4096];

static int add_run(void *arg, const struct nx_run_row *row)
{
    (void)arg;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s ", row->uuid + 34);
    return 0;
}

static const char *runs(struct nx_index *ix, struct nx_run_filter f)
{
    seen[0] = '\0';
    assert_int_equal(nx_index_runs(ix, &f, add_run, NULL, &err), 0);
    return seen;
}

static int add_exec(void *arg, const struct nx_exec_out *o)
{
    (void)arg;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%.*s#%u:%s ", (int)o->name.n, o->name.p, o->row.attempt,
             nx_outcome_text(o->row.outcome));
    return 0;
}

static const char *execs(struct nx_index *ix, int64_t run, struct nx_exec_filter f)
{
    seen[0] = '\0';
    assert_int_equal(nx_index_execs(ix, run, &f, add_exec, NULL, &err), 0);
    return seen;
}

static void names_keep_their_ids(void **state)
{
    (void)state;
    struct nx_index *ix = memory();
    int64_t a = test_id(ix, "bin", "a"), b = test_id(ix, "bin", "b"), c = test_id(ix, "other", "a");
    assert_true(a != b && b != c && a != c);
    assert_int_equal(test_id(ix, "bin", "a"), a);
    int64_t nul = 0;
    assert_int_equal(nx_index_test(ix, NX_LIT("bin"), NX_LIT("a\0b"), &nul, &err), 0);
    assert_true(nul != a);
    struct nx_test_row row;
    assert_int_equal(nx_index_test_name(ix, nul, &row, &err), 0);
    assert_int_equal(row.name.n, 3);
    assert_true(nx_slice_is(row.binary, "bin"));
    assert_int_equal(nx_index_test_name(ix, 999, &row, &err), -NX_ENOTFOUND);
    int64_t found = 0;
    assert_int_equal(nx_index_find_test(ix, NX_LIT("other"), NX_LIT("a"), &found, &err), 0);
    assert_int_equal(found, c);
    assert_int_equal(nx_index_find_test(ix, NX_LIT("other"), NX_LIT("zz"), &found, &err), -NX_ENOTFOUND);
    nx_index_close(ix);
}

/* Ids that a rollback took back are not handed out of the cache. */
static void rollback_forgets_ids(void **state)
{
    (void)state;
    struct nx_index *ix = memory();
    (void)test_id(ix, "bin", "a");
    nx_index_rollback(ix);
    int64_t id;
    assert_int_equal(nx_index_find_test(ix, NX_LIT("bin"), NX_LIT("a"), &id, &err), -NX_ENOTFOUND);
    assert_int_equal(nx_index_begin(ix, &err), 0);
    id = test_id(ix, "bin", "a");
    struct nx_test_row row;
    assert_int_equal(nx_index_test_name(ix, id, &row, &err), 0);
    nx_index_close(ix);
}

static void run_filters(void **state)
{
    (void)state;
    struct nx_index *ix = memory();
    int64_t w1 = workspace(ix, "_sa"), w2 = workspace(ix, "_sb");
    assert_int_equal(workspace(ix, "_sa"), w1);
    int64_t id1 = put_run(ix, w1, 1, 100, "completed");
    (void)put_run(ix, w1, 2, 300, "cancelled");
    (void)put_run(ix, w2, 3, 200, "completed");
    (void)put_run(ix, w2, 4, 200, "completed");
    assert_string_equal(runs(ix, (struct nx_run_filter){0}), "02 04 03 01 ");
    assert_string_equal(runs(ix, (struct nx_run_filter){.workspace = w1}), "02 01 ");
    assert_string_equal(runs(ix, (struct nx_run_filter){.status = "completed"}), "04 03 01 ");
    assert_string_equal(runs(ix, (struct nx_run_filter){.profile = "ci"}), "03 01 ");
    assert_string_equal(runs(ix, (struct nx_run_filter){.since = 200, .until = 300}), "04 03 ");
    assert_string_equal(runs(ix, (struct nx_run_filter){.limit = 2}), "02 04 ");
    /* Of equal starts the greater uuid first, whenever it came in; then by workspace. */
    (void)put_run(ix, w2, 9, 50, "cancelled");
    (void)put_run(ix, w2, 8, 50, "cancelled");
    (void)put_run(ix, w1, 9, 50, "cancelled");
    assert_string_equal(runs(ix, (struct nx_run_filter){.until = 100}), "09 09 08 ");
    assert_string_equal(runs(ix, (struct nx_run_filter){.until = 100, .workspace = w1}), "09 ");
    for (int n = 8; n <= 9; n++)
        assert_int_equal(nx_index_drop_run(ix, put_run(ix, w2, n, 50, "cancelled"), &err), 0);
    assert_int_equal(nx_index_drop_run(ix, put_run(ix, w1, 9, 50, "cancelled"), &err), 0);
    int64_t t = test_id(ix, "b", "t");
    struct nx_exec_row row = {.test = t, .attempt = 1, .outcome = NX_OUTCOME_PASS, .last = true};
    assert_int_equal(nx_index_put_execs(ix, id1, &row, 1, true, &err), 0);
    assert_string_equal(runs(ix, (struct nx_run_filter){.contains_test = t}), "01 ");
    /* Putting it again keeps its id. */
    assert_int_equal(put_run(ix, w1, 1, 100, "completed"), id1);
    uint64_t gone;
    assert_int_equal(nx_index_keep_only(ix, w1, &id1, 1, &gone, &err), 0);
    assert_int_equal(gone, 1);
    assert_string_equal(runs(ix, (struct nx_run_filter){.on_disk_only = true}), "04 03 01 ");
    assert_string_equal(runs(ix, (struct nx_run_filter){.gone_only = true}), "02 ");
    assert_int_equal(nx_index_drop_run(ix, id1, &err), 0);
    assert_string_equal(runs(ix, (struct nx_run_filter){.workspace = w1}), "02 ");
    struct nx_exec_filter all = {0};
    assert_string_equal(execs(ix, id1, all), "");
    nx_index_close(ix);
}

static void executions(void **state)
{
    (void)state;
    struct nx_index *ix = memory();
    int64_t run = put_run(ix, workspace(ix, "_sa"), 1, 100, "completed"), group = 0;
    int64_t a = test_id(ix, "bin", "Alpha"), b = test_id(ix, "bin", "beta");
    assert_int_equal(nx_index_group(ix, NX_LIT("serial"), &group, &err), 0);
    struct nx_exec_row rows[] = {
        {.test = b, .attempt = 1, .outcome = NX_OUTCOME_PASS, .last = true, .start = 5000, .duration = 10, .slot = 3},
        {.test = a, .attempt = 1, .outcome = NX_OUTCOME_FAIL, .start = -2000, .duration = 900, .slow = true, .line = 7},
        {.test = a, .attempt = 2, .outcome = NX_OUTCOME_PASS, .last = true, .start = 9000, .duration = 50, .group = group},
        {.test = b, .stress = 1, .attempt = 1, .outcome = NX_OUTCOME_TIMEOUT_FAIL, .last = true, .start = 99000,
         .duration = UINT32_MAX, .flaky_fails = true},
    };
    assert_int_equal(nx_index_put_execs(ix, run, rows, 4, true, &err), 0);
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){0}), "Alpha#1:fail Alpha#2:pass beta#1:pass beta#1:timeout-fail ");
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){.last_only = true, .order = NX_BY_START}),
                        "beta#1:pass Alpha#2:pass beta#1:timeout-fail ");
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){.order = NX_BY_DURATION, .limit = 2}),
                        "beta#1:timeout-fail Alpha#1:fail ");
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){.text = "ALPH"}), "Alpha#1:fail Alpha#2:pass ");
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){.outcomes = 1u << NX_OUTCOME_FAIL}), "Alpha#1:fail ");
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){.slow_only = true}), "Alpha#1:fail ");
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){.flaky_only = true}), "Alpha#2:pass ");
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){.offset = 3}), "beta#1:timeout-fail ");
    /* First again: what was there is replaced. */
    assert_int_equal(nx_index_put_execs(ix, run, rows, 1, true, &err), 0);
    assert_string_equal(execs(ix, run, (struct nx_exec_filter){0}), "Alpha#1:fail ");
    nx_index_close(ix);
}

static struct nx_exec_row got;

static int take_exec(void *arg, const struct nx_exec_out *o)
{
    (void)arg;
    got = o->row;
    assert_true(nx_slice_is(o->group, "serial"));
    return 1;
}

/* Every member of a row comes back. */
static void row_round_trip(void **state)
{
    (void)state;
    struct nx_index *ix = memory();
    int64_t run = put_run(ix, workspace(ix, "_sa"), 1, 100, "completed"), group = 0;
    assert_int_equal(nx_index_group(ix, NX_LIT("serial"), &group, &err), 0);
    struct nx_exec_row row = {.test = test_id(ix, "b", "t"), .stress = 70000, .attempt = 300, .outcome = NX_OUTCOME_EXEC_FAIL,
                              .slow = true, .last = true, .flaky_fails = true, .start = 123456789000,
                              .duration = 987654321012345, .slot = 4000000000u, .group = group, .line = 5000000000};
    struct nx_exec_row copy = row;
    assert_int_equal(nx_index_put_execs(ix, run, &copy, 1, true, &err), 0);
    struct nx_exec_filter all = {0};
    assert_int_equal(nx_index_execs(ix, run, &all, take_exec, NULL, &err), 0);
    assert_true(got.test == row.test && got.stress == 70000 && got.attempt == 300 && got.outcome == row.outcome);
    assert_true(got.slow && got.last && got.flaky_fails && got.start == row.start && got.duration == row.duration);
    assert_true(got.slot == row.slot && got.group == group && got.line == row.line);
    nx_index_close(ix);
}

static int add_history(void *arg, const struct nx_run_row *run, const struct nx_exec_row *e)
{
    (void)arg;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s#%u ", run->uuid + 34, e->attempt);
    return 0;
}

static void history(void **state)
{
    (void)state;
    struct nx_index *ix = memory();
    int64_t ws = workspace(ix, "_sa"), t = test_id(ix, "b", "t"), u = test_id(ix, "b", "u");
    for (int i = 1; i <= 9; i++) {
        int64_t run = put_run(ix, ws, i, i * 10, "completed");
        struct nx_exec_row rows[] = {{.test = i % 3 ? t : u, .attempt = 1}, {.test = i % 3 ? t : u, .attempt = 2, .last = true}};
        assert_int_equal(nx_index_put_execs(ix, run, rows, 2, true, &err), 0);
    }
    seen[0] = '\0';
    assert_int_equal(nx_index_history(ix, t, ws, 3, add_history, NULL, &err), 0);
    assert_string_equal(seen, "08#1 08#2 07#1 07#2 05#1 05#2 ");
    seen[0] = '\0';
    assert_int_equal(nx_index_history(ix, u, 0, 0, add_history, NULL, &err), 0);
    assert_string_equal(seen, "09#1 09#2 06#1 06#2 03#1 03#2 ");
    nx_index_close(ix);
}

static int add_test(void *arg, const struct nx_test_row *row)
{
    (void)arg;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%.*s/%.*s ", (int)row->binary.n, row->binary.p,
             (int)row->name.n, row->name.p);
    return 0;
}

static void search(void **state)
{
    (void)state;
    struct nx_index *ix = memory();
    (void)test_id(ix, "zoo", "lion");
    (void)test_id(ix, "zoo", "Sealion");
    (void)test_id(ix, "ark", "dove");
    seen[0] = '\0';
    assert_int_equal(nx_index_tests(ix, "LION", NULL, 0, add_test, NULL, &err), 0);
    assert_string_equal(seen, "zoo/Sealion zoo/lion ");
    seen[0] = '\0';
    assert_int_equal(nx_index_tests(ix, NULL, NULL, 2, add_test, NULL, &err), 0);
    assert_string_equal(seen, "ark/dove zoo/Sealion ");
    struct nx_test_row after = {0, NX_LIT("zoo"), NX_LIT("Sealion")};
    seen[0] = '\0';
    assert_int_equal(nx_index_tests(ix, NULL, &after, 2, add_test, NULL, &err), 0);
    assert_string_equal(seen, "zoo/lion ");
    nx_index_close(ix);
}

/* --- files --- */

static char dir[] = "/tmp/nx-index-XXXXXX", path[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/index.db", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static void put_file(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void persists(void **state)
{
    (void)state;
    struct nx_index *ix, *reader;
    assert_int_equal(nx_index_open(path, NX_INDEX_READ, &ix, NULL, &err), -NX_ENOTFOUND);
    assert_int_equal(nx_index_open(path, NX_INDEX_WRITE, &ix, NULL, &err), 0);
    assert_int_equal(nx_index_begin(ix, &err), 0);
    (void)put_run(ix, workspace(ix, "_sa"), 1, 100, "completed");
    assert_int_equal(nx_index_open(path, NX_INDEX_READ, &reader, NULL, &err), 0);
    assert_string_equal(runs(reader, (struct nx_run_filter){0}), "");
    assert_int_equal(nx_index_commit(ix, &err), 0);
    assert_string_equal(runs(reader, (struct nx_run_filter){0}), "01 ");
    assert_true(nx_index_begin(reader, &err) < 0);
    nx_index_close(reader);
    nx_index_close(ix);
    assert_int_equal(nx_index_open(path, NX_INDEX_WRITE, &ix, NULL, &err), 0);
    struct nx_index_stat st;
    assert_int_equal(nx_index_stat(ix, &st, &err), 0);
    assert_int_equal(st.runs, 1);
    nx_index_close(ix);
}

/* What runs held that went is used again: an index in which as much goes as comes does not grow. */
static void space_is_used_again(void **state)
{
    (void)state;
    enum { RUNS = 8, EXECS = 500, GO = 12 };
    struct nx_index *ix = memory();
    struct nx_exec_row rows[EXECS];
    int64_t ids[GO], ws = workspace(ix, "_sa");
    uint64_t full = 0;
    for (int n = 0; n < GO * RUNS; n++) {
        for (int i = 0; i < EXECS; i++)
            rows[i] = (struct nx_exec_row){.test = i + 1, .attempt = 1, .last = true, .duration = 123456789};
        if (n >= RUNS)
            assert_int_equal(nx_index_drop_run(ix, ids[n % RUNS], &err), 0);
        ids[n % RUNS] = put_run(ix, ws, n, n, "completed");
        assert_int_equal(nx_index_put_execs(ix, ids[n % RUNS], rows, EXECS, true, &err), 0);
        struct nx_index_stat st;
        assert_int_equal(nx_index_stat(ix, &st, &err), 0);
        if (n == RUNS)
            full = st.bytes;
        assert_true(n <= RUNS || st.bytes <= full + full / 4);
        assert_int_equal(st.runs, n < RUNS ? n + 1 : RUNS);
    }
    assert_true(full > RUNS * EXECS * 10);
    assert_int_equal(nx_index_commit(ix, &err), 0);
    nx_index_close(ix);
}

static void damaged_is_set_aside(void **state)
{
    (void)state;
    struct nx_index *ix;
    char *aside = NULL;
    put_file("this is no database, and it is long enough to be looked at as one ................................");
    assert_int_equal(nx_index_open(path, NX_INDEX_READ, &ix, NULL, &err), -NX_EFORMAT);
    assert_int_equal(nx_index_open(path, NX_INDEX_WRITE, &ix, &aside, &err), 0);
    assert_non_null(aside);
    assert_int_equal(access(aside, F_OK), 0);
    assert_string_equal(runs(ix, (struct nx_run_filter){0}), "");
    nx_index_close(ix);
    free(aside);
}

static void newer_is_refused(void **state)
{
    (void)state;
    struct nx_index *ix;
    char *aside, cmd[160];
    assert_int_equal(nx_index_open(path, NX_INDEX_WRITE, &ix, NULL, &err), 0);
    nx_index_close(ix);
    /* user_version is four bytes at offset 60 of the file. */
    snprintf(cmd, sizeof cmd, "printf '\\000\\000\\003\\347' | dd of='%s' bs=1 seek=60 conv=notrunc 2>/dev/null", path);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(nx_index_open(path, NX_INDEX_WRITE, &ix, &aside, &err), -NX_EVERSION);
    assert_null(aside);
    assert_non_null(strstr(err.why, "version 999"));
    assert_true(err.hint[0] != '\0');
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_keep_their_ids), cmocka_unit_test(rollback_forgets_ids), cmocka_unit_test(run_filters),
        cmocka_unit_test(executions),           cmocka_unit_test(row_round_trip),       cmocka_unit_test(history),
        cmocka_unit_test(search),               FILE_TEST(persists),                    FILE_TEST(damaged_is_set_aside),
        cmocka_unit_test(space_is_used_again),
        FILE_TEST(newer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
