/* Pictures of a store that has an archive: what only the archive has is a kept run of the same workspace. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/view.h"
#include "small_store.h"

static const struct nx_store with_archive = {.name = "default", .dir = small_dir, .kept = small_dir_b};

static struct nx_view *taken(const struct nx_view *prev)
{
    struct nx_view *v = NULL;
    struct nx_err err;
    assert_int_equal(nx_view_take(&with_archive, 1, NULL, prev, 0, &v, &err), 0);
    return v;
}

static void own(const char *workspace, const struct small_run *v, size_t n)
{
    small_into = small_dir;
    small_list(workspace, v, n);
}

static void archived(const char *workspace, const struct small_run *v, size_t n)
{
    small_into = small_dir_b;
    small_list(workspace, v, n);
}

static void lies_in(const struct nx_workspace *ws, const struct nx_run *run, const char *state_dir)
{
    char *dir = nx_run_dir(ws, run), *log = nx_run_log(ws, run);
    small_into = state_dir;
    assert_string_equal(dir, small_path(ws->name, run->id));
    assert_memory_equal(log, dir, strlen(dir));
    free(dir);
    free(log);
}

static const struct small_run a = {ID_A, 10, NULL, NULL}, b = {ID_B, 30, NULL, NULL},
                              c = {ID_C, 20, NULL, NULL}, d = {ID_D, 30, NULL, NULL};

static void joins(void **state)
{
    (void)state;
    own("_sa", (const struct small_run[]){b, d}, 2);
    archived("_sa", (const struct small_run[]){c, b, a}, 3);
    struct nx_view *v = taken(NULL);
    const struct nx_workspace *ws = v->v[0];
    assert_null(v->problem);
    assert_int_equal(v->n, 1);
    assert_int_equal(ws->n, 4);
    assert_int_equal(v->runs, 4);
    static const char *const file[] = {ID_C, ID_A, ID_B, ID_D}, *const newest[] = {ID_D, ID_B, ID_C, ID_A};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(ws->list[i].id, file[i]);
        assert_int_equal(ws->list[i].kept, i < 2);
        assert_string_equal(ws->v[i]->id, newest[i]);
        assert_string_equal(v->by_start[i].run->id, newest[i]);
        lies_in(ws, &ws->list[i], i < 2 ? small_dir_b : small_dir);
    }
    /* Of the two that started last, nextest's. */
    assert_string_equal(ws->latest->id, ID_D);
    assert_int_equal(ws->archived_n, 3);
    assert_string_equal(ws->archived[1].id, ID_B);
    assert_int_equal(nx_view_prefix_len(v, NULL, &ws->list[2]), 36);
    nx_view_unref(v);
}

/* A kept run is the latest where nextest has nothing newer; between equals nextest's is. */
static void latest(void **state)
{
    (void)state;
    own("_sa", &a, 1);
    archived("_sa", &b, 1);
    struct nx_view *v = taken(NULL);
    assert_string_equal(v->latest.run->id, ID_B);
    nx_view_unref(v);
    own("_sa", &b, 1);
    archived("_sa", &d, 1);
    v = taken(NULL);
    assert_string_equal(v->latest.run->id, ID_B);
    nx_view_unref(v);
}

static void shares_what_did_not_change(void **state)
{
    (void)state;
    own("_sa", (const struct small_run[]){a, b}, 2);
    own("_sb", &d, 1);
    struct nx_view *one = taken(NULL);
    archived("_sa", (const struct small_run[]){a, b}, 2);
    struct nx_view *two = taken(one);
    /* The copies are not to be seen yet: another picture, of the very same runs. */
    assert_int_equal(two->v[0]->n, 2);
    assert_int_equal(two->v[0]->archived_n, 2);
    assert_ptr_equal(one->v[0]->list, two->v[0]->list);
    assert_ptr_equal(one->v[1], two->v[1]);
    struct nx_view *three = taken(two);
    assert_ptr_equal(two->v[0], three->v[0]);
    assert_true(nx_view_same(two, three));
    own("_sa", &b, 1); /* nextest prunes */
    struct nx_view *four = taken(three);
    assert_int_equal(four->v[0]->n, 2);
    assert_true(four->v[0]->list[0].kept);
    assert_false(four->v[0]->list[1].kept);
    assert_false(nx_view_same(three, four));
    nx_view_unref(one);
    nx_view_unref(two);
    nx_view_unref(three);
    assert_string_equal(four->v[0]->list[0].nextest_version, "0.9.143");
    assert_string_equal(four->v[0]->list[1].nextest_version, "0.9.143");
    nx_view_unref(four);
}

