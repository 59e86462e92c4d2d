/* Questions about executions, on real recordings. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/asked.h"
#include "api/output.h"
#include "data_store.h"
#include "json/doc.h"

static struct nx_err err;

struct asked {
    struct nx_view *view;
    struct nx_index *ix;
    struct nx_world w;
    struct nx_strbuf out;
    cJSON *doc;
};

static void open_store(struct asked *a, const char *store)
{
    *a = (struct asked){0};
    assert_int_equal(nx_view_take(data_store(store), 1, NULL, NULL, 100, &a->view, &err), 0);
    assert_int_equal(nx_index_open(NULL, NX_INDEX_WRITE, &a->ix, NULL, &err), 0);
    a->w = (struct nx_world){.view = a->view, .ix = a->ix};
    nx_strbuf_init(&a->out, 0);
    assert_int_equal(nx_world_fill(&a->w, (struct nx_scope){NULL, NULL}, NULL, 0, NULL, NULL, &err), 0);
}

static void close_store(struct asked *a)
{
    cJSON_Delete(a->doc);
    nx_strbuf_fini(&a->out);
    nx_index_close(a->ix);
    nx_view_unref(a->view);
}

/* The answer as a tree; every answer ends in one LF. */
static const cJSON *read_answer(struct asked *a, int rc)
{
    if (rc != 0)
        fail_msg("%s", err.why);
    assert_true(a->out.n > 2 && a->out.p[a->out.n - 1] == '\n');
    cJSON_Delete(a->doc);
    assert_int_equal(nx_doc_parse(a->out.p, a->out.n, "answer", &a->doc, &err), 0);
    nx_strbuf_clear(&a->out);
    return a->doc;
}

static struct nx_found run_of(struct asked *a, const char *selector)
{
    struct nx_found f = {0};
    if (nx_world_run(&a->w, (struct nx_scope){NULL, NULL}, nx_slice_of(selector), &f, &err) != 0)
        fail_msg("%s", err.why);
    return f;
}

static const cJSON *tests_of(struct asked *a, struct nx_found *run, struct nx_tests_query q)
{
    return read_answer(a, nx_answer_tests(&a->w, run, &q, &a->out, &err));
}

static int count(const cJSON *doc, const char *list)
{
    return cJSON_GetArraySize(nx_doc_get(doc, list));
}

static const char *text(const cJSON *obj, const char *key)
{
    const cJSON *v = nx_doc_get(obj, key);
    return cJSON_IsString(v) ? v->valuestring : NULL;
}

static double number(const cJSON *obj, const char *key)
{
    const cJSON *v = nx_doc_get(obj, key);
    assert_true(cJSON_IsNumber(v));
    return v->valuedouble;
}

static const cJSON *item(const cJSON *doc, const char *list, int i)
{
    const cJSON *v = cJSON_GetArrayItem(nx_doc_get(doc, list), i);
    assert_non_null(v);
    return v;
}

static void tests(void **state)
{
    (void)state;
    struct asked a;
    open_store(&a, "retries/state");
    struct nx_found run = run_of(&a, "a0a7f8f3");
    const cJSON *doc = tests_of(&a, &run, (struct nx_tests_query){0});
    assert_int_equal(count(doc, "tests"), 10);
    assert_int_equal(number(nx_doc_get(nx_doc_get(doc, "run"), "counts"), "flaky"), 5);
    assert_true(cJSON_IsNull(nx_doc_get(doc, "next")));
    assert_string_equal(text(item(doc, "tests", 0), "test"), "birch_good_at_4");
    assert_string_equal(text(item(doc, "tests", 0), "outcome"), "fail");
    /* Pages join without gap or overlap. */
    char next[32] = "";
    int seen = 0;
    for (int page = 0; page < 4; page++) {
        doc = tests_of(&a, &run, (struct nx_tests_query){.limit = 3, .after = page ? next : NULL});
        seen += count(doc, "tests");
        const char *n = text(doc, "next");
        assert_true((n == NULL) == (page == 3));
        snprintf(next, sizeof next, "%s", n ? n : "");
    }
    assert_int_equal(seen, 10);
    doc = tests_of(&a, &run, (struct nx_tests_query){.outcome = "failed"});
    assert_int_equal(count(doc, "tests"), 3);
    doc = tests_of(&a, &run, (struct nx_tests_query){.outcome = "flaky"});
    assert_int_equal(count(doc, "tests"), 5);
    doc = tests_of(&a, &run, (struct nx_tests_query){.all_attempts = true});
    assert_int_equal(count(doc, "tests"), 22);
    doc = tests_of(&a, &run, (struct nx_tests_query){.text = "GOOD_AT_3"});
    assert_int_equal(count(doc, "tests"), 1);
    doc = tests_of(&a, &run, (struct nx_tests_query){.order = NX_BY_DURATION});
    for (int i = 1; i < 10; i++)
        assert_true(number(item(doc, "tests", i - 1), "duration_secs") >= number(item(doc, "tests", i), "duration_secs"));
    struct nx_tests_query bad = {.outcome = "splendid"}, cursor = {.after = "x"};
    assert_int_equal(nx_answer_tests(&a.w, &run, &bad, &a.out, &err), -NX_EUSAGE);
    assert_int_equal(nx_answer_tests(&a.w, &run, &cursor, &a.out, &err), -NX_EUSAGE);
    nx_found_fini(&run);
    close_store(&a);
}

