/* Selectors: which run is meant, and what is said where none or several are. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/select.h"
#include "api/words.h"
#include "small_store.h"

static struct nx_view *view;
static struct nx_err err;

static int setup(void **state)
{
    struct small_run a[] = {{ID_A, 10, NULL, NULL}, {ID_B, 30, NULL, NULL}, {ID_C, 20, NULL, NULL}};
    struct small_run b[] = {{ID_D, 25, NULL, NULL}, {ID_A, 10, NULL, NULL}};
    if (small_setup(state) < 0) {
        return -1;
    }
    small_list("_sa", a, 3);
    small_list("_sa_sb__c", b, 2);
    small_list("_sempty", NULL, 0);
    return nx_view_take(&small_store, 1, NULL, NULL, 0, &view, &err);
}

static int teardown(void **state)
{
    nx_view_unref(view);
    return small_teardown(state);
}

static const char *picked(const char *workspace, const char *selector)
{
    struct nx_pick p = {NULL, NULL};
    int rc = nx_select(view, (struct nx_scope){workspace, NULL}, nx_slice_of(selector), &p, &err);
    return rc < 0 ? nx_code_text((enum nx_code)(-rc)) : p.run->id;
}

static void paths(void **state)
{
    (void)state;
    static const char *const yes[] = {"a.zip", "a.ZIP",      "/x",      "./abc",
                                      "abc/",  "latest.zip", "a.b.zip", "/proc/self/fd/11"};
    static const char *const no[] = {"latest", "abc",  "",       "zip", ".zip",
                                     "a.zip.", "a.zi", "a.zipp", "-",   "a\\b"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_true(nx_selector_is_path(yes[i]));
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_false(nx_selector_is_path(no[i]));
    }
}

static void finds(void **state)
{
    (void)state;
    assert_string_equal(picked(NULL, "latest"), ID_B);
    assert_string_equal(picked("_sa_sb__c", "latest"), ID_D);
    assert_string_equal(picked(NULL, "c"), ID_D);
    assert_string_equal(picked(NULL, "AB"), ID_C);
    assert_string_equal(picked(NULL, "abbb-bbbb0"), ID_C);
    assert_string_equal(picked("_sa", ID_A), ID_A);
    assert_string_equal(picked("_sa_sb__c", "a"), ID_A);
    assert_string_equal(picked("_sa", "aaaaaaaa000040008000000000000002"), ID_B);
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "xyz", "Latest", " a", "a ", "a\n", "\xff"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_string_equal(picked(NULL, bad[i]), "invalid-selector");
    }
    assert_string_equal(picked(NULL, "d"), "not-found");
    assert_string_equal(picked(NULL, ID_D "0"), "not-found");
    assert_string_equal(picked("_sa", "c"), "not-found");
    assert_non_null(strstr(err.hint, ID_D));
    assert_non_null(strstr(err.hint, "/a/b_c"));
    assert_string_equal(picked("_snone", "latest"), "not-found");
    assert_string_equal(picked("_sempty", "latest"), "no-runs");
    assert_string_equal(err.why, "no recorded runs exist");
    assert_non_null(strstr(err.hint, "other workspaces"));
}

static void ambiguous(void **state)
{
    (void)state;
    assert_string_equal(picked("_sa", "aaaa"), "ambiguous");
    assert_string_equal(err.why, "prefix `aaaa` is ambiguous, matches 2 runs:\n"
                                 "  " ID_B "  2026-11-24 09:00:30  2 passed / 1 failed / 2 not run\n"
                                 "  " ID_A "  2026-11-24 09:00:10  2 passed / 1 failed / 2 not run");
    /* The same run twice: told by their workspaces. */
    assert_string_equal(picked(NULL, ID_A), "ambiguous");
    assert_non_null(strstr(err.why, "not run  /a\n"));
    assert_non_null(strstr(err.why, "not run  /a/b_c"));
    assert_string_equal(picked(NULL, "-"), "ambiguous");
    assert_non_null(strstr(err.why, "matches 5 runs"));
}

