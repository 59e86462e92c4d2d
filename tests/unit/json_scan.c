#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json/scan.h"

/* A text followed by the padding that the scanner asks for; the padding is bait: quotes and digits. */
struct text {
    char *p;
    struct nx_arena arena;
    struct nx_scan s;
};

static void open_text(struct text *t, const char *text, size_t n)
{
    t->p = malloc(n + NX_SCAN_PAD);
    assert_non_null(t->p);
    memcpy(t->p, text, n);
    memset(t->p + n, '"', NX_SCAN_PAD);
    nx_arena_init(&t->arena, 1 << 20);
    nx_scan_init(&t->s, (struct nx_slice){t->p, n}, &t->arena);
}

static void close_text(struct text *t)
{
    nx_arena_fini(&t->arena);
    free(t->p);
}

static void each_kernel(void (*fn)(void))
{
    const struct nx_scan_kernel_info *k;
    size_t n = nx_scan_kernels(&k);
    assert_true(n >= 1);
    for (size_t i = n; i-- > 0;) { /* the best is last, and stays in use */
        nx_scan_use(k[i].fn);
        fn();
    }
}

static void strings_now(void)
{
    static const struct {
        const char *json, *want; /* want NULL: refused */
        bool plain;
    } cases[] = {
        {"\"\"", "", true},
        {"  \"a\"", "a", true},
        {"\"tests::cedar and a name longer than a block of any kernel, so that it loops\"",
         "tests::cedar and a name longer than a block of any kernel, so that it loops", true},
        {"\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa6\"", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa6", true},
        {"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "a\"b\\c/d\b\f\n\r\t", false},
        {"\"\\u0041\\u00e9\\u20ac\\ud83d\\udc26\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa6", false},
        {"\"\\uD83D\\uDC26\"", "\xf0\x9f\x90\xa6", false},
        {"\"\x7f\"", "\x7f", true},
        {"\"open", NULL, false},
        {"\"bad \\x escape\"", NULL, false},
        {"\"\\u12\"", NULL, false},
        {"\"\\ud83d\"", NULL, false},
        {"\"\\ud83d\\u0041\"", NULL, false},
        {"\"\\udc26\"", NULL, false},
        {"\"a\nb\"", NULL, false},
        {"\"a\tb\"", NULL, false},
        {"\"\xff\"", NULL, false},
        {"\"\xc0\x80\"", NULL, false},
        {"\"\xed\xa0\x80\"", NULL, false},
        {"\"\xf4\x90\x80\x80\"", NULL, false},
        {"\"\xe2\x82\"", NULL, false},
        {"\"\\", NULL, false},
        {"", NULL, false},
        {"7", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text t;
        struct nx_str got;
        open_text(&t, cases[i].json, strlen(cases[i].json));
        bool ok = nx_scan_str(&t.s, &got);
        if (ok != (cases[i].want != NULL))
            fail_msg("%s: %s", cases[i].json, ok ? "accepted" : t.s.why);
        if (ok) {
            assert_true(nx_slice_is((struct nx_slice){got.p, got.n}, cases[i].want));
            assert_int_equal(got.plain, cases[i].plain);
            assert_ptr_equal(t.s.p, t.s.end);
        } else {
            assert_true(t.s.failed);
            assert_true(t.s.at >= t.s.start && t.s.at <= t.s.end);
            assert_true(t.s.why[0] != '\0');
        }
        close_text(&t);
    }
}

static void strings(void **state)
{
    (void)state;
    each_kernel(strings_now);
}

/* Random bytes: every kernel stops at the same place, the one that a plain loop finds. */
static void kernels_agree(void **state)
{
    (void)state;
    const struct nx_scan_kernel_info *k;
    size_t kernels = nx_scan_kernels(&k);
    char buf[256 + NX_SCAN_PAD];
    srand(1);
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)rand() % 200;
        for (size_t i = 0; i < sizeof buf; i++)
            buf[i] = (char)('a' + rand() % 26);
        for (size_t i = (size_t)rand() % 40; i < sizeof buf; i += 1 + (size_t)rand() % 80)
            buf[i] = (char)(rand() % 256 - 128);
        size_t want = 0;
        while (want < n && buf[want] != '"' && buf[want] != '\\' && (unsigned char)buf[want] >= 0x20 &&
               (unsigned char)buf[want] < 0x80)
            want++;
        for (size_t i = 0; i < kernels; i++) {
            const char *got = k[i].fn(buf, buf + n);
            if (want < n)
                assert_ptr_equal(got, buf + want);
            else
                assert_true(got >= buf + n);
        }
    }
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool ok;
        enum nx_num_kind kind;
        uint64_t u;
    } cases[] = {
        {"0", true, NX_NUM_U64, 0},
        {" 18446744073709551615", true, NX_NUM_U64, UINT64_MAX},
        {"18446744073709551616", true, NX_NUM_FLOAT, 0},
        {"-1", true, NX_NUM_NEG, 1},
        {"-9223372036854775808", true, NX_NUM_NEG, (uint64_t)1 << 63},
        {"-9223372036854775809", true, NX_NUM_FLOAT, 0},
        {"-0", true, NX_NUM_FLOAT, 0},
        {"1.0", true, NX_NUM_FLOAT, 0},
        {"1e5", true, NX_NUM_FLOAT, 0},
        {"1E-5", true, NX_NUM_FLOAT, 0},
        {"1e999", false, 0, 0},
        {"01", false, 0, 0},
        {"-", false, 0, 0},
        {"1.", false, 0, 0},
        {".5", false, 0, 0},
        {"1e", false, 0, 0},
        {"+1", false, 0, 0},
        {"", false, 0, 0},
        {"NaN", false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text t;
        struct nx_num got;
        open_text(&t, cases[i].json, strlen(cases[i].json));
        bool ok = nx_scan_num(&t.s, &got);
        if (ok != cases[i].ok)
            fail_msg("%s: %s", cases[i].json, ok ? "accepted" : t.s.why);
        if (ok) {
            assert_int_equal(got.kind, cases[i].kind);
            if (got.kind != NX_NUM_FLOAT)
                assert_true(got.u == cases[i].u);
            assert_ptr_equal(t.s.p, t.s.end);
        }
        close_text(&t);
    }
}

