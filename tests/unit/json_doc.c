/* json/doc: what is checked before a cJSON tree is trusted, and exact numbers in it. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "json/doc.h"

static int parse(const char *text, size_t n, cJSON **ret, struct nx_err *err)
{
    /* In memory of just that size, so that a read behind it is seen. */
    char *p = malloc(n ? n : 1);
    if (n > 0)
        memcpy(p, text, n);
    int rc = nx_doc_parse(p, n, "doc", ret, err);
    free(p);
    return rc;
}

static cJSON *good(const char *text)
{
    cJSON *doc = NULL;
    struct nx_err err;
    int rc = parse(text, strlen(text), &doc, &err);
    if (rc < 0)
        fail_msg("%s: %s", text, err.why);
    return doc;
}

static void bad(const char *text, size_t n, int code, uint64_t offset)
{
    cJSON *doc = NULL;
    struct nx_err err;
    assert_int_equal(parse(text, n, &doc, &err), -code);
    assert_null(doc);
    assert_string_equal(err.object, "doc");
    if (offset != NX_NOWHERE)
        assert_int_equal(err.offset, offset);
}
#define BAD(lit, offset) bad(lit, sizeof(lit) - 1, NX_EFORMAT, offset)

static void refuses(void **state)
{
    (void)state;
    BAD("", 0);
    BAD("{\"a\":1}x", 7);
    BAD("{\"a\":1", 6);
    BAD("{\"a\":01}", NX_NOWHERE);
    BAD("{\"a\":+1}", 5);
    BAD("{a:1}", 1);
    BAD("[1,]", NX_NOWHERE);
    BAD("\xef\xbb\xbf{}", 0);
    BAD("\"\xff\"", NX_NOWHERE);
    BAD("\"\\ud800\"", NX_NOWHERE);
    BAD("[\"\\\\\\u0000\"]", 4);
    BAD("[\"a\0b\"]", NX_NOWHERE);
    BAD("[1e999]", NX_NOWHERE);
    BAD("nul", NX_NOWHERE);
}

static void nesting(void **state)
{
    (void)state;
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    for (int i = 0; i < 128; i++)
        nx_strbuf_addc(&b, '[');
    for (int i = 0; i < 128; i++)
        nx_strbuf_addc(&b, ']');
    cJSON_Delete(good(b.p));
    nx_strbuf_clear(&b);
    for (int i = 0; i < 100000; i++)
        nx_strbuf_adds(&b, i % 2 ? "{\"a\":" : "[");
    bad(b.p, b.n, NX_ELIMIT, NX_NOWHERE);
    nx_strbuf_fini(&b);
}

static void numbers(void **state)
{
    (void)state;
    cJSON *doc =
        good(" {\"s\":\"1 \\\" 2\", \"9\":[18446744073709551615, -9223372036854775808, 1.0, 1e3, -0, 7,\n"
             "0.12345678901234567890123456789012345678901234567890123456789012345678901234567890]}");
    const cJSON *v = nx_doc_get(doc, "9")->child;
    uint64_t u = 0;
    int64_t i = 0;
    double d = 0;
    assert_true(nx_doc_u64(v, UINT64_MAX, &u));
    assert_true(u == UINT64_MAX);
    assert_false(nx_doc_u64(v, UINT64_MAX - 1, &u));
    assert_false(nx_doc_i64(v, INT64_MIN, INT64_MAX, &i));
    v = v->next;
    assert_true(nx_doc_i64(v, INT64_MIN, INT64_MAX, &i));
    assert_true(i == INT64_MIN);
    assert_false(nx_doc_u64(v, UINT64_MAX, &u));
    assert_true(nx_doc_double(v, &d));
    assert_true(d == -9223372036854775808.0 && v->valuedouble == d);
    v = v->next;
    assert_false(nx_doc_u64(v, 100, &u));
    assert_true(nx_doc_double(v, &d) && d == 1.0);
    v = v->next;
    assert_false(nx_doc_u64(v, 10000, &u));
    assert_true(nx_doc_double(v, &d) && d == 1000.0);
    v = v->next;
    assert_false(nx_doc_u64(v, 10000, &u));
    assert_false(nx_doc_i64(v, -1, 1, &i));
    v = v->next;
    assert_true(nx_doc_i64(v, -1, 7, &i) && i == 7);
    assert_false(nx_doc_i64(v, -1, 6, &i));
    v = v->next;
    assert_true(nx_doc_double(v, &d) && d == 0.12345678901234567890);
    assert_string_equal(nx_doc_get(doc, "s")->valuestring, "1 \" 2");
    assert_false(nx_doc_u64(NULL, 1, &u));
    assert_false(nx_doc_double(nx_doc_get(doc, "s"), &d));
    cJSON_Delete(doc);
}

static void members(void **state)
{
    (void)state;
    cJSON *doc = good("{\"a\":1,\"A\":2,\"a\":\"\\\\u0000\"}");
    uint64_t u = 0;
    assert_int_equal(nx_doc_count(doc, "a"), 2);
    assert_int_equal(nx_doc_count(doc, "b"), 0);
    assert_true(nx_doc_u64(nx_doc_get(doc, "a"), 9, &u));
    assert_int_equal(u, 1);
    assert_null(nx_doc_get(doc, "b"));
    assert_null(nx_doc_get(nx_doc_get(doc, "a"), "b"));
    assert_null(nx_doc_get(NULL, "b"));
    cJSON_Delete(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(nesting),
        cmocka_unit_test(numbers),
        cmocka_unit_test(members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
