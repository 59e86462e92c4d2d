#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Tests over the newest runs: flaky, slowest. */
#include <inttypes.h>
#include <stdlib.h>

#include "client/cmd.h"
#include "client/show.h"

struct ranked {
    struct nx_slice binary, test, last_flaky;
    uint64_t runs, flaky, failed, flips, slow;
    double p50, p95, max, total;
};

struct ranking {
    struct ranked *v;
    size_t n;
};

static bool read_ranked(struct nx_scan *s, void *to)
{
    struct ranking *all = to;
    struct ranked r = {0};
    const struct member m[] = {
        {.key = "binary", .kind = M_STR, .to = &r.binary},
        {.key = "test", .kind = M_STR, .to = &r.test},
        {.key = "last_flaky_at", .kind = M_STR, .to = &r.last_flaky},
        {.key = "runs", .kind = M_U64, .to = &r.runs},
        {.key = "flaky_runs", .kind = M_U64, .to = &r.flaky},
        {.key = "failed_runs", .kind = M_U64, .to = &r.failed},
        {.key = "flips", .kind = M_U64, .to = &r.flips},
        {.key = "slow_runs", .kind = M_U64, .to = &r.slow},
        {.key = "p50_secs", .kind = M_DOUBLE, .to = &r.p50},
        {.key = "p95_secs", .kind = M_DOUBLE, .to = &r.p95},
        {.key = "max_secs", .kind = M_DOUBLE, .to = &r.max},
        {.key = "total_secs", .kind = M_DOUBLE, .to = &r.total},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    void *v = all->v;
    struct ranked *at = members_grow(s, &v, &all->n, sizeof(r));
    all->v = v;
    if (at) {
        *at = r;
    }
    return at != NULL;
}

static void add_flaky(struct table *t, const struct asking *a, const struct ranked *r)
{
    char when[SHOW_TIME];
    struct nx_slice none = {NULL, 0};
    table_number(t, r->flaky ? S_ODD : S_NONE, true, r->flaky);
    table_number(t, r->failed ? S_BAD : S_NONE, true, r->failed);
    table_number(t, S_NONE, true, r->flips);
    table_number(t, S_NONE, true, r->runs);
    table_cell(t, S_NONE, "%s", r->last_flaky.p ? show_started(a, none, r->last_flaky, when) : "");
    table_safe(t, S_NONE, r->binary, r->test);
}

static void add_slow(struct table *t, const struct asking *a, const struct ranked *r)
{
    char secs[SHOW_TIME];
    (void)a;
    table_cell(t, S_BOLD, "%s", show_secs(r->p50, secs));
    table_cell(t, S_NONE, "%s", show_secs(r->p95, secs));
    table_cell(t, S_NONE, "%s", show_secs(r->max, secs));
    table_cell(t, S_NONE, "%s", show_secs(r->total, secs));
    table_number(t, S_NONE, true, r->runs);
    table_number(t, S_ODD, r->slow > 0, r->slow);
    table_safe(t, S_NONE, r->binary, r->test);
}

static int print(struct asking *a, const struct column *columns, size_t columns_n,
                 void (*add)(struct table *t, const struct asking *a, const struct ranked *r),
                 const char *none)
{
    struct nx_arena arena;
    struct nx_strbuf out;
    struct table t;
    struct nx_err err;
    struct ranking tests = {0};
    uint64_t runs = 0, more = 0;
    const struct member m[] = {
        {.key = "runs", .kind = M_U64, .to = &runs},
        {.key = "tests", .kind = M_LIST, .to = &tests, .each = read_ranked},
        {.key = "more", .kind = M_U64, .to = &more},
    };
    nx_arena_init(&arena, SIZE_MAX);
    nx_strbuf_init(&out, 0);
    table_init(&t, columns, columns_n);
    int rc = members_of(&a->out, &arena, MEMBERS(m), &err);
    if (rc == 0 && tests.n == 0) {
        ui_info(a->ui, runs ? "%s in the newest %" PRIu64 " run%s" : "no recorded runs", none, runs,
                runs == 1 ? "" : "s");
    } else if (rc == 0) {
        nx_strbuf_addf(&out, "Over the newest %" PRIu64 " run%s:\n\n", runs, runs == 1 ? "" : "s");
        for (size_t i = 0; i < tests.n; i++) {
            add(&t, a, &tests.v[i]);
        }
        table_print(&t, &out, a->ui->out_color);
        if (more) {
            nx_strbuf_addf(&out, "\n  and %" PRIu64 " more: a larger `--limit` shows them\n", more);
        }
    }
    free(tests.v);
    table_fini(&t);
    return show_end(&out, &arena, a, rc, &err);
}

static int print_flaky(struct asking *a)
{
    static const struct column columns[] = {
        {"flaky", true}, {"failed", true}, {"flips", true}, {"of runs", true}, {"last flaky (UTC)", false},
        {"test", false},
    };
    return print(a, columns, sizeof(columns) / sizeof(columns[0]), add_flaky, "no flaky tests");
}

static int print_slowest(struct asking *a)
{
    static const struct column columns[] = {
        {"median", true}, {"p95", true},  {"longest", true}, {"total", true},
        {"runs", true},   {"slow", true}, {"test", false},
    };
    return print(a, columns, sizeof(columns) / sizeof(columns[0]), add_slow, "no tests");
}

static int ask(const struct opts *o, const struct ui *ui, enum nx_question q, int (*show)(struct asking *a))
{
    struct asking a;
    struct nx_err err;
    int rc = asking_open(&a, o, ui, &err);
    asking_scope(&a);
    asking_add(&a, "runs", o->runs);
    asking_add(&a, "limit", o->limit);
    rc = rc < 0 ? rc : asking_answer(&a, q, &err);
    return asking_end(&a, rc, show, &err);
}

int cmd_flaky(const struct opts *o, const struct ui *ui)
{
    return ask(o, ui, NX_Q_FLAKY, print_flaky);
}

int cmd_slowest(const struct opts *o, const struct ui *ui)
{
    return ask(o, ui, NX_Q_SLOWEST, print_slowest);
}
