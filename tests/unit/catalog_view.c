/* Pictures of a store: what is shared, what is read again, and what goes on showing when a list cannot be
 * read. */
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

static struct nx_view *taken(const struct nx_view *prev)
{
    struct nx_view *v = NULL;
    struct nx_err err;
    assert_int_equal(nx_view_take(&small_store, 1, NULL, prev, 0, &v, &err), 0);
    return v;
}

static void orders(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}, {ID_B, 30, NULL, NULL}, {ID_C, 20, NULL, NULL}};
    struct small_run b[] = {{ID_D, 25, NULL, NULL}};
    small_list("_sb", b, 1);
    small_list("_sa", a, 3);
    struct nx_view *v = taken(NULL);
    assert_null(v->problem);
    assert_int_equal(v->n, 2);
    assert_string_equal(v->v[0]->name, "_sa");
    assert_string_equal(v->v[0]->path, "/a");
    assert_string_equal(v->v[1]->path, "/b");
    assert_string_equal(v->v[0]->v[0]->id, ID_B);
    assert_string_equal(v->v[0]->v[1]->id, ID_C);
    assert_string_equal(v->v[0]->v[2]->id, ID_A);
    assert_string_equal(v->v[0]->list[0].id, ID_A);
    assert_int_equal(v->runs, 4);
    const char *starts[] = {ID_B, ID_D, ID_C, ID_A}, *ids[] = {ID_A, ID_B, ID_C, ID_D};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(v->by_start[i].run->id, starts[i]);
        assert_string_equal(v->by_id[i].run->id, ids[i]);
    }
    assert_string_equal(v->latest.run->id, ID_B);
    assert_ptr_equal(nx_view_workspace(v, "default", "_sb"), v->v[1]);
    assert_null(nx_view_workspace(v, "default", "_s"));
    nx_view_unref(v);
}

/* Of runs that started at once nextest takes the last in the file for the latest. */
static void latest_of_equal_starts(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_C, 10, NULL, NULL}, {ID_D, 10, NULL, NULL}, {ID_A, 10, NULL, NULL}};
    small_list("_sa", a, 3);
    struct nx_view *v = taken(NULL);
    assert_string_equal(v->v[0]->latest->id, ID_A);
    assert_string_equal(v->latest.run->id, ID_A);
    assert_string_equal(v->v[0]->v[0]->id, ID_D);
    nx_view_unref(v);
}

static void shares_what_did_not_change(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}, {ID_B, 20, NULL, NULL}}, b[] = {{ID_D, 25, NULL, NULL}};
    small_list("_sa", a, 1);
    small_list("_sb", b, 1);
    struct nx_view *one = taken(NULL), *two = taken(one);
    assert_ptr_equal(one->v[0], two->v[0]);
    assert_true(nx_view_same(one, two));
    small_list("_sa", a, 2);
    struct nx_view *three = taken(two);
    assert_ptr_not_equal(two->v[0], three->v[0]);
    assert_ptr_equal(two->v[1], three->v[1]);
    assert_false(nx_view_same(two, three));
    assert_int_equal(three->v[0]->n, 2);
    /* What an old view shows stays until its last reader is gone. */
    nx_view_ref(one);
    nx_view_unref(one);
    nx_view_unref(two);
    assert_int_equal(one->v[0]->n, 1);
    assert_string_equal(one->v[0]->v[0]->id, ID_A);
    nx_view_unref(one);
    nx_view_unref(three);
}

static void keeps_the_last_good_list(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}};
    small_list("_sa", a, 1);
    struct nx_view *one = taken(NULL);
    small_put("_sa", "runs.json.zst", "garbage", 7);
    struct nx_view *two = taken(one);
    assert_int_equal(two->v[0]->n, 1);
    assert_string_equal(two->v[0]->v[0]->id, ID_A);
    assert_non_null(two->v[0]->problem);
    assert_int_equal(two->v[0]->err->code, NX_EFORMAT);
    assert_non_null(strstr(two->v[0]->problem, "runs.json.zst"));
    assert_false(nx_view_same(one, two));
    nx_view_unref(one);
    /* Still bad: the runs outlive the view that read them. */
    struct nx_view *three = taken(two);
    nx_view_unref(two);
    assert_int_equal(three->v[0]->n, 1);
    small_list("_sa", a, 1);
    struct nx_view *four = taken(three);
    assert_null(four->v[0]->problem);
    nx_view_unref(three);
    nx_view_unref(four);
    /* Without a view before it there is nothing to show. */
    small_put("_sa", "runs.json.zst", "garbage", 7);
    struct nx_view *five = taken(NULL);
    assert_int_equal(five->v[0]->n, 0);
    assert_non_null(five->v[0]->problem);
    nx_view_unref(five);
}

static void a_store_that_is_not_there(void **state)
{
    (void)state;
    struct nx_view *v = NULL;
    struct nx_err err;
    const struct nx_store nowhere = {.name = "default", .dir = "/nonexistent/state"};
    assert_int_equal(nx_view_take(&nowhere, 1, NULL, NULL, 0, &v, &err), 0);
    assert_int_equal(v->n, 0);
    assert_int_equal(v->runs, 0);
    assert_null(v->latest.run);
    assert_int_equal(v->err->code, NX_ENOSTORE);
    assert_non_null(strstr(v->problem, "/nonexistent/state"));
    nx_view_unref(v);
    nx_view_unref(NULL);
}

