/* A timeline out of events that no recording has: pauses in odd places, ends without starts, times that go back. */
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

#include "api/timeline.h"

static struct nx_err err;

static struct nx_str str(const char *z)
{
    return (struct nx_str){z, (uint32_t)strlen(z), true};
}

static struct nx_instant at_us(int64_t us)
{
    return (struct nx_instant){us / 1000000, (uint32_t)(us % 1000000) * 1000, 0};
}

static struct nx_event event(enum nx_event_kind kind, int64_t us, const char *name, uint64_t slot)
{
    struct nx_event ev = {.kind = kind, .timestamp = at_us(us), .test = {str("bin"), str(name)}};
    ev.slot = (struct nx_slot){.global = slot, .test_group = str("@global")};
    return ev;
}

static void add(struct timeline *t, struct nx_event ev)
{
    assert_int_equal(timeline_event(t, &ev, &err), 0);
}

static void start(struct timeline *t, int64_t us, const char *name, uint64_t slot)
{
    add(t, event(NX_EV_TEST_STARTED, us, name, slot));
}

static void end(struct timeline *t, int64_t us, const char *name, int64_t took)
{
    struct nx_status st = {.retry = {1, 1}, .time_taken = {(uint64_t)(took / 1000000), (uint32_t)(took % 1000000) * 1000}};
    struct nx_event ev = event(NX_EV_TEST_FINISHED, us, name, 0);
    ev.u.t.statuses = &st;
    ev.u.t.statuses_n = 1;
    add(t, ev);
}

static void mark(struct timeline *t, enum nx_event_kind kind, int64_t us)
{
    add(t, event(kind, us, "", 0));
}

/* nextest's time leaves out pauses, so an end lies behind them: also when one begins as the test does, or lies in a row. */
static void ends_lie_behind_pauses(void **state)
{
    (void)state;
    struct timeline t;
    timeline_init(&t, 0);
    start(&t, 100, "before", 0);
    end(&t, 200, "before", 100);
    start(&t, 300, "over", 0);
    mark(&t, NX_EV_RUN_PAUSED, 400);
    mark(&t, NX_EV_RUN_CONTINUED, 500);
    mark(&t, NX_EV_RUN_PAUSED, 600);
    start(&t, 600, "in", 1);
    mark(&t, NX_EV_RUN_CONTINUED, 1000);
    end(&t, 1050, "in", 50);
    end(&t, 1100, "over", 300);
    mark(&t, NX_EV_RUN_FINISHED, 1200);
    assert_int_equal(timeline_end(&t, &err), 0);
    assert_int_equal(t.v[0].end, 200);
    assert_int_equal(t.v[1].end, 1100);
    assert_int_equal(t.v[2].end, 1050);
    assert_int_equal(t.sums.paused, 500);
    assert_int_equal(t.sums.active, 700);
    assert_int_equal(t.sums.busy, 100 + 300 + 50);
    assert_int_equal(t.sums.idle, 2 * 700 - 450);
    assert_int_equal(timeline_paused_before(&t, 450), 50);
    assert_int_equal(timeline_paused_before(&t, 1200), 500);
    timeline_fini(&t);
}

/* Of a run that stopped in a pause. */
static void what_runs_has_run_until_the_end(void **state)
{
    (void)state;
    struct timeline t;
    timeline_init(&t, 0);
    start(&t, 100, "a", 0);
    mark(&t, NX_EV_RUN_PAUSED, 400);
    mark(&t, NX_EV_STRESS_SUB_RUN_STARTED, 500);
    assert_int_equal(timeline_end(&t, &err), 0);
    assert_false(t.ended);
    assert_int_equal(t.v[0].outcome, NX_OUTCOME_RUNNING);
    assert_int_equal(t.v[0].duration, 300);
    assert_int_equal(t.v[0].end, 500);
    assert_true(t.pauses.v[0].open && t.sub_runs.v[0].open);
    assert_int_equal(t.pauses.v[0].to, 500);
    timeline_fini(&t);
}

