/* Names and values in, documents out. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/ask.h"
#include "api/asked.h"
#include "data_store.h"
#include "json/doc.h"

static struct nx_err err;

struct store {
    struct nx_view *view;
    struct nx_index *ix;
    struct nx_world w;
    struct nx_strbuf out;
    struct nx_said said;
};

static void open_store(struct store *s, const char *path)
{
    *s = (struct store){0};
    assert_int_equal(nx_view_take(data_store(path), 1, NULL, NULL, 100, &s->view, &err), 0);
    assert_int_equal(nx_index_open(NULL, NX_INDEX_WRITE, &s->ix, NULL, &err), 0);
    s->w = (struct nx_world){.view = s->view, .ix = s->ix};
    nx_strbuf_init(&s->out, 0);
}

static void close_store(struct store *s)
{
    nx_strbuf_fini(&s->out);
    nx_index_close(s->ix);
    nx_view_unref(s->view);
}

/* Arguments as "name=value&name=value", split at the signs. */
static struct nx_args args_of(const char *text, bool unbounded)
{
    static char buf[1024];
    static struct nx_arg v[16];
    size_t n = 0;
    snprintf(buf, sizeof buf, "%s", text);
    for (char *p = strtok(buf, "&"); p; p = strtok(NULL, "&")) {
        char *value = strchr(p, '=');
        assert_non_null(value);
        *value = '\0';
        v[n++] = (struct nx_arg){p, value + 1};
    }
    return (struct nx_args){v, n, unbounded};
}

static int ask(struct store *s, enum nx_question q, const char *args)
{
    struct nx_args a = args_of(args, false);
    nx_strbuf_clear(&s->out);
    return nx_ask(&s->w, q, &a, &s->out, &s->said, &err);
}

static void fill(struct store *s)
{
    assert_int_equal(nx_world_fill(&s->w, (struct nx_scope){NULL, NULL}, NULL, 0, NULL, NULL, &err), 0);
}

static void every_question(void **state)
{
    (void)state;
    struct store s;
    open_store(&s, "retries/state");
    fill(&s);
    static const struct {
        enum nx_question q;
        const char *args;
    } good[] = {
        {NX_Q_WORKSPACES, ""},
        {NX_Q_RUNS, "limit=2&status=failed&since=2026-01-01&until=2027-01-01T00:00:00+01:00&profile=default"},
        {NX_Q_RUNS, "test=sorrel_good_at_3"},
        {NX_Q_RUNS, "test=sorrel_good_at_3&since=0001-01-01&until=9999-12-31T23:59:59Z"},
        {NX_Q_RUN, "run=latest"},
        {NX_Q_TESTS, "run=a0a7f8f3&sort=duration&outcome=failed&text=birch&attempts=all&limit=3"},
        {NX_Q_TIMELINE, "run=a0a7f8f3"},
        {NX_Q_OUTPUT, "run=a0a7f8f3&binary=seedlings::flaky&test=sorrel_good_at_3&as=json&stream=stderr&"
                      "attempt=1&stress=0"},
        {NX_Q_SEARCH, "text=good"},
        {NX_Q_HISTORY, "binary=seedlings::flaky&test=sorrel_good_at_3&runs=2"},
        {NX_Q_FLAKY, "runs=10&limit=5"},
        {NX_Q_SLOWEST, ""},
        {NX_Q_COMPARE, "base=a0a7f8f3&head=911a451e"},
        {NX_Q_OPENAPI, ""},
    };
    bool seen[NX_Q_COUNT] = {[NX_Q_TRACE] = true};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cJSON *doc;
        if (ask(&s, good[i].q, good[i].args) != 0)
            fail_msg("%s: %s", nx_question_word(good[i].q), err.why);
        assert_int_equal(s.said.media, NX_MEDIA_JSON);
        assert_int_equal(s.out.p[s.out.n - 1], '\n');
        if (nx_doc_parse(s.out.p, s.out.n, "answer", &doc, &err) != 0)
            fail_msg("%s: %s at %u", nx_question_word(good[i].q), err.why, (unsigned)err.offset);
        cJSON_Delete(doc);
        struct nx_args a = args_of(good[i].args, false);
        assert_int_equal(nx_ask_check(good[i].q, &a, &err), 0);
        seen[good[i].q] = true;
    }
    for (int q = 0; q < NX_Q_COUNT; q++)
        assert_true(seen[q]);
    close_store(&s);
}

