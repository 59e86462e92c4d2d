/* event/instant: what chrono reads and writes, and the fast path against the general one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event/instant.h"

static int parse(const char *z, struct nx_instant *ret)
{
    size_t n = strlen(z);
    char *p = malloc(n ? n : 1); /* just that size, so that a read behind it is seen */
    if (n > 0)
        memcpy(p, z, n);
    int rc = nx_instant_parse((struct nx_slice){p, n}, ret);
    free(p);
    return rc;
}

static void is(const char *z, int64_t sec, uint32_t nsec, int32_t off)
{
    struct nx_instant t = {0};
    int rc = parse(z, &t);
    if (rc < 0)
        fail_msg("%s: %s", z, nx_instant_why(rc));
    if (t.sec != sec || t.nsec != nsec || t.offset != off)
        fail_msg("%s: %lld.%09u %d", z, (long long)t.sec, t.nsec, t.offset);
}

static void is_not(const char *z, int code)
{
    struct nx_instant t = {7, 7, 7};
    int rc = parse(z, &t);
    if (rc != code)
        fail_msg("%s: %d", z, rc);
    assert_true(t.sec == 7 && t.nsec == 7 && t.offset == 7);
}

static void canonical_forms(void **state)
{
    (void)state;
    is("1970-01-01T00:00:00.000000000Z", 0, 0, 0);
    is("2026-11-24T09:14:06.037634262Z", 1795511646, 37634262, 0);
    is("2026-11-24T10:14:06.037634262+01:00", 1795511646, 37634262, 3600);
    is("2026-11-23T19:44:06.037634262-13:30", 1795511646, 37634262, -48600);
    is("2000-02-29T00:00:00.000000001Z", 951782400, 1, 0);
    is("9999-12-31T23:59:59.123456000Z", 253402300799, 123456000, 0);
    is_not("2026-02-29T00:00:00.000000001Z", NX_INSTANT_RANGE);
    is_not("2026-00-29T00:00:00.000000001Z", NX_INSTANT_RANGE);
    is_not("2026-13-29T00:00:00.000000001Z", NX_INSTANT_RANGE);
    is_not("2026-04-31T00:00:00.000000001Z", NX_INSTANT_RANGE);
    is_not("2026-04-00T00:00:00.000000001Z", NX_INSTANT_RANGE);
    is_not("2026-04-01T24:00:00.000000001Z", NX_INSTANT_RANGE);
    is_not("2026-04-01T00:60:00.000000001Z", NX_INSTANT_RANGE);
    is_not("2026-04-01T00:00:61.000000001Z", NX_INSTANT_RANGE);
    is_not("2026-04-01T00:00:00.000000001X", NX_INSTANT_INVALID);
    is_not("2026-04-01T00:00:00.000000001+24:00", NX_INSTANT_RANGE);
    is_not("2026-04-01T00:00:00.000000001+01:60", NX_INSTANT_RANGE);
    is_not("2026-04-01T00:00:00.00000000\xb9Z", NX_INSTANT_INVALID);
    is_not("2026:04-01T00:00:00.000000001Z", NX_INSTANT_INVALID);
}

/* The time cases of nextest's own reader, with what its traces show. */
static void as_nextest(void **state)
{
    (void)state;
    struct nx_instant t;
    is("2026-03-29T01:59:59.9+05:45", 1774728899, 900000000, 20700);
    is("2026-03-28T20:15:00.000000001-00:00", 1774728900, 1, 0);
    is("1969-12-31T23:59:59.999999999Z", -1, 999999999, 0);
    assert_int_equal(parse("1969-12-31T23:59:59.999999999Z", &t), 0);
    assert_true(nx_instant_micros(t) == -1);
    is("2016-12-31T23:59:60.5Z", 1483228799, 1500000000, 0);
    assert_int_equal(parse("2016-12-31T23:59:60.5Z", &t), 0);
    assert_true(nx_instant_micros(t) == 1483228800500000);
    is("2026-01-02 03:04:05.678z", 1767323045, 678000000, 0);
    is("2026-01-02t03:04:05+0000", 1767323045, 0, 0);
    is_not("2026-01-02", NX_INSTANT_SHORT);
}