/* Four slots: three of them are enough, half of them is not. */
static void tail_begins_at_half(void **state)
{
    (void)state;
    struct timeline t;
    timeline_init(&t, 0);
    for (int i = 0; i < 4; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        start(&t, 0, name, (uint64_t)i);
    }
    end(&t, 100, "a", 100);
    end(&t, 200, "b", 200);
    end(&t, 300, "c", 300);
    end(&t, 900, "d", 900);
    mark(&t, NX_EV_RUN_FINISHED, 1000);
    assert_int_equal(timeline_end(&t, &err), 0);
    assert_int_equal(t.sums.tail_from, 200);
    assert_int_equal(t.sums.tail, 800);
    assert_int_equal(t.sums.tail_idle, 4 * 800 - 800);
    assert_int_equal(t.sums.last_n, 2);
    assert_int_equal(t.sums.last[0], 3);
    assert_int_equal(t.sums.last[1], 2);
    assert_int_equal(t.sums.longest_n, 4);
    assert_int_equal(t.sums.longest[0], 3);
    assert_int_equal(t.sums.longest[3], 0);
    timeline_fini(&t);
}

static void no_tests_no_tail(void **state)
{
    (void)state;
    struct timeline t;
    timeline_init(&t, 0);
    mark(&t, NX_EV_RUN_FINISHED, 1000);
    assert_int_equal(timeline_end(&t, &err), 0);
    assert_int_equal(t.sums.tail_from, 1000);
    assert_int_equal(t.sums.tail, 0);
    assert_int_equal(t.slots, 0);
    timeline_fini(&t);
}

/* Whatever a log says, no sum passes what an answer may hold, and none is negative. */
static void nonsense_stays_in_bounds(void **state)
{
    (void)state;
    struct timeline t;
    timeline_init(&t, INT64_MIN);
    start(&t, 100, "a", UINT64_MAX);
    start(&t, 50, "a", 3); /* twice, and back in time */
    end(&t, 20, "ghost", INT64_MAX / 2);
    mark(&t, NX_EV_RUN_CONTINUED, 10);
    mark(&t, NX_EV_RUN_PAUSED, 90);
    mark(&t, NX_EV_RUN_PAUSED, 95);
    mark(&t, NX_EV_RUN_CONTINUED, 10);
    mark(&t, NX_EV_RUN_PAUSED, 5);
    mark(&t, NX_EV_SETUP_SCRIPT_STARTED, 1);
    mark(&t, NX_EV_RUN_FINISHED, 7);
    assert_int_equal(timeline_end(&t, &err), 0);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.v[0].slot, 3);
    assert_int_equal(t.v[1].slot, TIMELINE_NO_SLOT);
    assert_int_equal(t.slots, UINT32_MAX);
    const struct timeline_sums *s = &t.sums;
    const int64_t sums[] = {s->paused, s->active, s->scripts, s->busy, s->idle, s->tail_from, s->tail, s->tail_idle, t.wall};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        assert_in_range(sums[i], 0, TIMELINE_MAX);
    }
    timeline_fini(&t);
}

/* Names are told apart by their binary, and found again among many. */
static void names_are_kept_once(void **state)
{
    (void)state;
    struct interned t;
    uint32_t n;
    char name[16];
    interned_init(&t);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            snprintf(name, sizeof name, "n%u", (unsigned)i / 2);
            assert_int_equal(interned_add(&t, i % 2, nx_slice_of(name), &n, &err), 0);
            assert_int_equal(n, i);
            assert_true(nx_slice_is(t.v[n].text, name));
        }
    }
    assert_int_equal(interned_add(&t, 0, NX_LIT(""), &n, &err), 0);
    assert_int_equal(n, 5000);
    assert_int_equal(t.n, 5001);
    interned_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_lie_behind_pauses), cmocka_unit_test(what_runs_has_run_until_the_end),
        cmocka_unit_test(tail_begins_at_half), cmocka_unit_test(no_tests_no_tail),
        cmocka_unit_test(nonsense_stays_in_bounds), cmocka_unit_test(names_are_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
