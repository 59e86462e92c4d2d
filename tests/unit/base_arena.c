/* base/arena: alignment, the cap, sticky failure, reset. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"

static void hands_out(void **state)
{
    (void)state;
    struct nx_arena a;
    nx_arena_init(&a, 1 << 20);
    for (int round = 0; round < 3; round++) {
        for (size_t n = 0; n < 300; n++) {
            char *p = nx_arena_alloc(&a, n * 3);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % 16, 0);
            memset(p, 1, n * 3);
        }
        assert_non_null(nx_arena_alloc(&a, 100000));
        nx_arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    nx_arena_fini(&a);
}

static void cap_is_sticky(void **state)
{
    (void)state;
    struct nx_arena a;
    nx_arena_init(&a, 100);
    assert_non_null(nx_arena_alloc(&a, 60));
    assert_null(nx_arena_alloc(&a, 41));
    assert_true(a.failed);
    assert_null(nx_arena_alloc(&a, 1));
    nx_arena_reset(&a);
    assert_non_null(nx_arena_alloc(&a, 100));
    assert_null(nx_arena_alloc(&a, SIZE_MAX));
    nx_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hands_out), cmocka_unit_test(cap_is_sticky)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
