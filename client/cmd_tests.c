#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>

#include "client/cmd.h"
#include "client/show.h"

/* --- the tests of a run --- */

struct shown_test {
    struct nx_slice binary, test, outcome, group;
    uint64_t stress, attempt, slot;
    bool passed, flaky, slow;
    double secs;
};

struct shown_tests {
    struct shown_test *v;
    size_t n;
};

static bool read_test(struct nx_scan *s, void *to)
{
    struct shown_tests *all = to;
    struct shown_test t = {0};
    const struct member m[] = {
        {.key = "binary", .kind = M_STR, .to = &t.binary},
        {.key = "test", .kind = M_STR, .to = &t.test},
        {.key = "outcome", .kind = M_STR, .to = &t.outcome},
        {.key = "group", .kind = M_STR, .to = &t.group},
        {.key = "stress_index", .kind = M_U64, .to = &t.stress},
        {.key = "attempt", .kind = M_U64, .to = &t.attempt},
        {.key = "slot", .kind = M_U64, .to = &t.slot},
        {.key = "passed", .kind = M_BOOL, .to = &t.passed},
        {.key = "flaky", .kind = M_BOOL, .to = &t.flaky},
        {.key = "slow", .kind = M_BOOL, .to = &t.slow},
        {.key = "duration_secs", .kind = M_DOUBLE, .to = &t.secs},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    void *v = all->v;
    struct shown_test *at = members_grow(s, &v, &all->n, sizeof(t));
    all->v = v;
    if (at) {
        *at = t;
    }
    return at != NULL;
}

static void add_test(struct table *t, const struct shown_run *run, const struct shown_test *test)
{
    char secs[SHOW_TIME], word[64];
    snprintf(word, sizeof(word), "%.*s", (int)test->outcome.n, test->outcome.p ? test->outcome.p : "");
    show_outcome(t, word, test->passed, test->flaky);
    table_cell(t, S_ODD, "%s", test->flaky ? "flaky" : "");
    table_number(t, S_NONE, test->attempt > 1, test->attempt);
    table_cell(t, test->slow ? S_ODD : S_NONE, "%s", show_secs(test->secs, secs));
    table_cell(t, S_ODD, "%s", test->slow ? "slow" : "");
    table_number(t, S_NONE, run->stress, test->stress);
    table_number(t, S_NONE, true, test->slot);
    table_safe(t, S_NONE, test->group, (struct nx_slice){NULL, 0});
    table_safe(t, S_NONE, test->binary, test->test);
}

static int print_tests(struct asking *a)
{
    static const struct column columns[] = {
        {"outcome", false}, {"", false},      {"try", true},    {"duration", true}, {"", false},
        {"sub-run", true},  {"slot", true},   {"group", false}, {"test", false},
    };
    struct shown_run run = {0};
    struct shown_tests tests = {0};
    struct nx_slice next = {NULL, 0};
    struct member of_run[SHOWN_RUN], counts[7];
    struct nx_arena arena;
    struct nx_strbuf out;
    struct table t;
    struct nx_err err;

    show_run_members(&run, of_run, counts);
    const struct member m[] = {
        {.key = "run", .kind = M_OBJ, .in = of_run, .in_n = SHOWN_RUN},
        {.key = "tests", .kind = M_LIST, .to = &tests, .each = read_test},
        {.key = "next", .kind = M_STR, .to = &next},
    };
    nx_arena_init(&arena, SIZE_MAX);
    nx_strbuf_init(&out, 0);
    table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
    int rc = members_of(&a->out, &arena, MEMBERS(m), &err);
    if (rc == 0) {
        show_run(&out, a, "Run", &run);
        if (!run.whole && nx_slice_is(run.status, "completed")) {
            ui_warn(a->ui, "parts of the run's log could not be read: tests may be missing");
        }
        for (size_t i = 0; i < tests.n; i++) {
            add_test(&t, &run, &tests.v[i]);
        }
        nx_strbuf_adds(&out, tests.n ? "\n" : "");
        table_print(&t, &out, a->ui->out_color);
        if (next.p) {
            nx_strbuf_adds(&out, "\n  and more: `--after ");
            ui_safe(&out, next);
            nx_strbuf_adds(&out, "` shows them\n");
        }
        if (tests.n == 0) {
            ui_info(a->ui, "no tests to show");
        }
    }
    free(tests.v);
    table_fini(&t);
    return show_end(&out, &arena, a, rc, &err);
}

/* --- every test there is --- */

struct found_names {
    struct nx_strbuf *out;
    size_t n;
};

static bool read_name(struct nx_scan *s, void *to)
{
    struct found_names *found = to;
    struct nx_slice binary = {NULL, 0}, test = {NULL, 0};
    const struct member m[] = {
        {.key = "binary", .kind = M_STR, .to = &binary},
        {.key = "test", .kind = M_STR, .to = &test},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    ui_safe(found->out, binary);
    nx_strbuf_addc(found->out, ' ');
    ui_safe(found->out, test);
    nx_strbuf_addc(found->out, '\n');
    found->n++;
    return true;
}

static int print_names(struct asking *a)
{
    struct nx_arena arena;
    struct nx_strbuf out;
    struct nx_err err;
    struct found_names found = {&out, 0};
    struct nx_slice next = {NULL, 0};
    const struct member m[] = {
        {.key = "tests", .kind = M_LIST, .to = &found, .each = read_name},
        {.key = "next", .kind = M_STR, .to = &next},
    };
    nx_arena_init(&arena, SIZE_MAX);
    nx_strbuf_init(&out, 0);
    int rc = members_of(&a->out, &arena, MEMBERS(m), &err);
    if (rc == 0 && next.p) {
        ui_info(a->ui, "there are more; a larger --limit shows them");
    }
    if (rc == 0 && found.n == 0) {
        ui_info(a->ui, "no test has that in its name");
    }
    return show_end(&out, &arena, a, rc, &err);
}

int cmd_tests(const struct opts *o, const struct ui *ui)
{
    struct asking a;
    struct nx_err err;
    int rc = asking_open(&a, o, ui, &err);
    asking_add(&a, "limit", o->limit);
    asking_add(&a, "after", o->after);
    if (o->search) {
        asking_add(&a, "text", o->search);
        rc = rc < 0 ? rc : asking_answer(&a, NX_Q_SEARCH, &err);
        return asking_end(&a, rc, print_names, &err);
    }
    asking_scope(&a);
    rc = rc < 0 ? rc : asking_run(&a, "run", o->arg ? o->arg : "latest", &err);
    asking_add(&a, "sort", o->sort);
    asking_add(&a, "outcome", o->outcome);
    asking_add(&a, "text", o->text);
    asking_add(&a, "attempts", o->attempts);
    rc = rc < 0 ? rc : asking_answer(&a, NX_Q_TESTS, &err);
    return asking_end(&a, rc, print_tests, &err);
}