static void bad_words(void **state)
{
    (void)state;
    struct store s;
    open_store(&s, "retries/state");
    fill(&s);
    static const struct {
        enum nx_question q;
        const char *args, *say;
    } bad[] = {
        {NX_Q_RUNS, "limit=0", "`limit` cannot be `0`"},
        {NX_Q_RUNS, "limit=1001", "cannot be"},
        {NX_Q_RUNS, "limit=-1", "cannot be"},
        {NX_Q_RUNS, "limit=", "cannot be"},
        {NX_Q_RUNS, "limit=1x", "cannot be"},
        {NX_Q_RUNS, "limit=99999999999999999999", "cannot be"},
        {NX_Q_RUNS, "limit=1&limit=2", "more than once"},
        {NX_Q_RUNS, "color=red", "unknown parameter `color`"},
        {NX_Q_RUNS, "run=latest", "unknown parameter `run`"},
        {NX_Q_RUNS, "status=splendid", "cannot be"},
        {NX_Q_RUNS, "since=yesterday", "cannot be"},
        {NX_Q_RUNS, "until=9999-13-01", "cannot be"},
        {NX_Q_RUNS, "test=", "cannot be"},
        {NX_Q_RUNS, "after=x", "no cursor"},
        {NX_Q_RUN, "", "`run` is missing"},
        {NX_Q_TESTS, "run=latest&sort=size", "cannot be"},
        {NX_Q_TESTS, "run=latest&outcome=splendid", "no such outcome"},
        {NX_Q_TESTS, "run=latest&attempts=some", "cannot be"},
        {NX_Q_OUTPUT, "run=latest&test=x", "`binary` is missing"},
        {NX_Q_OUTPUT, "run=latest&binary=x", "`test` is missing"},
        {NX_Q_OUTPUT, "run=latest&binary=x&test=y&attempt=0", "cannot be"},
        {NX_Q_OUTPUT, "run=latest&binary=x&test=y&as=pdf", "cannot be"},
        {NX_Q_COMPARE, "base=latest", "`head` is missing"},
        {NX_Q_FLAKY, "runs=10001", "cannot be"},
        {NX_Q_OPENAPI, "a=b", "unknown parameter"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ask(&s, bad[i].q, bad[i].args), -NX_EUSAGE);
        if (!strstr(err.why, bad[i].say))
            fail_msg("%s: %s", bad[i].args, err.why);
    }
    struct nx_args many = args_of("limit=5000", true);
    assert_int_equal(nx_ask_check(NX_Q_RUNS, &many, &err), 0);
    close_store(&s);
}

/* What a question needs is what its own filling gives it: then it says what it says of everything. */
static void filled_as_needed(void **state)
{
    (void)state;
    static const struct {
        const char *store;
        enum nx_question q;
        const char *args;
    } asked[] = {
        {"retries/state", NX_Q_TESTS, "run=a0a7f8f3&attempts=all"},
        {"retries/state", NX_Q_OUTPUT, "run=a0a7f8f3&binary=seedlings::flaky&test=sorrel_good_at_3"},
        {"retries/state", NX_Q_SEARCH, "text=good"},
        {"retries/state", NX_Q_HISTORY, "binary=seedlings::flaky&test=sorrel_good_at_3&runs=2"},
        {"retries/state", NX_Q_FLAKY, "runs=2"},
        {"retries/state", NX_Q_SLOWEST, "runs=3"},
        {"retries/state", NX_Q_COMPARE, "base=911a451e&head=a0a7f8f3"},
        {"retries/state", NX_Q_RUNS, "profile=default&limit=2"},
        {"many-runs/before-prune/state", NX_Q_SLOWEST, "runs=7"},
        {"many-runs/before-prune/state", NX_Q_FLAKY, "runs=60"},
        {"many-runs/before-prune/state", NX_Q_COMPARE, "base=deadbeef-0001&head=latest"},
        {"two-projects/state", NX_Q_SLOWEST, "runs=2"},
        {"formats/versions/state", NX_Q_SLOWEST, "runs=3"},
        {"formats/bad-logs/state", NX_Q_SLOWEST, "runs=6"},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct store whole, part;
        open_store(&whole, asked[i].store);
        fill(&whole);
        if (ask(&whole, asked[i].q, asked[i].args) != 0)
            fail_msg("%s: %s", asked[i].args, err.why);
        open_store(&part, asked[i].store);
        struct nx_args a = args_of(asked[i].args, false);
        assert_int_equal(nx_ask_fill(&part.w, asked[i].q, &a, NULL, NULL, &err), 0);
        if (ask(&part, asked[i].q, asked[i].args) != 0)
            fail_msg("%s: %s", asked[i].args, err.why);
        assert_int_equal(part.out.n, whole.out.n);
        assert_memory_equal(part.out.p, whole.out.p, whole.out.n);
        close_store(&part);
        close_store(&whole);
    }
}

