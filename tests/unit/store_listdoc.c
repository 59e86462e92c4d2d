/* store/listdoc: a list that is read and written again says the same, and holds what nobody here knows. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/listdoc.h"
#include "store/runlist.h"
#include "tests/unit/data.h"
#include "tests/unit/small_store.h"

#define FORMATS "/state/projects/_ssrc_sgrafting/records/runs"

static void put_text(const char *json)
{
    struct nx_strbuf packed;
    struct nx_sink_mem to;
    struct nx_encoder *enc = NULL;
    struct nx_err err;
    nx_strbuf_init(&packed, 0);
    nx_sink_mem_init(&to, &packed);
    assert_int_equal(nx_encoder_open(NX_ENC_ZSTD, &to.sink, &enc, &err), 0);
    assert_int_equal(nx_sink_write(nx_encoder_sink(enc), json, strlen(json), &err), 0);
    assert_int_equal(nx_encoder_end(enc, &err), 0);
    nx_encoder_close(enc);
    small_put("_sa", "runs.json.zst", packed.p, packed.n);
    nx_strbuf_fini(&packed);
}

static char *text_of(const char *runs_dir)
{
    char *text = NULL;
    size_t n;
    struct nx_err err;
    assert_int_equal(nx_runlist_text(runs_dir, 0, false, &text, &n, &err), 0);
    assert_non_null(text);
    assert_int_equal(strlen(text), n);
    return text;
}

/* nextest's own list, all of it, is written again as nextest wrote it. */
static void the_same_text(void **state)
{
    (void)state;
    static const char *const lists[] = {"retries/state/projects/_ssrc_sseedlings/records/runs",
                                        "rerun/state/projects/_ssrc_sregrowth/records/runs"};
    for (size_t i = 0; i < 2; i++) {
        struct nx_listdoc d;
        struct nx_err err;
        small_list("_sa", NULL, 0); /* makes the folders */
        char to[1024];
        snprintf(to, sizeof to, "%s", small_path("_sa", ""));
        char *was = text_of(data_path(lists[i]));
        assert_int_equal(nx_listdoc_read(data_path(lists[i]), 0, false, &d, &err), 0);
        assert_true(d.n >= 6);
        assert_int_equal(nx_listdoc_write(to, &d, &err), 0);
        nx_listdoc_fini(&d);
        char *is = text_of(to);
        assert_string_equal(is, was);
        free(is);
        free(was);
    }
}

static void empty_and_missing(void **state)
{
    (void)state;
    struct nx_listdoc d;
    struct nx_err err;
    assert_int_equal(nx_listdoc_read("/nowhere/runs", 0, false, &d, &err), 0);
    assert_int_equal(d.n, 0);
    assert_int_equal(d.format_version, 0);
    assert_null(nx_listdoc_find(&d, ID_A));
    small_list("_sa", NULL, 0);
    assert_int_equal(nx_listdoc_write(small_path("_sa", ""), &d, &err), 0);
    nx_listdoc_fini(&d);
    char *is = text_of(small_path("_sa", ""));
    assert_string_equal(is, "{\n  \"format-version\": 2,\n  \"runs\": []\n}");
    free(is);
}

static void facts(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_C, 10, NULL, NULL}, {ID_A, 20, NULL, "{\"status\":\"incomplete\"}"}};
    struct nx_listdoc d;
    struct nx_err err;
    small_list("_sa", a, 2);
    assert_int_equal(nx_listdoc_read(small_path("_sa", ""), 0, false, &d, &err), 0);
    assert_int_equal(d.n, 2);
    assert_ptr_equal(nx_listdoc_find(&d, ID_C), &d.v[0]);
    assert_ptr_equal(nx_listdoc_find(&d, ID_A), &d.v[1]);
    assert_null(nx_listdoc_find(&d, ID_B));
    assert_true(d.v[0].ended);
    assert_false(d.v[1].ended);
    assert_int_equal(d.v[0].log_bytes, 1);
    assert_int_equal(d.v[0].store_bytes, 4);
    nx_listdoc_fini(&d);
}

