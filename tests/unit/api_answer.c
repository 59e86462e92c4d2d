/* Answers: their members, their order, and pages that hold while runs come and go. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/answer.h"
#include "api/questions.h"
#include "json/doc.h"
#include "small_store.h"

static struct nx_err err;

static struct nx_view *taken(void)
{
    struct nx_view *v = NULL;
    assert_int_equal(nx_view_take(&small_store, 1, NULL, NULL, 0, &v, &err), 0);
    return v;
}

/* The runs' ids of one page, 4 characters each, then the cursor in `next` ("" for null). */
static const char *page(const struct nx_view *v, const char *ws, size_t limit, const char *after, char *next)
{
    static char ids[200];
    struct nx_strbuf out;
    cJSON *doc = NULL;
    nx_strbuf_init(&out, 0);
    ids[0] = '\0';
    assert_int_equal(nx_answer_runs(v, (struct nx_scope){ws, NULL}, limit, after, &out, &err), 0);
    assert_int_equal(out.p[out.n - 1], '\n');
    assert_int_equal(nx_doc_parse(out.p, out.n, "answer", &doc, &err), 0);
    const cJSON *run = NULL;
    cJSON_ArrayForEach(run, nx_doc_get(doc, "runs")) {
        snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%.4s ", nx_doc_get(run, "id")->valuestring);
    }
    const cJSON *cursor = nx_doc_get(doc, "next");
    snprintf(next, 100, "%s", cJSON_IsString(cursor) ? cursor->valuestring : "");
    cJSON_Delete(doc);
    nx_strbuf_fini(&out);
    return ids;
}

static void pages(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}, {ID_C, 30, NULL, NULL}, {ID_D, 20, NULL, NULL}};
    /* The same run at the same moment in two workspaces. */
    struct small_run b[] = {{ID_D, 20, NULL, NULL}, {ID_A, 5, NULL, NULL}};
    char next[100], one[100];
    small_list("_sa", a, 3);
    small_list("_sb", b, 2);
    struct nx_view *v = taken();
    assert_string_equal(page(v, NULL, 0, NULL, next), "abbb cccc cccc aaaa aaaa ");
    assert_string_equal(next, "");
    assert_string_equal(page(v, NULL, 5, NULL, next), "abbb cccc cccc aaaa aaaa ");
    assert_string_equal(next, "");
    assert_string_equal(page(v, NULL, 2, NULL, next), "abbb cccc ");
    assert_string_equal(page(v, NULL, 2, next, one), "cccc aaaa ");
    assert_string_equal(page(v, NULL, 2, one, next), "aaaa ");
    assert_string_equal(next, "");
    assert_string_equal(page(v, "_sa", 2, NULL, next), "abbb cccc ");
    assert_string_equal(page(v, "_sa", 2, next, one), "aaaa ");
    assert_string_equal(page(v, "_sb", 1, NULL, next), "cccc ");
    /* A cursor whose run was pruned goes on where it was. */
    assert_string_equal(page(v, NULL, 1, NULL, next), "abbb ");
    nx_view_unref(v);
    a[1] = (struct small_run){ID_B, 40, NULL, NULL};
    small_list("_sa", a, 3);
    v = taken();
    assert_string_equal(page(v, NULL, 0, NULL, one), "aaaa cccc cccc aaaa aaaa ");
    assert_string_equal(page(v, NULL, 0, next, one), "cccc cccc aaaa aaaa ");
    nx_view_unref(v);
}