static void search(void **state)
{
    (void)state;
    struct asked a;
    open_store(&a, "retries/state");
    const cJSON *doc = read_answer(&a, nx_answer_search(&a.w, "good", 0, NULL, &a.out, &err));
    int all = count(doc, "tests");
    assert_true(all >= 6);
    char next[200];
    snprintf(next, sizeof next, "%s", "");
    int seen = 0;
    do {
        doc = read_answer(&a, nx_answer_search(&a.w, "good", 2, next[0] ? next : NULL, &a.out, &err));
        seen += count(doc, "tests");
        snprintf(next, sizeof next, "%s", text(doc, "next") ? text(doc, "next") : "");
    } while (next[0]);
    assert_int_equal(seen, all);
    static const char *const bad[] = {"", "x", "5", "99:ab", "-1:a", ":"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(nx_answer_search(&a.w, NULL, 2, bad[i], &a.out, &err), -NX_EUSAGE);
    close_store(&a);
}

static void history(void **state)
{
    (void)state;
    struct asked a;
    struct nx_scope all = {NULL, NULL};
    open_store(&a, "retries/state");
    const cJSON *doc = read_answer(&a, nx_answer_history(&a.w, all, NX_LIT("seedlings::flaky"), NX_LIT("sorrel_good_at_3"), 0,
                                                         &a.out, &err));
    const cJSON *sum = nx_doc_get(doc, "summary");
    assert_int_equal(number(sum, "runs"), 4);
    assert_int_equal(number(sum, "flaky"), 4);
    assert_int_equal(number(sum, "passed") + number(sum, "failed"), 4);
    assert_true(number(sum, "p95_secs") >= number(sum, "p50_secs"));
    /* The oldest run passed at its third attempt. */
    const cJSON *oldest = item(doc, "runs", count(doc, "runs") - 1);
    assert_string_equal(text(oldest, "outcome"), "passed");
    assert_int_equal(cJSON_GetArraySize(nx_doc_get(oldest, "attempts")), 3);
    doc = read_answer(&a, nx_answer_history(&a.w, all, NX_LIT("seedlings::flaky"), NX_LIT("never_good"), 2, &a.out, &err));
    assert_int_equal(count(doc, "runs"), 2);
    const cJSON *bad = nx_doc_get(nx_doc_get(doc, "summary"), "first_bad");
    assert_string_equal(text(bad, "run"), text(item(doc, "runs", 1), "run"));
    assert_int_equal(nx_answer_history(&a.w, all, NX_LIT("no"), NX_LIT("such"), 0, &a.out, &err), -NX_ENOTFOUND);
    struct nx_scope nowhere = {"_no", NULL};
    assert_int_equal(nx_answer_history(&a.w, nowhere, NX_LIT("seedlings::flaky"), NX_LIT("never_good"), 0, &a.out, &err),
                     -NX_ENOTFOUND);
    close_store(&a);
}

static void flaky_and_slowest(void **state)
{
    (void)state;
    struct asked a;
    struct nx_scope all = {NULL, NULL};
    open_store(&a, "retries/state");
    const cJSON *doc = read_answer(&a, nx_answer_flaky(&a.w, all, 50, 0, &a.out, &err));
    assert_true(count(doc, "tests") >= 5);
    for (int i = 0; i < count(doc, "tests"); i++)
        assert_string_not_equal(text(item(doc, "tests", i), "test"), "never_good");
    doc = read_answer(&a, nx_answer_slowest(&a.w, all, 50, 2, &a.out, &err));
    assert_int_equal(count(doc, "tests"), 2);
    assert_true(number(item(doc, "tests", 0), "p50_secs") >= number(item(doc, "tests", 1), "p50_secs"));
    assert_true(number(doc, "more") > 0);
    close_store(&a);
}

static void compare(void **state)
{
    (void)state;
    struct asked a;
    open_store(&a, "retries/state");
    struct nx_found base = run_of(&a, "a0a7f8f3"), head = run_of(&a, "911a451e");
    const cJSON *doc = read_answer(&a, nx_answer_compare(&a.w, &base, &head, &a.out, &err));
    assert_int_equal(count(doc, "fixed"), 1);
    assert_string_equal(text(item(doc, "fixed", 0), "test"), "birch_good_at_4");
    assert_int_equal(count(doc, "still_failing"), 2);
    assert_int_equal(count(doc, "newly_failing") + count(doc, "new") + count(doc, "removed"), 0);
    doc = read_answer(&a, nx_answer_compare(&a.w, &head, &base, &a.out, &err));
    assert_int_equal(count(doc, "newly_failing"), 1);
    doc = read_answer(&a, nx_answer_compare(&a.w, &base, &base, &a.out, &err));
    assert_int_equal(count(doc, "fixed") + count(doc, "slower") + count(doc, "faster"), 0);
    nx_found_fini(&base);
    nx_found_fini(&head);
    close_store(&a);
}

/* Answers depend on what was recorded, not on the order in which it came into the index. */
static void order_of_reading_does_not_matter(void **state)
{
    (void)state;
    struct asked a, b;
    struct nx_scope all = {NULL, NULL};
    open_store(&a, "retries/state");
    b = (struct asked){.view = nx_view_ref(a.view)};
    assert_int_equal(nx_index_open(NULL, NX_INDEX_WRITE, &b.ix, NULL, &err), 0);
    b.w = (struct nx_world){.view = b.view, .ix = b.ix};
    nx_strbuf_init(&b.out, 0);
    for (size_t i = a.view->runs; i-- > 0;) { /* oldest first */
        const char *one[] = {a.view->by_start[i].run->id, NULL};
        assert_int_equal(nx_world_fill(&b.w, all, one, 0, NULL, NULL, &err), 0);
    }
    int (*const rankings[])(const struct nx_world *, struct nx_scope, size_t, size_t, struct nx_strbuf *, struct nx_err *) = {
        nx_answer_flaky, nx_answer_slowest};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rankings[i](&a.w, all, 50, 0, &a.out, &err), 0);
        assert_int_equal(rankings[i](&b.w, all, 50, 0, &b.out, &err), 0);
    }
    struct nx_found a1 = run_of(&a, "a0a7f8f3"), a2 = run_of(&a, "d4ea8d2d"), b1 = run_of(&b, "a0a7f8f3"), b2 = run_of(&b, "d4ea8d2d");
    assert_int_equal(nx_answer_compare(&a.w, &a1, &a2, &a.out, &err), 0);
    assert_int_equal(nx_answer_compare(&b.w, &b1, &b2, &b.out, &err), 0);
    assert_string_equal(a.out.p, b.out.p);
    nx_found_fini(&a1);
    nx_found_fini(&a2);
    nx_found_fini(&b1);
    nx_found_fini(&b2);
    close_store(&a);
    close_store(&b);
}

