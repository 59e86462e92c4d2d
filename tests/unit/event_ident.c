#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/ident.h"

static void identifiers(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "Zeta-9_x", "dig", "\xc3\xa9t\xc3\xa9", "@tool:my-tool:group-1"};
    static const char *const bad[] = {"", "9a", "_a", "-a", "a b", "a.b", "@global", "@tool:x", "@tool::x", "@tool:x:", "@tool:x:y:z"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(nx_ident_valid(nx_slice_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(nx_ident_valid(nx_slice_of(bad[i])));
}

static void output_names(void **state)
{
    (void)state;
    assert_true(nx_output_name_valid(NX_LIT("867a9074768d68c2-stdout")));
    assert_true(nx_output_name_valid(NX_LIT("867a9074768d68c2-stderr")));
    assert_true(nx_output_name_valid(NX_LIT("0000000000000000-combined")));
    assert_false(nx_output_name_valid(NX_LIT("867A9074768d68c2-stdout")));
    assert_false(nx_output_name_valid(NX_LIT("867a9074768d68c2-stdin")));
    assert_false(nx_output_name_valid(NX_LIT("867a9074768d68c2")));
    assert_false(nx_output_name_valid(NX_LIT("../../../../x-stdout")));
    assert_false(nx_output_name_valid(NX_LIT("867a9074768d68c2-stdout/")));
}

static void uuids(void **state)
{
    (void)state;
    static const char want[] = "dc88651a-7d93-498d-bdb2-d927bb0cdeee";
    static const char *const good[] = {
        "dc88651a-7d93-498d-bdb2-d927bb0cdeee",
        "DC88651A-7D93-498D-BDB2-D927BB0CDEEE",
        "dc88651a7d93498dbdb2d927bb0cdeee",
        "{dc88651a-7d93-498d-bdb2-d927bb0cdeee}",
        "urn:uuid:dc88651a-7d93-498d-bdb2-d927bb0cdeee",
    };
    static const char *const bad[] = {
        "", "dc88651a", "dc88651a-7d93-498d-bdb2-d927bb0cdeeg", "dc88651a-7d93-498d-bdb2d-927bb0cdeee",
        "dc88651a-7d93-498d-bdb2-d927bb0cdeee ", "{dc88651a-7d93-498d-bdb2-d927bb0cdeee]",
    };
    char got[37];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(nx_uuid_parse(nx_slice_of(good[i]), got));
        assert_string_equal(got, want);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(nx_uuid_parse(nx_slice_of(bad[i]), got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers),
        cmocka_unit_test(output_names),
        cmocka_unit_test(uuids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
