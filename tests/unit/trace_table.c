#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/table.h"

static struct nx_str str(const char *z)
{
    return (struct nx_str){z, (uint32_t)strlen(z), true};
}

static void many_tests(void **state)
{
    (void)state;
    struct test_table t;
    struct nx_err err;
    char name[32];
    enum { MANY = 5000 };
    assert_int_equal(test_table_init(&t), 0);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "t%u", i);
        struct nx_test_id id = {str("bin"), str(name)};
        struct nx_slot slot = {.global = MANY - i, .test_group = str(i % 2 ? "@global" : "group")};
        assert_null(test_find(&t, &id));
        assert_int_equal(test_open(&t, NULL, &id, &slot, i, &err), 0);
    }
    assert_int_equal(t.open_n, MANY);
    int rc;
    struct test_entry **v = test_open_by_slot(&t, &rc);
    assert_non_null(v);
    for (size_t i = 1; i < MANY; i++)
        assert_true(v[i - 1]->slot < v[i]->slot);
    free(v);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "t%u", i);
        struct nx_test_id id = {str("bin"), str(name)};
        struct test_entry *e = test_find(&t, &id);
        assert_non_null(e);
        assert_int_equal(e->pid, i);
        assert_int_equal(e->group.n, i % 2 ? 7 : 5);
        e->flow_pending = i % 3 == 0;
        test_close(&t, e);
        assert_true((test_find(&t, &id) != NULL) == (i % 3 == 0));
    }
    assert_int_equal(t.open_n, 0);
    assert_null(test_open_by_slot(&t, &rc));
    assert_int_equal(rc, 0);
    test_table_fini(&t);
}

/* The parts of an identity do not run into each other. */
static void identities(void **state)
{
    (void)state;
    struct test_table t;
    struct nx_err err;
    struct nx_slot slot = {.test_group = str("@global")};
    struct nx_test_id a = {str("ab"), str("c")}, b = {str("a"), str("bc")};
    assert_int_equal(test_table_init(&t), 0);
    assert_int_equal(test_open(&t, NULL, &a, &slot, 1, &err), 0);
    assert_null(test_find(&t, &b));
    assert_non_null(test_find(&t, &a));
    test_table_fini(&t);
}

/* Tests of one name in many binaries do not end up in one chain. */
static void same_names(void **state)
{
    (void)state;
    struct test_table t;
    struct nx_err err;
    char name[32];
    struct nx_slot slot = {.test_group = str("@global")};
    assert_int_equal(test_table_init(&t), 0);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "bin%u", i);
        struct nx_test_id id = {str(name), str("same")};
        assert_int_equal(test_open(&t, NULL, &id, &slot, i, &err), 0);
    }
    for (size_t i = 0; i <= t.mask; i++) {
        unsigned chain = 0;
        for (const struct test_entry *e = t.buckets[i]; e; e = e->next)
            chain++;
        assert_true(chain < 100);
    }
    test_table_fini(&t);
}

static void binaries(void **state)
{
    (void)state;
    struct binary_table *b;
    struct nx_err err;
    uint64_t next = 2, pid;
    char name[32];
    assert_int_equal(binary_table_new(&b), 0);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 3000; i++) {
            snprintf(name, sizeof name, "crate-%u", i);
            assert_int_equal(binary_pid(b, str(name), &next, &pid, &err), 0);
            assert_int_equal(pid, i + 2);
        }
    }
    assert_int_equal(next, 3002);
    binary_table_free(b);
}

static void tracks(void **state)
{
    (void)state;
    struct track_set s = {0};
    struct nx_err err;
    for (int round = 0; round < 2; round++)
        for (uint64_t pid = 0; pid < 60; pid++)
            for (uint64_t tid = 0; tid < 60; tid++)
                assert_int_equal(track_add(&s, pid, tid, &err), round == 0);
    assert_int_equal(track_add(&s, 3, UINT64_MAX, &err), 1);
    assert_int_equal(track_add(&s, 3, UINT64_MAX, &err), 0);
    track_set_fini(&s);
}

static void scripts(void **state)
{
    (void)state;
    struct script_list l = {0};
    struct nx_err err;
    assert_int_equal(script_put(&l, 7, str("b"), &err), 0);
    assert_int_equal(script_put(&l, 2, str("a"), &err), 0);
    assert_int_equal(script_put(&l, 9, str("a"), &err), 0);
    assert_int_equal(script_put(&l, 7, str("c"), &err), 0);
    assert_int_equal(l.n, 3);
    assert_int_equal(script_named(&l, str("a"))->index, 2);
    assert_null(script_named(&l, str("b")));
    script_drop(&l, 2);
    assert_int_equal(script_named(&l, str("a"))->index, 9);
    assert_null(script_at(&l, 2));
    for (uint64_t i = 100; i < 140; i++)
        assert_int_equal(script_put(&l, i, str("x"), &err), 0);
    script_list_fini(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_tests), cmocka_unit_test(identities), cmocka_unit_test(binaries),
        cmocka_unit_test(tracks),     cmocka_unit_test(scripts),
        cmocka_unit_test(same_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