static void bad_cursors(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "x",
        "1",
        "1.2",
        "1.2.3",
        "1.2." ID_A,
        "1.2." ID_A ".",
        "1.2." ID_A ".0",
        "1.2." ID_A ".1x",
        "1.2000000000." ID_A ".1",
        "9223372036854775808.1." ID_A ".1",
        "1.1." ID_A "0.1",
        "+1.1." ID_A ".1",
        "1.1.AAAAAAAA-0000-4000-8000-000000000001.1",
        "1.1." ID_A ".99999999999999999999",
        "--1.1." ID_A ".1",
    };
    struct nx_strbuf out;
    struct nx_view *v = taken();
    nx_strbuf_init(&out, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(nx_answer_runs(v, (struct nx_scope){NULL, NULL}, 1, bad[i], &out, &err), -NX_EUSAGE);
        assert_int_equal(out.n, 0);
    }
    assert_int_equal(nx_answer_runs(v, (struct nx_scope){NULL, NULL}, 1, "-5.1." ID_A ".1", &out, &err), 0);
    assert_int_equal(nx_answer_runs(v, (struct nx_scope){"_sno", NULL}, 1, NULL, &out, &err), -NX_ENOTFOUND);
    nx_strbuf_fini(&out);
    nx_view_unref(v);
}

static void a_run(void **state)
{
    (void)state;
    struct small_run a[] = {
        {ID_A, 10, NULL, NULL},
        {ID_B, 20, ID_A, "{\"status\":\"incomplete\"}"},
        {ID_C, 30, ID_A,
         "{\"status\":\"stress-cancelled\",\"initial-iteration-count\":null,\"success-count\":1,\"failed-"
         "count\":2,"
         "\"exit-code\":-1}"},
    };
    struct nx_strbuf out;
    small_list("_sa", a, 3);
    struct nx_view *v = taken();
    nx_strbuf_init(&out, 0);
    assert_int_equal(nx_answer_run(v, (struct nx_pick){v->v[0], &v->v[0]->list[0]}, &out, &err), 0);
    assert_string_equal(
        out.p,
        "{\"id\":\"" ID_A "\",\"prefix\":\"" ID_A
        "\",\"workspace\":{\"store\":\"default\",\"name\":\"_sa\",\"path\":\"/a\"},\"latest\":false,"
        "\"nextest_version\":\"0.9.143\",\"store_format\":\"2.1\",\"started_at\":\"2026-11-24T09:00:10."
        "500Z\","
        "\"last_written_at\":\"2026-11-24T11:00:00+01:00\",\"duration_secs\":0.25,\"status\":\"completed\","
        "\"status_text\":\"completed\",\"counts\":{\"unit\":\"tests\",\"initial\":5,\"passed\":2,\"failed\":"
        "1,"
        "\"not_run\":2},\"exit_code\":100,\"cli_args\":[\"cargo\",\"nextest\"],\"parent_run_id\":null,"
        "\"sizes\":{\"log\":{\"compressed\":1,\"uncompressed\":2,\"entries\":3},\"store\":{\"compressed\":4,"
        "\"uncompressed\":5,\"entries\":6}},\"files\":{\"log\":false,\"store\":false},"
        "\"on_disk\":true,\"kept\":false,\"problem\":\"run.log.zst is missing\",\"build_scope_args\":[],"
        "\"env\":[{\"name\":\"A\",\"value\":\"\"},{\"name\":\"B\",\"value\":\"2\"}],"
        "\"children\":[\"" ID_C "\",\"" ID_B "\"]}\n");
    nx_strbuf_clear(&out);
    assert_int_equal(nx_answer_run(v, (struct nx_pick){v->v[0], &v->v[0]->list[1]}, &out, &err), 0);
    assert_non_null(strstr(out.p, "\"status\":\"incomplete\",\"status_text\":\"incomplete\",\"counts\":null,"
                                  "\"exit_code\":null"));
    assert_non_null(strstr(out.p, "\"parent_run_id\":\"" ID_A "\""));
    nx_strbuf_clear(&out);
    assert_int_equal(nx_answer_run(v, (struct nx_pick){v->v[0], &v->v[0]->list[2]}, &out, &err), 0);
    assert_non_null(strstr(out.p, "\"latest\":true"));
    assert_non_null(strstr(out.p,
                           "\"counts\":{\"unit\":\"iterations\",\"initial\":null,\"passed\":1,\"failed\":2,"
                           "\"not_run\":null},\"exit_code\":-1"));
    nx_strbuf_fini(&out);
    nx_view_unref(v);
}

