/* base/utf8: single characters, whole ones before a cut, white space on both sides. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

/* Writes a code point the plain way. */
static size_t encode(uint32_t c, char *p)
{
    if (c < 0x80) {
        p[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        p[i] = (char)(0x80 | (c & 0x3f));
    p[0] = (char)(0xff << (8 - n) | (int)c);
    return n;
}

static void characters(void **state)
{
    (void)state;
    char p[4];
    uint32_t got = 0;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        size_t n = encode(c, p);
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        assert_int_equal(nx_utf8_char(p, n, &got), surrogate ? 0 : n);
        assert_true(surrogate || got == c);
        if (n > 1 && nx_utf8_char(p, n - 1, &got) != 0)
            fail();
        if (!surrogate)
            for (size_t i = 1; i <= n; i++)
                assert_int_equal(nx_utf8_whole(p, i), i == n ? n : 0);
    }
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xc3x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(nx_utf8_char(bad[i], strlen(bad[i]), &got), 0);
    assert_int_equal(nx_utf8_whole("", 0), 0);
    assert_int_equal(nx_utf8_whole("ab\xe2\x82", 4), 2);
    assert_int_equal(nx_utf8_whole("ab\xe2\x82\xac", 5), 5);
}

/* The 25 characters that Unicode calls white space. */
static void spaces(void **state)
{
    (void)state;
    char p[8] = "a";
    int found = 0;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        size_t n = encode(c, p + 1), len = nx_utf8_space(p + 1, n);
        assert_true(len == 0 || len == n);
        assert_int_equal(nx_utf8_space_before(p, n + 1), len);
        assert_int_equal(nx_utf8_space_before(p + 1, n), len);
        found += len > 0;
    }
    assert_int_equal(found, 25);
    assert_int_equal(nx_utf8_space("", 0), 0);
    assert_int_equal(nx_utf8_space_before("", 0), 0);
    assert_int_equal(nx_utf8_space_before("\x80\x80", 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(characters), cmocka_unit_test(spaces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