static bool less(struct store *s, const char *args)
{
    struct nx_index_stat all, some;
    struct store part;
    open_store(&part, "many-runs/before-prune/state");
    struct nx_args a = args_of(args, false);
    assert_int_equal(nx_ask_fill(&part.w, NX_Q_SLOWEST, &a, NULL, NULL, &err), 0);
    assert_int_equal(nx_index_stat(s->ix, &all, &err), 0);
    assert_int_equal(nx_index_stat(part.ix, &some, &err), 0);
    close_store(&part);
    return some.runs < all.runs;
}

static void no_deeper_than_needed(void **state)
{
    (void)state;
    struct store s;
    open_store(&s, "many-runs/before-prune/state");
    fill(&s);
    assert_true(less(&s, "runs=3"));
    assert_false(less(&s, "runs=1000"));
    close_store(&s);
}

static int count_runs(struct store *s)
{
    cJSON *doc;
    assert_int_equal(nx_doc_parse(s->out.p, s->out.n, "answer", &doc, &err), 0);
    int n = cJSON_GetArraySize(nx_doc_get(doc, "runs"));
    cJSON_Delete(doc);
    return n;
}

/* Walks the pages of a list; returns how many runs they gave. */
static int walk(struct store *s, const char *args, int limit)
{
    char with[256], after[128] = "";
    int seen = 0;
    for (int page = 0; page < 100; page++) {
        cJSON *doc;
        snprintf(with, sizeof with, "%s&limit=%d%s%s", args, limit, after[0] ? "&after=" : "", after);
        if (ask(s, NX_Q_RUNS, with) != 0)
            fail_msg("%s: %s", with, err.why);
        int n = count_runs(s);
        seen += n;
        assert_int_equal(nx_doc_parse(s->out.p, s->out.n, "answer", &doc, &err), 0);
        const cJSON *next = nx_doc_get(doc, "next");
        snprintf(after, sizeof after, "%s", cJSON_IsString(next) ? next->valuestring : "");
        cJSON_Delete(doc);
        if (!after[0])
            return seen;
        assert_int_equal(n, limit);
    }
    fail_msg("%s has no end", args);
    return 0;
}

static void filters(void **state)
{
    (void)state;
    struct store s;
    open_store(&s, "many-runs/before-prune/state");
    fill(&s);
    static const char *const args[] = {"status=completed",
                                       "status=failed",
                                       "profile=default",
                                       "test=no_such_test",
                                       "since=2026-11-24T09:30:00Z",
                                       "until=2026-11-24T10:00:00Z"};
    for (size_t i = 0; i < sizeof args / sizeof args[0]; i++) {
        assert_int_equal(ask(&s, NX_Q_RUNS, args[i]), 0);
        int all = count_runs(&s);
        for (int limit = 1; limit < 20; limit += 4)
            assert_int_equal(walk(&s, args[i], limit), all);
    }
    assert_int_equal(ask(&s, NX_Q_RUNS, "since=2026-11-24T09:55:00Z"), 0);
    int since = count_runs(&s);
    assert_int_equal(ask(&s, NX_Q_RUNS, "until=2026-11-24T09:55:00Z"), 0);
    assert_int_equal(since + count_runs(&s), 60);
    assert_int_equal(ask(&s, NX_Q_RUNS, "status=passed"), 0);
    int passed = count_runs(&s);
    assert_int_equal(ask(&s, NX_Q_RUNS, "status=failed"), 0);
    assert_true(passed > 0 && passed + count_runs(&s) <= 60);
    close_store(&s);
}

static void without_an_index(void **state)
{
    (void)state;
    struct store s;
    open_store(&s, "retries/state");
    struct nx_world bare = {.view = s.view};
    struct nx_args none = args_of("", false);
    assert_false(nx_ask_needs_index(NX_Q_RUNS, &none));
    assert_int_equal(nx_ask(&bare, NX_Q_RUNS, &none, &s.out, NULL, &err), 0);
    struct nx_args profile = args_of("profile=default", false);
    assert_true(nx_ask_needs_index(NX_Q_RUNS, &profile));
    assert_int_equal(nx_ask(&bare, NX_Q_RUNS, &profile, &s.out, NULL, &err), -NX_EBUSY);
    assert_int_equal(nx_ask(&bare, NX_Q_FLAKY, &none, &s.out, NULL, &err), -NX_EBUSY);
    close_store(&s);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(every_question),   cmocka_unit_test(bad_words),
        cmocka_unit_test(filled_as_needed), cmocka_unit_test(no_deeper_than_needed),
        cmocka_unit_test(filters),          cmocka_unit_test(without_an_index),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