static struct nx_output_found output(struct asked *a, struct nx_found *run, const char *test, uint32_t attempt,
                                     enum nx_stream_choice stream)
{
    struct nx_output_query q = {NX_LIT("seedlings::flaky"), nx_slice_of(test), 0, attempt, stream};
    struct nx_output_found f = {0};
    if (nx_output_get(&a->w, run, &q, &f, &err) != 0)
        fail_msg("%s", err.why);
    return f;
}

static void outputs(void **state)
{
    (void)state;
    struct asked a;
    open_store(&a, "retries/state");
    struct nx_found run = run_of(&a, "a0a7f8f3");
    struct nx_output_found f = output(&a, &run, "sorrel_good_at_3", 0, NX_STDOUT);
    assert_int_equal(f.attempt, 3);
    assert_non_null(strstr(f.p, "attempt 3\n"));
    free(f.p);
    f = output(&a, &run, "sorrel_good_at_3", 1, NX_STDERR);
    assert_non_null(strstr(f.p, "attempt 1 is before 3"));
    assert_null(strstr(f.p, "running 1 test"));
    free(f.p);
    f = output(&a, &run, "sorrel_good_at_3", 2, NX_COMBINED);
    assert_true(strstr(f.p, "running 1 test") && strstr(f.p, "attempt 2 is before 3"));
    free(f.p);
    struct nx_output_query no = {NX_LIT("seedlings::flaky"), NX_LIT("sorrel_good_at_3"), 0, 9, NX_STDOUT};
    assert_int_equal(nx_output_get(&a.w, &run, &no, &f, &err), -NX_ENOTFOUND);
    nx_found_fini(&run);
    close_store(&a);
}

/* A run known to the list only, and one of a format that cannot be read. */
static void not_read(void **state)
{
    (void)state;
    struct asked a = {0};
    struct nx_found f;
    struct nx_scope all = {NULL, NULL};
    assert_int_equal(nx_view_take(data_store("retries/state"), 1, NULL, NULL, 100, &a.view, &err), 0);
    assert_int_equal(nx_index_open(NULL, NX_INDEX_WRITE, &a.ix, NULL, &err), 0);
    a.w = (struct nx_world){.view = a.view, .ix = a.ix};
    nx_strbuf_init(&a.out, 0);
    assert_true(nx_world_run(&a.w, all, NX_LIT("latest"), &f, &err) < 0);
    struct nx_reconcile_opts opts = {.listed_only = true};
    struct nx_reconciled sum;
    assert_int_equal(nx_reconcile(a.ix, a.view, &opts, &sum, &err), 0);
    assert_int_equal(nx_world_run(&a.w, all, NX_LIT("latest"), &f, &err), -NX_EBUSY);
    assert_int_equal(nx_world_run(&a.w, all, NX_LIT("abcdef01"), &f, &err), -NX_ENOTFOUND);
    close_store(&a);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(tests),   cmocka_unit_test(search),
        cmocka_unit_test(history), cmocka_unit_test(flaky_and_slowest),
        cmocka_unit_test(compare), cmocka_unit_test(order_of_reading_does_not_matter),
        cmocka_unit_test(outputs), cmocka_unit_test(not_read),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