static void workspaces(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}};
    struct nx_strbuf out;
    /* By path, not by name: `_` comes before `b` in neither. */
    small_list("_sa__z", a, 1);
    small_list("_sa_b", NULL, 0);
    small_put("_sbad", "runs.json.zst", "x", 1);
    struct nx_view *v = taken();
    nx_strbuf_init(&out, 0);
    assert_int_equal(nx_answer_workspaces(v, &out, &err), 0);
    assert_non_null(
        strstr(out.p, "{\"workspaces\":[{\"store\":\"default\",\"name\":\"_sa_b\",\"path\":\"/a\\\\\",\"runs\":0,\"latest\":null,"
                      "\"problem\":null},{\"store\":\"default\",\"name\":\"_sa__z\",\"path\":\"/a_z\",\"runs\":1,\"latest\":\"" ID_A
                      "\",\"problem\":null},{\"store\":\"default\",\"name\":\"_sbad\",\"path\":\"/bad\",\"runs\":0,\"latest\":null,"
                      "\"problem\":{\"code\":\"bad-format\""));
    nx_strbuf_fini(&out);
    nx_view_unref(v);
}

static void problems(void **state)
{
    (void)state;
    struct nx_strbuf out;
    struct nx_view *v = NULL;
    const struct nx_store nowhere = {.name = "default", .dir = "/nonexistent/x"};
    assert_int_equal(nx_view_take(&nowhere, 1, NULL, NULL, 0, &v, &err), 0);
    nx_strbuf_init(&out, 0);
    assert_int_equal(nx_answer_runs(v, (struct nx_scope){NULL, NULL}, 0, NULL, &out, &err), 0);
    assert_non_null(strstr(out.p, "{\"runs\":[],\"next\":null,\"problems\":[{\"store\":\"default\",\"workspace\":null,\"error\":"
                                  "{\"code\":\"no-store\""));
    nx_strbuf_fini(&out);
    nx_view_unref(v);
}

static void errors(void **state)
{
    (void)state;
    struct nx_strbuf out;
    struct nx_err e;
    nx_strbuf_init(&out, 0);
    nx_fail(&e, NX_EFORMAT, "/x\x1b", "bad \"thing\"");
    nx_err_at(&e, 3, 12);
    nx_err_hint(&e, "do it again");
    nx_answer_error(&e, &out);
    assert_string_equal(
        out.p,
        "{\"error\":{\"code\":\"bad-format\",\"message\":\"bad \\\"thing\\\"\",\"hint\":\"do it again\","
        "\"object\":\"/x\\u001b\",\"line\":3,\"offset\":12}}\n");
    nx_strbuf_clear(&out);
    nx_fail(&e, NX_EBUSY, NULL, "later");
    nx_answer_error(&e, &out);
    assert_string_equal(out.p,
                        "{\"error\":{\"code\":\"busy\",\"message\":\"later\",\"hint\":null,\"object\":null,"
                        "\"line\":null,\"offset\":null}}\n");
    nx_strbuf_fini(&out);
}

static void questions(void **state)
{
    (void)state;
    for (int q = 0; q < NX_Q_COUNT; q++) {
        assert_true(nx_question_word((enum nx_question)q)[0] != '\0');
        assert_true(nx_question_help((enum nx_question)q)[0] != '\0');
    }
    assert_string_equal(nx_question_command(NX_Q_TRACE), "export");
    size_t n = 0;
    const struct nx_param *p;
    while ((p = nx_question_param(n)) != NULL) {
        if (p->where == NX_IN_PATH && strstr(nx_question_route(p->question), "{")) {
            assert_non_null(strstr(nx_question_route(p->question), p->name));
        }
        n++;
    }
    assert_true(n > 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, small_setup, small_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pages),    TEST(bad_cursors), TEST(a_run),     TEST(workspaces),
        TEST(problems), TEST(errors),      TEST(questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
