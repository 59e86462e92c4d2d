#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/fill.h"
#include "api/pick_test.h"
#include "client/cmd.h"
#include "client/show.h"

struct past_run {
    struct nx_slice id, started_at, profile, outcome;
    uint64_t attempts;
    bool flaky, on_disk;
    double secs;
};

struct past {
    struct past_run *v;
    size_t n;
};

static bool count_attempt(struct nx_scan *s, void *to)
{
    enum { DEPTH = 8 };
    ++*(uint64_t *)to;
    return nx_scan_skip(s, false, DEPTH);
}

static bool read_run(struct nx_scan *s, void *to)
{
    struct past *all = to;
    struct past_run r = {0};
    const struct member m[] = {
        {.key = "run", .kind = M_STR, .to = &r.id},
        {.key = "started_at", .kind = M_STR, .to = &r.started_at},
        {.key = "profile", .kind = M_STR, .to = &r.profile},
        {.key = "outcome", .kind = M_STR, .to = &r.outcome},
        {.key = "attempts", .kind = M_LIST, .to = &r.attempts, .each = count_attempt},
        {.key = "flaky", .kind = M_BOOL, .to = &r.flaky},
        {.key = "on_disk", .kind = M_BOOL, .to = &r.on_disk},
        {.key = "duration_secs", .kind = M_DOUBLE, .to = &r.secs},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    void *v = all->v;
    struct past_run *at = members_grow(s, &v, &all->n, sizeof(r));
    all->v = v;
    if (at) {
        *at = r;
    }
    return at != NULL;
}

struct summary {
    struct nx_slice binary, test, bad_run, bad_at;
    uint64_t runs, passed, flaky, failed;
    double p50, p95;
};

static void add_count(struct nx_strbuf *out, bool color, uint64_t n, enum style style, const char *word,
                      const char *between)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, n);
    nx_strbuf_adds(out, between);
    ui_styled(out, color, S_BOLD, text);
    nx_strbuf_addc(out, ' ');
    ui_styled(out, color, n ? style : S_NONE, word);
}

static void print_summary(struct nx_strbuf *out, const struct asking *a, const struct summary *s)
{
    char secs[SHOW_TIME], id[64];
    bool color = a->ui->out_color;
    ui_safe(out, s->binary);
    nx_strbuf_addc(out, ' ');
    ui_safe(out, s->test);
    add_count(out, color, s->runs, S_NONE, s->runs == 1 ? "run" : "runs", "\n\n  ");
    add_count(out, color, s->passed, S_GOOD, "passed", ": ");
    add_count(out, color, s->flaky, S_ODD, "flaky", ", ");
    add_count(out, color, s->failed, S_BAD, "failed", ", ");
    if (s->p50 >= 0) {
        nx_strbuf_addf(out, "; median %s", show_secs(s->p50, secs));
        nx_strbuf_addf(out, ", p95 %s", show_secs(s->p95, secs));
    }
    nx_strbuf_addc(out, '\n');
    if (s->bad_run.p) {
        snprintf(id, sizeof(id), "%.*s", (int)show_id_width(a, s->bad_run), s->bad_run.p);
        nx_strbuf_adds(out, "  ");
        ui_styled(out, color, S_BAD, "failing since");
        nx_strbuf_addf(out, " run %s of %s\n", id, show_started(a, s->bad_run, s->bad_at, secs));
    }
    nx_strbuf_addc(out, '\n');
}

static void add_run(struct table *t, const struct asking *a, const struct past_run *r)
{
    char text[SHOW_TIME], word[32];
    struct nx_slice none = {NULL, 0};
    snprintf(word, sizeof(word), "%.*s", (int)r->outcome.n, r->outcome.p ? r->outcome.p : "");
    table_safe(t, S_ID, (struct nx_slice){r->id.p, show_id_width(a, r->id)}, none);
    table_cell(t, S_NONE, "%s", show_started(a, r->id, r->started_at, text));
    show_outcome(t, word, nx_slice_is(r->outcome, "passed"), r->flaky);
    table_cell(t, S_ODD, "%s", r->flaky ? "flaky" : "");
    table_number(t, S_NONE, r->attempts > 1, r->attempts);
    table_cell(t, S_NONE, "%s", show_secs(r->secs, text));
    table_safe(t, S_NONE, r->profile, none);
    table_cell(t, S_ODD, "%s", r->on_disk ? "" : "no longer on disk");
}

