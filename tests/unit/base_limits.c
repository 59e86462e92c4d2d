/* base/limits: the one way to say that a limit was passed names it and its value. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"

static void names_itself(void **state)
{
    (void)state;
    char text[512];
    struct nx_err err;
    assert_int_equal(nx_limit_fail(&err, NX_LIM_JSON_DEPTH, "f"), -NX_ELIMIT);
    assert_string_equal(nx_err_text(&err, text, sizeof text),
                        "'f': over the limit on nesting of JSON values, 128");
    for (int i = 0; i < NX_LIM_COUNT; i++) {
        assert_true(nx_limit_value((enum nx_limit)i) > 0);
        assert_true(strlen(nx_limit_text((enum nx_limit)i)) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_itself)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
