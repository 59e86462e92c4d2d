/* base/err: codes, texts that may go to a terminal, cuts at whole characters. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static char text[8192];

static void rows(void **state)
{
    (void)state;
    assert_string_equal(nx_code_text(NX_OK), "ok");
    assert_string_equal(nx_code_text(NX_ETRUNC), "truncated");
    assert_int_equal(nx_code_http(NX_ENOTFOUND), 404);
    assert_int_equal(nx_code_exit(NX_ETRUNC), 96);
    assert_int_equal(nx_code_exit(NX_EINCOMPLETE), 106);
    assert_int_equal(nx_code_exit(NX_ECOUNT), nx_code_exit(NX_EINTERNAL));
    for (int c = 1; c < NX_ECOUNT; c++)
        assert_true(nx_code_http((enum nx_code)c) >= 400 && nx_code_exit((enum nx_code)c) > 0);
}

static void fills(void **state)
{
    (void)state;
    struct nx_err err;
    assert_int_equal(nx_fail(&err, NX_EFORMAT, "a b.zip", "no %s in %d", "thing", 3), -NX_EFORMAT);
    assert_int_equal(err.code, NX_EFORMAT);
    assert_string_equal(nx_err_text(&err, text, sizeof text), "'a b.zip': no thing in 3");
    nx_err_at(&err, 7, NX_NOWHERE);
    assert_string_equal(nx_err_text(&err, text, sizeof text), "'a b.zip': no thing in 3 (line 7)");
    nx_err_at(&err, 7, 9);
    assert_string_equal(nx_err_text(&err, text, sizeof text), "'a b.zip': no thing in 3 (line 7, offset 9)");
    nx_err_at(&err, NX_NOWHERE, 9);
    assert_string_equal(nx_err_text(&err, text, sizeof text), "'a b.zip': no thing in 3 (offset 9)");
    nx_err_hint(&err, "try %s", "again");
    assert_string_equal(err.hint, "try again");
    assert_int_equal(nx_fail(NULL, NX_EIO, NULL, "x"), -NX_EIO);
    nx_err_hint(NULL, "x");
    nx_err_at(NULL, 1, 1);
    nx_err_clear(&err);
    assert_int_equal(err.code, NX_OK);
    assert_string_equal(err.hint, "");
}

static void system_errors(void **state)
{
    (void)state;
    struct nx_err err;
    assert_int_equal(nx_fail_sys(&err, NX_EIO, ENOENT, "/x", "cannot open"), -NX_EIO);
    assert_int_equal(err.sys, ENOENT);
    assert_string_equal(nx_err_text(&err, text, sizeof text), "'/x': cannot open: No such file or directory");
}

/* A caller may build the new error out of the one that it holds. */
static void from_itself(void **state)
{
    (void)state;
    struct nx_err err;
    nx_fail(&err, NX_EIO, "obj", "inner");
    nx_fail(&err, NX_EFORMAT, err.object, "outer: %s", err.why);
    assert_string_equal(nx_err_text(&err, text, sizeof text), "'obj': outer: inner");
    nx_err_object(&err, "other");
    assert_string_equal(err.object, "obj");
    nx_fail(&err, NX_EFORMAT, NULL, "w");
    nx_err_object(&err, "other");
    assert_string_equal(err.object, "other");
}

static void escapes(void **state)
{
    (void)state;
    struct nx_err err;
    nx_fail(&err, NX_EFORMAT, "a\x1b[2J\n\x7f", "%s",
            "\xc2\x9b \xff\xc3 \xed\xa0\x80 \xf0\x9f\xa6\x80 \xe2\x80\xae \xc0\x80");
    assert_string_equal(
        nx_err_text(&err, text, sizeof text),
        "'a\\u{1b}[2J\\n\\u{7f}': \\u{9b} \\xff\\xc3 \\xed\\xa0\\x80 \xf0\x9f\xa6\x80 \\u{202e} \\xc0\\x80");
    /* Any capacity gives a terminated text that ends at a whole piece. */
    char *small = malloc(64);
    for (size_t cap = 1; cap <= 64; cap++) {
        nx_err_text(&err, small, cap);
        assert_true(strlen(small) < cap);
    }
    free(small);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    struct nx_err err;
    char *s = malloc(20001);
    for (size_t shift = 0; shift < 3; shift++) {
        memset(s, 'x', shift);
        for (size_t i = shift; i + 2 < 20000; i += 2)
            memcpy(s + i, "\xc3\xa9", 3);
        nx_fail(&err, NX_EFORMAT, s, "%s", s);
        nx_err_hint(&err, "%s", s);
        assert_true(strlen(err.object) >= NX_ERR_OBJECT - 3 && strlen(err.why) >= NX_ERR_WHY - 3);
        assert_null(strchr(nx_err_text(&err, text, sizeof text), '\\'));
        assert_int_equal((strlen(err.hint) - shift) % 2, 0);
        nx_fail_sys(&err, NX_EFORMAT, ENOENT, s, "%s", s);
        assert_null(strchr(nx_err_text(&err, text, sizeof text), '\\'));
    }
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),        cmocka_unit_test(fills),   cmocka_unit_test(system_errors),
        cmocka_unit_test(from_itself), cmocka_unit_test(escapes), cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
