/* archive/retain: who goes, and why. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archive/retain.h"

#define S INT64_C(1000000000)

/* Written 100 (d), 200 (c), 300 (b) and 400 (a) seconds after 1970; c is history without a recording. */
static size_t four(struct nx_held *v)
{
    const struct nx_held all[] = {
        {.id = "d", .last_written = 100 * S, .kept = true, .bytes = 10},
        {.id = "b", .last_written = 300 * S, .kept = true, .bytes = 40},
        {.id = "c", .last_written = 200 * S, .bytes = 1000},
        {.id = "a", .last_written = 400 * S, .kept = true, .bytes = 30},
    };
    memcpy(v, all, sizeof all);
    return 4;
}

/* What becomes of them, newest first: `.` stays, or why it goes. */
static const char *chosen(struct nx_retain r, int64_t now)
{
    static char text[16];
    struct nx_held v[4];
    size_t n = four(v);
    nx_retain_choose(&r, v, n, now * S);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(v[i].id[0], 'a' + (int)i);
        text[i] = ".anb"[v[i].goes];
    }
    text[n] = '\0';
    return text;
}

static void nothing_goes_without_bounds(void **state)
{
    (void)state;
    assert_string_equal(chosen((struct nx_retain){0}, 1000000), "....");
    assert_false(nx_retain_any(&(struct nx_retain){0}));
}

static void by_age(void **state)
{
    (void)state;
    struct nx_retain r = {.has_age = true, .age_s = 150};
    assert_string_equal(chosen(r, 249), "....");
    assert_string_equal(chosen(r, 250), "...a");
    assert_string_equal(chosen(r, 449), "..aa");
    assert_string_equal(chosen(r, 100000), "aaaa");
    assert_string_equal(chosen(r, 0), "...."); /* a clock that went back */
    r.age_s = 0;
    assert_string_equal(chosen(r, 400), "aaaa");
    r.age_s = UINT64_MAX;
    assert_string_equal(chosen(r, INT64_MAX / S), "....");
}

static void by_number(void **state)
{
    (void)state;
    struct nx_retain r = {.has_runs = true, .runs = 4};
    assert_string_equal(chosen(r, 400), "....");
    r.runs = 1;
    assert_string_equal(chosen(r, 400), ".nnn");
    r.runs = 0;
    assert_string_equal(chosen(r, 400), "nnnn");
}

/* Recordings only, and all that are older than one that goes. */
static void by_size(void **state)
{
    (void)state;
    struct nx_retain r = {.has_bytes = true, .bytes = 80};
    assert_string_equal(chosen(r, 400), "....");
    r.bytes = 79;
    assert_string_equal(chosen(r, 400), "...b");
    r.bytes = 69;
    assert_string_equal(chosen(r, 400), ".b.b");
    r.bytes = 0;
    assert_string_equal(chosen(r, 400), "bb.b");
}

static void together(void **state)
{
    (void)state;
    struct nx_retain r = {
        .has_age = true, .age_s = 300, .has_runs = true, .runs = 2, .has_bytes = true, .bytes = 30};
    assert_true(nx_retain_any(&r));
    assert_string_equal(chosen(r, 400), ".bna");
}

static void equal_times_go_by_id(void **state)
{
    (void)state;
    struct nx_retain r = {.has_runs = true, .runs = 1};
    struct nx_held v[] = {{.id = "1", .last_written = 5}, {.id = "2", .last_written = 5}};
    nx_retain_choose(&r, v, 2, 5);
    assert_string_equal(v[0].id, "2");
    assert_int_equal(v[0].goes, NX_STAYS);
    assert_int_equal(v[1].goes, NX_GOES_BY_NUMBER);
}

static void at_once(void **state)
{
    (void)state;
    struct nx_held v[4], one = {.id = "x", .last_written = 350 * S, .kept = true, .bytes = 50};
    struct nx_retain r = {.has_runs = true, .runs = 2};
    size_t n = four(v);
    nx_retain_choose(&r, v, n, 400 * S);
    assert_int_equal(nx_retain_at_once(&r, v, n, &one, 400 * S), NX_STAYS);
    r.runs = 1;
    assert_int_equal(nx_retain_at_once(&r, v, n, &one, 400 * S), NX_GOES_BY_NUMBER);
    r = (struct nx_retain){.has_bytes = true, .bytes = 80};
    assert_int_equal(nx_retain_at_once(&r, v, n, &one, 400 * S), NX_STAYS);
    r.bytes = 79;
    assert_int_equal(nx_retain_at_once(&r, v, n, &one, 400 * S), NX_GOES_BY_SIZE);
    assert_int_equal(nx_retain_at_once(&r, v, 0, &one, 400 * S), NX_STAYS);
    r = (struct nx_retain){.has_age = true, .age_s = 50};
    assert_int_equal(nx_retain_at_once(&r, v, n, &one, 399 * S), NX_STAYS);
    assert_int_equal(nx_retain_at_once(&r, v, n, &one, 400 * S), NX_GOES_BY_AGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_without_bounds),
        cmocka_unit_test(by_age),
        cmocka_unit_test(by_number),
        cmocka_unit_test(by_size),
        cmocka_unit_test(together),
        cmocka_unit_test(equal_times_go_by_id),
        cmocka_unit_test(at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