static void relaxed_forms(void **state)
{
    (void)state;
    is("2026-1-2T3:4:5Z", 1767323045, 0, 0);
    is("  2026 -  01\t-02T 03 : 04 : 05  Z  ", 1767323045, 0, 0);
    is("2026-01-02   03:04:05 utc", 1767323045, 0, 0);
    is("2026-01-02T03:04:05.1234567899999Z", 1767323045, 123456789, 0);
    is("2026-01-02T04:04:05+01 : :00", 1767323045, 0, 3600);
    is("2026-01-02T02:04:05\xe2\x88\x92"
       "01:00",
       1767323045, 0, -3600);
    is("\xe3\x80\x80"
       "2026-01-02T03:04:05\xc2\xa0Z",
       1767323045, 0, 0);
    is("+2026-01-02T03:04:05Z", 1767323045, 0, 0);
    is("0000-01-01T00:00:00Z", -62167219200, 0, 0);
    is("-1-01-01T00:00:00Z", -62198755200, 0, 0);
    is("+10000-01-01T00:00:00Z", 253402300800, 0, 0);
    is("+262142-12-31T23:59:59Z", 8210266876799, 0, 0);
    is("-262143-01-01T00:00:00Z", -8334601228800, 0, 0);
    is("2026-01-02T03:00:60Z", 1767322859, 1000000000, 0);
    is_not("", NX_INSTANT_SHORT);
    is_not("10000-01-01T00:00:00Z", NX_INSTANT_INVALID);
    is_not("+262143-01-01T00:00:00Z", NX_INSTANT_RANGE);
    is_not("+262142-12-31T23:59:59-00:01", NX_INSTANT_IMPOSSIBLE);
    is_not("-262143-01-01T00:00:00+00:01", NX_INSTANT_IMPOSSIBLE);
    is_not("+99999999999999999999-01-01T00:00:00Z", NX_INSTANT_RANGE);
    is_not("+4294967296-01-01T00:00:00Z", NX_INSTANT_RANGE);
    is_not("2026-01-02T03:04:05", NX_INSTANT_SHORT);
    is_not("2026-01-02T03:04:05.Z", NX_INSTANT_INVALID);
    is_not("2026-01-02T03:04:05.", NX_INSTANT_SHORT);
    is_not("2026-01-02T03:04:05Zx", NX_INSTANT_LONG);
    is_not("2026-01-02T03:04:05+01", NX_INSTANT_SHORT);
    is_not("2026-01-02T03:04:05+1:00", NX_INSTANT_INVALID);
    is_not("2026-01-02T03:04:05+01:0", NX_INSTANT_SHORT);
    is_not("2026-01-02T03:04:05+99:00", NX_INSTANT_RANGE);
    is_not("2026-01-02_03:04:05Z", NX_INSTANT_INVALID);
    is_not("2026-01-02\xc2\xa0"
           "03:04:05Z",
           NX_INSTANT_INVALID);
}

static void writes(void **state)
{
    (void)state;
    static const char *const same[] = {
        "2026-11-24T09:14:06.037634262Z",
        "2026-11-24T09:14:06Z",
        "2026-11-24T09:14:06.500Z",
        "2026-11-24T09:14:06.000500Z",
        "1969-12-31T23:59:59.999999999Z",
        "2016-12-31T23:59:60.500Z",
        "2026-03-29T01:59:59.900+05:45",
        "2026-03-29T01:59:59-00:30",
        "0000-02-29T00:00:00+14:00",
        "+10000-01-01T00:00:00Z",
        "-0001-03-01T00:00:00-12:00",
        "-262143-01-01T00:00:00Z",
        "+262142-12-31T23:59:59.999999999Z",
        "2000-12-31T23:59:59Z",
        "1900-02-28T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct nx_instant t;
        char buf[NX_INSTANT_TEXT];
        assert_int_equal(parse(same[i], &t), 0);
        assert_string_equal(nx_instant_text(t, buf), same[i]);
    }
}