/* However many there are, and however long the selector: whole lines, and how many were left out. */
static void many_candidates(void **state)
{
    (void)state;
    enum { N = 60 };
    static char ids[N][37];
    struct small_run runs[N];
    char selector[2000];
    struct nx_view *v = NULL;
    struct nx_pick p;
    for (int i = 0; i < N; i++) {
        snprintf(ids[i], sizeof(ids[i]), "eeeeeeee-0000-4000-8000-%012d", i);
        runs[i] = (struct small_run){ids[i], i, NULL, NULL};
    }
    small_list("_smany", runs, N);
    assert_int_equal(nx_view_take(&small_store, 1, NULL, NULL, 0, &v, &err), 0);
    assert_int_equal(nx_select(v, (struct nx_scope){NULL, NULL}, nx_slice_of("e"), &p, &err), -NX_EAMBIGUOUS);
    size_t lines = 0;
    for (const char *s = err.why; (s = strchr(s, '\n')) != NULL; s++) {
        lines++;
    }
    assert_int_equal(lines, 9);
    assert_non_null(strstr(err.why, "\n  ... and 52 more runs"));
    memset(selector, '-', sizeof(selector) - 1);
    selector[sizeof(selector) - 1] = '\0';
    assert_int_equal(nx_select(v, (struct nx_scope){NULL, NULL}, nx_slice_of(selector), &p, &err), -NX_EAMBIGUOUS);
    nx_view_unref(v);
}

static void an_unreadable_list_is_the_reason(void **state)
{
    (void)state;
    struct nx_view *v = NULL;
    struct nx_pick p;
    small_put("_sbad", "runs.json.zst", "x", 1);
    assert_int_equal(nx_view_take(&small_store, 1, NULL, NULL, 0, &v, &err), 0);
    assert_int_equal(nx_select(v, (struct nx_scope){"_sbad", NULL}, nx_slice_of("latest"), &p, &err), -NX_EFORMAT);
    assert_int_equal(nx_select(v, (struct nx_scope){NULL, NULL}, nx_slice_of("dddd"), &p, &err), -NX_EFORMAT);
    assert_int_equal(nx_select(v, (struct nx_scope){"_sa", NULL}, nx_slice_of("dddd"), &p, &err), -NX_ENOTFOUND);
    assert_int_equal(nx_select(v, (struct nx_scope){NULL, NULL}, nx_slice_of("c"), &p, &err), 0);
    nx_view_unref(v);
}

static const char *workspace_of(const char *dir)
{
    size_t first;
    return nx_workspaces_of_dir(view, dir, &first) > 0 ? view->v[first]->name : "none";
}

static void workspaces_of_directories(void **state)
{
    (void)state;
    assert_string_equal(workspace_of("/a"), "_sa");
    assert_string_equal(workspace_of("/a/"), "_sa");
    assert_string_equal(workspace_of("/a/x/y"), "_sa");
    assert_string_equal(workspace_of("/a/b_c"), "_sa_sb__c");
    assert_string_equal(workspace_of("/a/b_c/d"), "_sa_sb__c");
    assert_string_equal(workspace_of("/a/b_cd"), "_sa");
    assert_string_equal(workspace_of("/ab"), "none");
    assert_string_equal(workspace_of("/"), "none");
    assert_string_equal(workspace_of(""), "none");
    assert_string_equal(workspace_of("a"), "none");
}

static void quoting(void **state)
{
    (void)state;
    char buf[24];
    assert_string_equal(nx_words_quote(NX_LIT("a\x1bz"), buf, sizeof(buf)), "a\\x1bz");
    assert_string_equal(nx_words_quote(NX_LIT("0123456789012345678901234567890"), buf, sizeof(buf)),
                        "0123456789012345...");
    assert_string_equal(nx_words_quote(NX_LIT(""), buf, sizeof(buf)), "");
    nx_words_quote(NX_LIT("ééééééééééééééééééééé"), buf, sizeof(buf));
    assert_true(strlen(buf) < sizeof(buf));
    assert_string_equal(buf + strlen(buf) - 3, "...");
}

static void offsets(void **state)
{
    (void)state;
    char buf[NX_WORDS_TIME];
    struct nx_instant t = {0, 0, 20700};
    assert_string_equal(nx_words_offset(t, buf), "+05:45");
    assert_string_equal(nx_words_time(t, buf), "1970-01-01 05:45:00");
    t.offset = -1800;
    assert_string_equal(nx_words_offset(t, buf), "-00:30");
    assert_string_equal(nx_words_time(t, buf), "1969-12-31 23:30:00");
    t.nsec = 1;
    t.offset = 0;
    assert_string_equal(nx_words_time(t, buf), "1970-01-01 00:00:00");
}

/* --- several stores --- */

/* `store:run id`, or the error's code. */
static const char *picked_of(const struct nx_view *v, struct nx_scope scope, const char *selector)
{
    static char text[128];
    struct nx_pick p = {NULL, NULL};
    int rc = nx_select(v, scope, nx_slice_of(selector), &p, &err);
    snprintf(text, sizeof(text), "%s:%s", rc < 0 ? "" : p.ws->store->name, rc < 0 ? "" : p.run->id);
    return rc < 0 ? nx_code_text((enum nx_code)(-rc)) : text;
}