static void prefixes(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}, {ID_B, 20, NULL, NULL}, {ID_C, 30, NULL, NULL}};
    struct small_run b[] = {{ID_D, 25, NULL, NULL}, {ID_C, 1, NULL, NULL}};
    small_list("_sa", a, 3);
    small_list("_sb", b, 2);
    struct nx_view *v = taken(NULL);
    const struct nx_workspace *wa = v->v[0], *wb = v->v[1];
    assert_int_equal(nx_view_prefix_len(v, NULL, &wa->list[0]), 36);
    assert_int_equal(nx_view_prefix_len(v, wa, &wa->list[2]), 2);
    assert_int_equal(nx_view_prefix_len(v, wb, &wb->list[1]), 1);
    assert_int_equal(nx_view_prefix_len(v, NULL, &wb->list[0]), 1);
    /* In both workspaces: no prefix tells them apart. */
    assert_int_equal(nx_view_prefix_len(v, NULL, &wb->list[1]), 36);
    nx_view_unref(v);
}

static void names_by_hand(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}};
    small_list("by hand", a, 1);
    struct nx_view *v = taken(NULL);
    assert_int_equal(v->n, 1);
    assert_string_equal(v->v[0]->name, "by hand");
    assert_int_equal(v->v[0]->n, 1);
    nx_view_unref(v);
}

static struct nx_view *both(const struct nx_view *prev, const bool *dirty)
{
    struct nx_view *v = NULL;
    struct nx_err err;
    assert_int_equal(nx_view_take(small_stores, 2, dirty, prev, 0, &v, &err), 0);
    return v;
}

/* The same workspace, and the same run, in two stores. */
static void two_stores(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}, {ID_B, 20, NULL, NULL}}, b[] = {{ID_A, 10, NULL, NULL}};
    size_t first;
    small_list("_sa", a, 2);
    small_list("_sz", a, 1);
    small_into = small_dir_b;
    small_list("_sa", b, 1);
    struct nx_view *v = both(NULL, NULL);
    assert_int_equal(v->n, 3);
    assert_int_equal(nx_view_named(v, "_sa", &first), 2);
    assert_int_equal(first, 0);
    assert_int_equal(nx_view_named(v, "_sb", &first), 0);
    assert_string_equal(v->v[0]->store->name, "a");
    assert_string_equal(v->v[1]->store->name, "b");
    assert_int_equal(v->v[0]->n, 2);
    assert_int_equal(v->v[1]->n, 1);
    assert_ptr_equal(nx_view_workspace(v, "b", "_sa"), v->v[1]);
    assert_null(nx_view_workspace(v, "b", "_sz"));
    assert_int_equal(v->runs, 4);
    assert_ptr_equal(v->by_id[0].ws, v->v[0]);
    assert_ptr_equal(v->by_id[1].ws, v->v[1]);
    assert_int_equal(nx_view_prefix_len(v, NULL, v->v[1]->v[0]), 36);
    assert_int_equal(nx_view_prefix_len(v, v->v[1], v->v[1]->v[0]), 1);
    char *dir = nx_run_dir(v->v[1], v->v[1]->v[0]), *log = nx_run_log(v->v[1], v->v[1]->v[0]);
    assert_string_equal(dir, small_path("_sa", ID_A));
    assert_memory_equal(log, dir, strlen(dir));
    assert_string_equal(log + strlen(dir), "/run.log.zst");
    free(dir);
    free(log);
    nx_view_unref(v);
}

/* A store that goes takes its own runs along, and only it is looked at again when it comes back. */
static void one_of_two_is_not_there(void **state)
{
    (void)state;
    const bool only_a[] = {true, false}, only_b[] = {false, true};
    struct small_run a[] = {{ID_A, 10, NULL, NULL}, {ID_B, 20, NULL, NULL}};
    small_list("_sa", a, 1);
    struct nx_view *one = both(NULL, NULL);
    assert_int_equal(one->runs, 1);
    assert_null(one->stores[0].problem);
    assert_int_equal(one->stores[1].err->code, NX_ENOSTORE);
    assert_ptr_equal(one->err, one->stores[1].err);
    small_into = small_dir_b;
    small_list("_sa", a, 2);
    struct nx_view *two = both(one, only_a);
    assert_true(nx_view_same(one, two));
    assert_int_equal(two->stores[1].err->code, NX_ENOSTORE);
    struct nx_view *three = both(two, only_b);
    assert_int_equal(three->runs, 3);
    assert_null(three->err);
    assert_ptr_equal(three->v[0], two->v[0]);
    assert_false(nx_view_same(two, three));
    nx_view_unref(one);
    nx_view_unref(two);
    char away[320];
    snprintf(away, sizeof away, "%s.away", small_dir_b);
    assert_int_equal(rename(small_dir_b, away), 0);
    struct nx_view *four = both(three, only_b);
    assert_int_equal(four->runs, 1);
    assert_non_null(strstr(four->stores[1].problem, small_dir_b));
    nx_view_unref(three);
    nx_view_unref(four);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, small_setup, small_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(orders),
        TEST(latest_of_equal_starts),
        TEST(shares_what_did_not_change),
        TEST(keeps_the_last_good_list),
        TEST(a_store_that_is_not_there),
        TEST(prefixes),
        TEST(names_by_hand),
        TEST(two_stores),
        TEST(one_of_two_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
