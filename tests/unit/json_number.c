#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json/number.h"

static const char *text_of(double d)
{
    static char buf[NX_NUMBER_MAX + 1];
    size_t n = nx_number_double(buf, d);
    assert_true(n <= NX_NUMBER_MAX);
    buf[n] = '\0';
    return buf;
}

static void integers(void **state)
{
    (void)state;
    char buf[NX_NUMBER_MAX + 1], want[64];
    uint64_t v = 1;
    for (int digits = 1; digits <= 20; digits++) {
        for (int delta = -1; delta <= 1; delta++) {
            uint64_t x = v + (uint64_t)(int64_t)delta;
            buf[nx_number_u64(buf, x)] = '\0';
            snprintf(want, sizeof want, "%llu", (unsigned long long)x);
            assert_string_equal(buf, want);
            buf[nx_number_i64(buf, (int64_t)x)] = '\0';
            snprintf(want, sizeof want, "%lld", (long long)x);
            assert_string_equal(buf, want);
        }
        v *= 10;
    }
    buf[nx_number_u64(buf, UINT64_MAX)] = '\0';
    assert_string_equal(buf, "18446744073709551615");
    buf[nx_number_i64(buf, INT64_MIN)] = '\0';
    assert_string_equal(buf, "-9223372036854775808");
}

/* What serde_json 1.0.151 prints: its thresholds for exponents, and the hard cases of shortest forms. */
static void doubles(void **state)
{
    (void)state;
    static const struct {
        double d;
        const char *want;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {123456.789, "123456.789"},
        {0.00001, "0.00001"},
        {0.0001, "0.0001"},
        {0.000123, "0.000123"},
        {1e-6, "1e-6"},
        {1.0000000000000002e-6, "1.0000000000000002e-6"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1.5e16, "1.5e+16"},
        {12345678901234567.0, "1.2345678901234568e+16"},
        {4.611686018427388e21, "4.611686018427388e+21"},
        {1795511646037542.0, "1795511646037542.0"},
        {9007199254740993.0, "9007199254740992.0"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {4.365578999999999, "4.365578999999999"},
        {9.5367431640625e-7, "9.5367431640625e-7"},
        {5.684341886080802e-14, "5.684341886080802e-14"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(text_of(cases[i].d), cases[i].want);
}

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* The digits of a number's text, without leading and trailing zeros. */
static size_t digits_in(const char *s)
{
    size_t n = 0, zeros = 0;
    for (; *s && *s != 'e'; s++) {
        if (*s < '0' || *s > '9' || (n == 0 && *s == '0'))
            continue;
        zeros = *s == '0' ? zeros + 1 : 0;
        n++;
    }
    return n - zeros;
}

/* Reads back as the same double, with no digit more than the C library needs for that. */
static void doubles_round_trip(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = next_random(&seed);
        double d;
        memcpy(&d, &bits, sizeof d);
        if ((bits >> 52 & 0x7ff) == 0x7ff)
            continue;
        const char *got = text_of(d);
        double back = strtod(got, NULL);
        assert_memory_equal(&back, &d, sizeof d);
        char c[64];
        for (int p = 1; p <= 17; p++) {
            snprintf(c, sizeof c, "%.*e", p - 1, d);
            if (strtod(c, NULL) == d) {
                if (digits_in(got) > (size_t)p)
                    fail_msg("%s has more digits than %s", got, c);
                break;
            }
        }
    }
}

/* The short way for durations gives what the long way gives. */
static void durations(void **state)
{
    (void)state;
    uint64_t seed = 42;
    char a[NX_NUMBER_MAX + 1], b[NX_NUMBER_MAX + 1];
    for (int i = 0; i < 200000; i++) {
        uint64_t secs = next_random(&seed) >> (next_random(&seed) % 64);
        uint32_t nanos = (uint32_t)(next_random(&seed) % 1000000000u) / (i % 3 == 0 ? 1000000u : 1u);
        double s = (double)secs + (double)nanos / 1e9;
        a[nx_number_secs(a, secs, nanos)] = '\0';
        b[nx_number_double(b, s)] = '\0';
        assert_string_equal(a, b);
        a[nx_number_millis(a, secs, nanos)] = '\0';
        b[nx_number_double(b, s * 1000.0)] = '\0';
        assert_string_equal(a, b);
    }
    a[nx_number_millis(a, 0, 1)] = '\0';
    assert_string_equal(a, "1.0000000000000002e-6");
    a[nx_number_secs(a, 0, 7)] = '\0';
    assert_string_equal(a, "7e-9");
    a[nx_number_millis(a, 0, 0)] = '\0';
    assert_string_equal(a, "0.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(doubles),
        cmocka_unit_test(doubles_round_trip),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