static struct nx_view *two_stores(const struct nx_store *stores)
{
    struct nx_view *v = NULL;
    struct small_run b[] = {{ID_A, 10, NULL, NULL}, {ID_D, 40, NULL, NULL}}, only[] = {{ID_C, 5, NULL, NULL}};
    small_into = small_dir_b;
    small_list("_sa", b, 2);
    small_list("_sonly", only, 1);
    small_list("a:b", only, 1);
    small_into = small_dir;
    assert_int_equal(nx_view_take(stores, 2, NULL, NULL, 0, &v, &err), 0);
    return v;
}

static void scopes(void **state)
{
    (void)state;
    struct nx_view *v = two_stores(small_stores);
    const struct nx_scope all = {NULL, NULL};
    assert_string_equal(picked_of(v, all, "latest"), "b:" ID_D);
    assert_string_equal(picked_of(v, (struct nx_scope){NULL, "a"}, "latest"), "a:" ID_B);
    assert_string_equal(picked_of(v, (struct nx_scope){"a:_sa", NULL}, "latest"), "a:" ID_B);
    assert_string_equal(picked_of(v, (struct nx_scope){"b:_sa", NULL}, ID_A), "b:" ID_A);
    assert_string_equal(picked_of(v, (struct nx_scope){"b:_sa", NULL}, "aaaa"), "b:" ID_A);
    /* A name that only one store has needs no more. */
    assert_string_equal(picked_of(v, (struct nx_scope){"_sonly", NULL}, "latest"), "b:" ID_C);
    assert_string_equal(picked_of(v, (struct nx_scope){"_sa", "b"}, "latest"), "b:" ID_D);
    assert_string_equal(picked_of(v, (struct nx_scope){"b:_sa", "b"}, "latest"), "b:" ID_D);
    assert_string_equal(picked_of(v, (struct nx_scope){"b:_sa", "a"}, "latest"), "not-found");
    /* A folder by hand. */
    assert_string_equal(picked_of(v, (struct nx_scope){"a:b", NULL}, "latest"), "b:" ID_C);
    assert_string_equal(picked_of(v, (struct nx_scope){"b:a:b", NULL}, "latest"), "b:" ID_C);
    assert_string_equal(picked_of(v, (struct nx_scope){"c:_sa", NULL}, "latest"), "not-found");
    assert_string_equal(picked_of(v, (struct nx_scope){NULL, "c"}, "latest"), "not-found");
    assert_non_null(strstr(err.why, "no store `c`"));
    assert_non_null(strstr(err.hint, "a, b"));
    nx_view_unref(v);
}

static void ambiguous_over_stores(void **state)
{
    (void)state;
    struct nx_view *v = two_stores(small_stores);
    assert_string_equal(picked_of(v, (struct nx_scope){"_sa", NULL}, "latest"), "ambiguous");
    assert_non_null(strstr(err.why, "2 stores have a workspace `_sa`:\n  a:_sa\n  b:_sa"));
    assert_non_null(strstr(err.hint, "STORE:NAME"));
    assert_string_equal(picked_of(v, (struct nx_scope){NULL, NULL}, ID_A), "ambiguous");
    assert_non_null(strstr(err.why, "  a:_sa\n"));
    assert_non_null(strstr(err.why, "  b:_sa"));
    assert_string_equal(err.hint, "choose a workspace, as STORE:NAME");
    size_t first = 9;
    assert_int_equal(nx_workspaces_of_dir(v, "/a/x", &first), 2);
    assert_string_equal(v->v[first]->store->name, "a");
    nx_view_unref(v);
}

/* The other goes on; that a run may be in the one that is away is a hint. */
static void one_store_is_away(void **state)
{
    (void)state;
    static const struct nx_store half[] = {{.name = "a", .dir = small_dir}, {.name = "z", .dir = "/nonexistent/z"}};
    struct nx_view *v = two_stores(half);
    assert_string_equal(picked_of(v, (struct nx_scope){NULL, NULL}, "latest"), "a:" ID_B);
    assert_string_equal(picked_of(v, (struct nx_scope){NULL, NULL}, "dddd"), "not-found");
    assert_non_null(strstr(err.hint, "the store `z` could not be read"));
    assert_string_equal(picked_of(v, (struct nx_scope){NULL, "z"}, "latest"), "no-store");
    assert_string_equal(picked_of(v, (struct nx_scope){"z:_sa", NULL}, "latest"), "no-store");
    nx_view_unref(v);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paths),
        TEST(finds),
        TEST(refuses),
        TEST(ambiguous),
        TEST(many_candidates),
        TEST(an_unreadable_list_is_the_reason),
        TEST(workspaces_of_directories),
        TEST(quoting),
        TEST(offsets),
        TEST(scopes),
        TEST(ambiguous_over_stores),
        TEST(one_store_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
