#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>

#include <cmocka.h>

#include "json/doc.h"
#include "json/escape.h"
#include "json/write.h"

static void document(void **state)
{
    (void)state;
    struct nx_strbuf b;
    struct nx_json w;
    nx_strbuf_init(&b, 0);
    nx_json_init(&w, &b);
    nx_json_obj(&w);
    nx_json_key(&w, "a");
    nx_json_arr(&w);
    nx_json_u64(&w, UINT64_MAX);
    nx_json_i64(&w, -1);
    nx_json_double(&w, 0.5);
    nx_json_double(&w, INFINITY);
    nx_json_bool(&w, true);
    nx_json_bool(&w, false);
    nx_json_null(&w);
    nx_json_obj(&w);
    nx_json_end_obj(&w);
    nx_json_arr(&w);
    nx_json_end_arr(&w);
    nx_json_end_arr(&w);
    nx_json_key(&w, "b");
    nx_json_strz(&w, "x\"y");
    nx_json_key(&w, "c");
    nx_json_strz(&w, NULL);
    nx_json_end_obj(&w);
    assert_false(b.failed);
    assert_string_equal(b.p, "{\"a\":[18446744073709551615,-1,0.5,null,true,false,null,{},[]],\"b\":\"x\\\"y\",\"c\":null}");
    nx_strbuf_fini(&b);
}

static void escaped_is(struct nx_slice s, const char *want)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_escape_str(&b, s);
    assert_string_equal(b.p, want);
    nx_strbuf_fini(&b);
}

static void escapes(void **state)
{
    (void)state;
    escaped_is(NX_LIT(""), "\"\"");
    escaped_is(NX_LIT("\b\t\n\f\r\"\\/"), "\"\\b\\t\\n\\f\\r\\\"\\\\/\"");
    escaped_is(NX_LIT("\0\x1b\x1f\x7f"), "\"\\u0000\\u001b\\u001f\x7f\"");
    escaped_is(NX_LIT("\xc3\xa9\xf0\x9f\x90\xa6"), "\"\xc3\xa9\xf0\x9f\x90\xa6\"");
    escaped_is(NX_LIT("a\xff\xfe z"), "\"a\xef\xbf\xbd\xef\xbf\xbd z\"");
    escaped_is(NX_LIT("\xe2\x82"), "\"\xef\xbf\xbd\"");
}

/* Every byte written reads back as itself by another reader. */
static void reads_back(void **state)
{
    (void)state;
    for (int c = 1; c < 128; c++) {
        char text[2] = {(char)c, '\0'};
        struct nx_strbuf b;
        struct nx_err err;
        cJSON *doc;
        nx_strbuf_init(&b, 0);
        nx_escape_str(&b, nx_slice_of(text));
        assert_int_equal(nx_doc_parse(b.p, b.n, "test", &doc, &err), 0);
        assert_string_equal(doc->valuestring, text);
        cJSON_Delete(doc);
        nx_strbuf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document),
        cmocka_unit_test(escapes),
        cmocka_unit_test(reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