#define RUN_MEMBERS                                                                                          \
    "\"store-format-version\":2,\"nextest-version\":\"0.9.143\",\"started-at\":\"2026-11-24T09:00:00Z\","    \
    "\"last-written-at\":\"2026-11-24T09:00:00Z\",\"sizes\":{\"log\":{\"compressed\":1,\"uncompressed\":2}," \
    "\"store\":{\"compressed\":3,\"uncompressed\":4}},\"status\":{\"status\":\"incomplete\"}"

/* A newer nextest's members, of the list and of a run, and its version. */
static void unknown_members(void **state)
{
    (void)state;
    static const char run[] =
        "{\"run-id\":\"" ID_A "\", \"n\\u0065w\" : [1,{\"x\":\"\\n\"}],\n" RUN_MEMBERS "}";
    char json[2048];
    struct nx_listdoc d;
    struct nx_err err;
    small_list("_sa", NULL, 0);
    snprintf(json, sizeof json,
             "{\"l\\u00e4st\" : {\"a\":[1.50, 2]} ,\"runs\":[ %s ], \"format-version\":7,\n\"z\":null }",
             run);
    put_text(json);
    assert_int_equal(nx_listdoc_read(small_path("_sa", ""), 0, false, &d, &err), 0);
    assert_int_equal(d.n, 1);
    assert_int_equal(d.v[0].text.n, strlen(run));
    assert_memory_equal(d.v[0].text.p, run, strlen(run));
    assert_int_equal(nx_listdoc_write(small_path("_sa", ""), &d, &err), 0);
    nx_listdoc_fini(&d);
    char *is = text_of(small_path("_sa", ""));
    snprintf(json, sizeof json,
             "{\n  \"format-version\": 7,\n  \"l\\u00e4st\" : {\"a\":[1.50, 2]},\n  \"z\":null,\n  \"runs\": "
             "[\n    "
             "%s\n  ]\n}",
             run);
    assert_string_equal(is, json);
    free(is);
}

static void refuses_what_nextest_cannot_read(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"format-version\":2,\"runs\":[{}]}",
        "{\"format-version\":2,\"runs\":[]",
        "{\"format-version\":2,\"runs\":[],\"runs\":[]}",
        "{\"format-version\":2,\"x\":}",
        "{\"format-version\":2} x",
    };
    struct nx_listdoc d = {0};
    struct nx_err err;
    small_list("_sa", NULL, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_text(bad[i]);
        if (nx_listdoc_read(small_path("_sa", ""), 0, false, &d, &err) != -NX_EFORMAT)
            fail_msg("%s", bad[i]);
        assert_non_null(strstr(err.object, "/_sa/records/runs"));
        assert_null(d.v);
    }
    assert_int_equal(nx_listdoc_read(data_path("formats/list-cut" FORMATS), 0, false, &d, &err), -NX_ETRUNC);
}

/* A list that cannot be written leaves the old one. */
static void write_fails(void **state)
{
    (void)state;
    struct small_run a[] = {{ID_A, 10, NULL, NULL}};
    struct nx_listdoc d;
    struct nx_err err;
    small_list("_sa", a, 1);
    assert_int_equal(nx_listdoc_read(small_path("_sa", ""), 0, false, &d, &err), 0);
    assert_int_equal(nx_listdoc_write("/nowhere/runs", &d, &err), -NX_EWRITE);
    assert_non_null(strstr(err.object, "/nowhere/runs/runs.json.zst"));
    nx_listdoc_fini(&d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, small_setup, small_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_text),
        TEST(empty_and_missing),
        TEST(facts),
        TEST(unknown_members),
        TEST(refuses_what_nextest_cannot_read),
        TEST(write_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