static int print_history(struct asking *a)
{
    static const struct column columns[] = {
        {"run", false}, {"started", false},  {"outcome", false}, {"", false},
        {"tries", true}, {"duration", true}, {"profile", false}, {"", false},
    };
    struct summary s = {.p50 = -1};
    struct past past = {0};
    struct nx_arena arena;
    struct nx_strbuf out;
    struct nx_err err;
    struct table t;
    const struct member bad[] = {
        {.key = "run", .kind = M_STR, .to = &s.bad_run},
        {.key = "started_at", .kind = M_STR, .to = &s.bad_at},
    };
    const struct member sum[] = {
        {.key = "runs", .kind = M_U64, .to = &s.runs},
        {.key = "passed", .kind = M_U64, .to = &s.passed},
        {.key = "flaky", .kind = M_U64, .to = &s.flaky},
        {.key = "failed", .kind = M_U64, .to = &s.failed},
        {.key = "p50_secs", .kind = M_DOUBLE, .to = &s.p50},
        {.key = "p95_secs", .kind = M_DOUBLE, .to = &s.p95},
        {.key = "first_bad", .kind = M_OBJ, .in = bad, .in_n = sizeof(bad) / sizeof(bad[0])},
    };
    const struct member m[] = {
        {.key = "binary", .kind = M_STR, .to = &s.binary},
        {.key = "test", .kind = M_STR, .to = &s.test},
        {.key = "runs", .kind = M_LIST, .to = &past, .each = read_run},
        {.key = "summary", .kind = M_OBJ, .in = sum, .in_n = sizeof(sum) / sizeof(sum[0])},
    };
    nx_arena_init(&arena, SIZE_MAX);
    nx_strbuf_init(&out, 0);
    table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
    int rc = members_of(&a->out, &arena, MEMBERS(m), &err);
    if (rc == 0) {
        print_summary(&out, a, &s);
        for (size_t i = 0; i < past.n; i++) {
            add_run(&t, a, &past.v[i]);
        }
        table_print(&t, &out, a->ui->out_color);
    }
    free(past.v);
    table_fini(&t);
    return show_end(&out, &arena, a, rc, &err);
}

/* The newest runs that have a test of that name say which is meant. */
static int pick(struct asking *a, const char *words, struct nx_test_pick *ret, struct nx_err *err)
{
    enum { BATCH = 32 };
    struct nx_fill fill;
    int rc = asking_index(a, err);
    rc = rc < 0 ? rc : -NX_ENOTFOUND;
    nx_fill_init(&fill, &a->world, a->place.scope, asking_step, a);
    for (size_t batch = BATCH; rc == -NX_ENOTFOUND && !nx_fill_done(&fill); batch *= 2) {
        rc = nx_fill_more(&fill, batch, NULL, err);
        if (rc == 0) {
            rc = nx_test_pick_newest(&a->world, a->place.scope, fill.at, words, ret, err);
        }
    }
    if (rc == -NX_ENOTFOUND) { /* of runs that nextest has pruned, perhaps */
        rc = nx_test_pick(&a->world, NULL, words, ret, err);
    }
    progress_clear(&a->progress);
    return rc;
}

int cmd_history(const struct opts *o, const struct ui *ui)
{
    struct asking a;
    struct nx_test_pick test = {NULL, NULL};
    struct nx_err err;
    int rc = asking_open(&a, o, ui, &err);
    if (rc == 0 && o->args_n == 1) {
        rc = pick(&a, o->args[0], &test, &err);
        rc = asking_without_file(&a, rc, &err) ? pick(&a, o->args[0], &test, &err) : rc;
    }
    asking_scope(&a);
    asking_add(&a, "binary", o->args_n == 1 ? test.binary : o->args[0]);
    asking_add(&a, "test", o->args_n == 1 ? test.name : o->args[1]);
    asking_add(&a, "runs", o->runs);
    rc = rc < 0 ? rc : asking_answer(&a, NX_Q_HISTORY, &err);
    int status = asking_end(&a, rc, print_history, &err);
    nx_test_pick_fini(&test);
    return status;
}