static void skipping(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool ok, checked_ok;
    } cases[] = {
        {"null", true, true},
        {"[]", true, true},
        {"{}", true, true},
        {" [ 1 , \"a\" , { \"b\" : [ true , false , null ] } ] ", true, true},
        {"{\"a\":{\"b\":{\"c\":[[[]]]}}}", true, true},
        {"1e999", true, false},           /* out of range only where serde builds the number */
        {"\"\\ud800\"", true, false},     /* half a character only where it builds the string */
        {"\"\\ud8\"", false, false},
        {"\"\xff\"", false, false},
        {"[1,]", false, false},
        {"{\"a\":1,}", false, false},
        {"{\"a\"}", false, false},
        {"{a:1}", false, false},
        {"[1 2]", false, false},
        {"[1}", false, false},
        {"{\"a\":1]", false, false},
        {"[", false, false},
        {"{\"a\":", false, false},
        {"tru", false, false},
        {"nul", false, false},
        {"", false, false},
        {"\\", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int checked = 0; checked < 2; checked++) {
            struct text t;
            open_text(&t, cases[i].json, strlen(cases[i].json));
            bool ok = nx_scan_skip(&t.s, checked, 20);
            if (ok != (checked ? cases[i].checked_ok : cases[i].ok))
                fail_msg("%s (checked %d): %s", cases[i].json, checked, ok ? "accepted" : t.s.why);
            close_text(&t);
        }
    }
}

static bool skips_nested(unsigned depth, bool checked, unsigned left, bool *ret_too_deep)
{
    size_t n = (size_t)depth * 2;
    char *json = malloc(n ? n : 1);
    assert_non_null(json);
    memset(json, '[', depth);
    memset(json + depth, ']', depth);
    struct text t;
    open_text(&t, json, n);
    bool ok = nx_scan_skip(&t.s, checked, left);
    *ret_too_deep = t.s.too_deep;
    close_text(&t);
    free(json);
    return ok;
}

static void nesting(void **state)
{
    (void)state;
    bool too_deep;
    assert_true(skips_nested(20, true, 20, &too_deep));
    assert_false(skips_nested(21, true, 20, &too_deep));
    assert_true(too_deep);
    assert_true(skips_nested(100000, false, 0, &too_deep));
    assert_true(skips_nested(NX_SCAN_SKIP_DEPTH, false, 0, &too_deep));
    assert_false(skips_nested(NX_SCAN_SKIP_DEPTH + 1, false, 0, &too_deep));
    assert_true(too_deep);
}

/* A failed scanner keeps its first error. */
static void first_error_stays(void **state)
{
    (void)state;
    struct text t;
    bool b;
    open_text(&t, "maybe", 5);
    assert_false(nx_scan_bool(&t.s, &b));
    assert_false(nx_scan_fail(&t.s, "another"));
    assert_string_not_equal(t.s.why, "another");
    assert_ptr_equal(t.s.at, t.s.start);
    close_text(&t);
}

static void utf8(void **state)
{
    (void)state;
    assert_true(nx_utf8_valid("plain", 5));
    assert_true(nx_utf8_valid("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 21));
    assert_false(nx_utf8_valid("\x80", 1));
    assert_false(nx_utf8_valid("\xc1\xbf", 2));
    assert_false(nx_utf8_valid("\xe0\x9f\xbf", 3));
    assert_false(nx_utf8_valid("\xf0\x8f\xbf\xbf", 4));
    assert_false(nx_utf8_valid("\xf5\x80\x80\x80", 4));
    assert_false(nx_utf8_valid("\xe2\x82\xac", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),  cmocka_unit_test(kernels_agree),     cmocka_unit_test(numbers),
        cmocka_unit_test(skipping), cmocka_unit_test(nesting),           cmocka_unit_test(first_error_stays),
        cmocka_unit_test(utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