static void order(void **state)
{
    (void)state;
    struct nx_instant a = {5, 6, 0}, b = {5, 6, 3600}, c = {5, 7, 0}, d = {-5, 9, 0};
    assert_int_equal(nx_instant_cmp(a, b), 0);
    assert_true(nx_instant_cmp(a, c) < 0 && nx_instant_cmp(c, a) > 0 && nx_instant_cmp(d, a) < 0);
}

/* Years that 64 bits of nanoseconds do not reach. */
static void nanoseconds(void **state)
{
    (void)state;
    struct nx_instant t;
    assert_int_equal(parse("2262-04-11T23:47:16.854775807Z", &t), 0);
    assert_true(nx_instant_nanos(t) == INT64_MAX);
    assert_int_equal(parse("2262-04-11T23:47:16.854775806Z", &t), 0);
    assert_true(nx_instant_nanos(t) == INT64_MAX - 1);
    static const char *const late[] = {"2262-04-11T23:47:16.854775808Z", "2262-04-11T23:47:17Z",
                                       "+262142-12-31T23:59:60.999999999Z"};
    static const char *const early[] = {"1677-09-21T00:12:42.9Z", "-0001-01-01T00:00:00Z", "-262143-01-01T00:00:00Z"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(parse(late[i], &t), 0);
        assert_true(nx_instant_nanos(t) == INT64_MAX);
        assert_int_equal(parse(early[i], &t), 0);
        assert_true(nx_instant_nanos(t) == INT64_MIN);
    }
    assert_true(nx_instant_nanos((struct nx_instant){-1, 999999999, 0}) == -1);
    assert_true(nx_nanos_add(INT64_MAX, 1) == INT64_MAX && nx_nanos_add(INT64_MIN, -1) == INT64_MIN);
    assert_true(nx_nanos_sub(INT64_MIN, 1) == INT64_MIN && nx_nanos_sub(INT64_MAX, INT64_MIN) == INT64_MAX);
    assert_true(nx_nanos_add(5, -7) == -2 && nx_nanos_sub(5, -7) == 12);
}

/* The canonical form takes the fast path; a space in front of it does not. Both must agree on any one-byte
 * change. */
static void both_paths_agree(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "2026-11-24T09:14:06.037634262Z",
        "2024-02-29T23:59:59.999999999+13:45",
        "0001-01-31T00:00:00.000000000-00:01",
    };
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char text[64];
        size_t n = strlen(seeds[i]);
        for (size_t at = 0; at < n; at++)
            for (int c = 1; c < 256; c++) {
                text[0] = ' ';
                memcpy(text + 1, seeds[i], n + 1);
                text[1 + at] = (char)c;
                struct nx_instant a = {0}, b = {0};
                int ra = parse(text + 1, &a), rb = parse(text, &b);
                if (ra != rb || memcmp(&a, &b, sizeof a) != 0)
                    fail_msg("%s: %d %d", text + 1, ra, rb);
            }
    }
    /* And with the C library, over days of many years. */
    for (int64_t day = -800000; day < 3000000; day += 37) {
        struct tm tm;
        time_t sec = (time_t)(day * 86400 + 4321);
        char text[64];
        gmtime_r(&sec, &tm);
        if (tm.tm_year + 1900 < 0 || tm.tm_year + 1900 > 9999)
            continue;
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.000000000Z", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        is(text, sec, 0, 0);
        struct nx_instant t = {sec, 0, 0};
        char buf[NX_INSTANT_TEXT];
        memcpy(text + 19, "Z", 2);
        assert_string_equal(nx_instant_text(t, buf), text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_forms), cmocka_unit_test(as_nextest), cmocka_unit_test(relaxed_forms),
        cmocka_unit_test(writes),          cmocka_unit_test(order),      cmocka_unit_test(both_paths_agree),
        cmocka_unit_test(nanoseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
