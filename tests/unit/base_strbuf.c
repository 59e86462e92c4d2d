/* base/strbuf: growth, the bound, sticky failure, giving the memory away. */
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

static void grows(void **state)
{
    (void)state;
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    for (int i = 0; i < 1000; i++) {
        nx_strbuf_addf(&b, "%d,", i);
        nx_strbuf_addc(&b, 'x');
        nx_strbuf_adds(&b, "yz");
        nx_strbuf_add(&b, "", 0);
    }
    assert_false(b.failed);
    assert_int_equal(b.n, strlen(b.p));
    assert_memory_equal(b.p, "0,xyz1,xyz", 10);
    nx_strbuf_clear(&b);
    assert_int_equal(b.n, 0);
    assert_string_equal(b.p, "");
    nx_strbuf_fini(&b);
}

static void bound_is_sticky(void **state)
{
    (void)state;
    struct nx_strbuf b;
    nx_strbuf_init(&b, 10);
    nx_strbuf_adds(&b, "0123456789");
    assert_false(b.failed);
    nx_strbuf_addf(&b, "%s", "a longer text that does not fit");
    assert_true(b.failed);
    assert_int_equal(b.n, 10);
    assert_string_equal(b.p, "0123456789");
    nx_strbuf_clear(&b);
    nx_strbuf_adds(&b, "01234567");
    nx_strbuf_addf(&b, "%d", 123);
    nx_strbuf_addc(&b, 'x');
    assert_true(b.failed);
    assert_string_equal(b.p, "01234567");
    assert_null(nx_strbuf_take(&b, NULL));
    assert_null(b.p);
}

static void gives_away(void **state)
{
    (void)state;
    struct nx_strbuf b;
    size_t n = 99;
    nx_strbuf_init(&b, 0);
    char *p = nx_strbuf_take(&b, &n);
    assert_string_equal(p, "");
    assert_int_equal(n, 0);
    free(p);
    nx_strbuf_addf(&b, "a%cb", 0);
    p = nx_strbuf_take(&b, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(p, "a\0b", 4);
    free(p);
    assert_int_equal(b.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(bound_is_sticky),
        cmocka_unit_test(gives_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