static void a_workspace_that_nextest_no_longer_has(void **state)
{
    (void)state;
    own("_sb", &d, 1);
    archived("_sa", &a, 1);
    archived("_sc", &b, 1);
    struct nx_view *v = taken(NULL);
    assert_null(v->problem);
    assert_int_equal(v->n, 3);
    assert_string_equal(v->v[0]->name, "_sa");
    assert_string_equal(v->v[0]->path, "/a");
    assert_int_equal(v->v[0]->n, 1);
    assert_string_equal(v->v[1]->name, "_sb");
    assert_string_equal(v->v[2]->name, "_sc");
    small_into = small_dir;
    assert_memory_equal(small_path("_sa", ""), v->v[0]->runs_dir, strlen(v->v[0]->runs_dir));
    nx_view_unref(v);
}

/* The store is away, with all its runs; the archive goes on. */
static void a_store_that_is_away(void **state)
{
    (void)state;
    static const struct nx_store away = {.name = "default", .dir = "/nonexistent/state", .kept = small_dir_b};
    archived("_sa", &a, 1);
    struct nx_view *v = NULL;
    struct nx_err err;
    assert_int_equal(nx_view_take(&away, 1, NULL, NULL, 0, &v, &err), 0);
    assert_int_equal(v->err->code, NX_ENOSTORE);
    assert_int_equal(nx_view_store_err(v, v->v[0])->code, NX_ENOSTORE);
    assert_int_equal(v->runs, 1);
    assert_true(v->v[0]->v[0]->kept);
    nx_view_unref(v);
    /* And an archive that was never made is none. */
    static const struct nx_store none = {.name = "default", .dir = small_dir, .kept = "/nonexistent/kept"};
    own("_sa", &a, 1);
    assert_int_equal(nx_view_take(&none, 1, NULL, NULL, 0, &v, &err), 0);
    assert_null(v->problem);
    assert_null(nx_view_store_err(v, v->v[0]));
    assert_int_equal(v->runs, 1);
    assert_false(v->v[0]->v[0]->kept);
    nx_view_unref(v);
}

static void a_damaged_list(void **state)
{
    (void)state;
    own("_sa", &b, 1);
    archived("_sa", &a, 1);
    struct nx_view *one = taken(NULL);
    small_into = small_dir_b;
    small_put("_sa", "runs.json.zst", "garbage", 7);
    struct nx_view *two = taken(one);
    assert_int_equal(two->v[0]->n, 2);
    assert_int_equal(two->v[0]->err->code, NX_EFORMAT);
    assert_memory_equal(two->v[0]->err->object, small_dir_b, strlen(small_dir_b));
    assert_ptr_equal(one->v[0]->list, two->v[0]->list);
    /* Nextest's own goes on being read. */
    own("_sa", (const struct small_run[]){b, d}, 2);
    struct nx_view *three = taken(two);
    assert_int_equal(three->v[0]->n, 3);
    assert_non_null(three->v[0]->problem);
    archived("_sa", &a, 1);
    struct nx_view *four = taken(three);
    assert_null(four->v[0]->problem);
    assert_int_equal(four->v[0]->n, 3);
    nx_view_unref(one);
    nx_view_unref(two);
    nx_view_unref(three);
    nx_view_unref(four);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, small_setup, small_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(joins),
        TEST(latest),
        TEST(shares_what_did_not_change),
        TEST(a_workspace_that_nextest_no_longer_has),
        TEST(a_store_that_is_away),
        TEST(a_damaged_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
