#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdlib.h>

#include "client/cmd.h"
#include "client/show.h"

struct side {
    struct nx_slice outcome; /* {NULL}: it did not run */
    bool flaky;
    double secs;
};

struct change {
    struct nx_slice binary, test;
    struct side base, head;
};

struct changes {
    struct change *v;
    size_t n;
};

enum { NEWLY_FAILING, FIXED, STILL_FAILING, NEW, REMOVED, SLOWER, FASTER, KINDS };

static const struct {
    const char *key, *title;
    enum style style;
} kinds[KINDS] = {
    [NEWLY_FAILING] = {"newly_failing", "Newly failing", S_BAD},
    [FIXED] = {"fixed", "Fixed", S_GOOD},
    [STILL_FAILING] = {"still_failing", "Still failing", S_BAD},
    [NEW] = {"new", "New", S_NONE},
    [REMOVED] = {"removed", "Removed", S_NONE},
    [SLOWER] = {"slower", "Slower", S_ODD},
    [FASTER] = {"faster", "Faster", S_GOOD},
};

static bool read_change(struct nx_scan *s, void *to)
{
    struct changes *all = to;
    struct change c = {.base.secs = -1, .head.secs = -1};
    const struct member base[] = {
        {.key = "outcome", .kind = M_STR, .to = &c.base.outcome},
        {.key = "flaky", .kind = M_BOOL, .to = &c.base.flaky},
        {.key = "duration_secs", .kind = M_DOUBLE, .to = &c.base.secs},
    };
    const struct member head[] = {
        {.key = "outcome", .kind = M_STR, .to = &c.head.outcome},
        {.key = "flaky", .kind = M_BOOL, .to = &c.head.flaky},
        {.key = "duration_secs", .kind = M_DOUBLE, .to = &c.head.secs},
    };
    const struct member m[] = {
        {.key = "binary", .kind = M_STR, .to = &c.binary},
        {.key = "test", .kind = M_STR, .to = &c.test},
        {.key = "base", .kind = M_OBJ, .in = base, .in_n = sizeof(base) / sizeof(base[0])},
        {.key = "head", .kind = M_OBJ, .in = head, .in_n = sizeof(head) / sizeof(head[0])},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    void *v = all->v;
    struct change *at = members_grow(s, &v, &all->n, sizeof(c));
    all->v = v;
    if (at) {
        *at = c;
    }
    return at != NULL;
}

static void add_change(struct table *t, int kind, const struct change *c)
{
    char secs[SHOW_TIME];
    table_cell(t, S_NONE, "%s", show_secs(c->base.secs, secs));
    table_cell(t, kinds[kind].style, "%s", show_secs(c->head.secs, secs));
    if (kind >= SLOWER && c->base.secs > 0) {
        table_cell(t, kinds[kind].style, "%+.0f%%", (c->head.secs / c->base.secs - 1) * 100);
    } else {
        table_cell(t, S_ODD, "%s", c->head.flaky ? "flaky" : "");
    }
    table_safe(t, S_NONE, c->binary, c->test);
}

static void print_kind(struct nx_strbuf *out, bool color, int kind, const struct changes *c)
{
    static const struct column columns[] = {{"before", true}, {"after", true}, {"", false}, {"test", false}};
    struct table t;
    if (c->n == 0) {
        return;
    }
    table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < c->n; i++) {
        add_change(&t, kind, &c->v[i]);
    }
    nx_strbuf_addc(out, '\n');
    ui_styled(out, color, kinds[kind].style, kinds[kind].title);
    nx_strbuf_addf(out, " (%zu):\n", c->n);
    table_print(&t, out, color);
    table_fini(&t);
}

static int print_compare(struct asking *a)
{
    struct shown_run base = {0}, head = {0};
    struct changes changes[KINDS] = {0};
    struct member base_m[SHOWN_RUN], base_counts[7], head_m[SHOWN_RUN], head_counts[7], m[2 + KINDS];
    struct nx_arena arena;
    struct nx_strbuf out;
    struct nx_err err;
    size_t all = 0;

    show_run_members(&base, base_m, base_counts);
    show_run_members(&head, head_m, head_counts);
    m[0] = (struct member){.key = "base", .kind = M_OBJ, .in = base_m, .in_n = SHOWN_RUN};
    m[1] = (struct member){.key = "head", .kind = M_OBJ, .in = head_m, .in_n = SHOWN_RUN};
    for (int k = 0; k < KINDS; k++) {
        m[2 + k] =
            (struct member){.key = kinds[k].key, .kind = M_LIST, .to = &changes[k], .each = read_change};
    }
    nx_arena_init(&arena, SIZE_MAX);
    nx_strbuf_init(&out, 0);
    int rc = members_of(&a->out, &arena, MEMBERS(m), &err);
    if (rc == 0) {
        show_run(&out, a, "Base", &base);
        show_run(&out, a, "Head", &head);
        for (int k = 0; k < KINDS; k++) {
            print_kind(&out, a->ui->out_color, k, &changes[k]);
            all += changes[k].n;
        }
        nx_strbuf_adds(&out, all ? "" : "\nNothing that matters is different.\n");
    }
    for (int k = 0; k < KINDS; k++) {
        free(changes[k].v);
    }
    return show_end(&out, &arena, a, rc, &err);
}

int cmd_compare(const struct opts *o, const struct ui *ui)
{
    struct asking a;
    struct nx_err err;
    int rc = asking_open(&a, o, ui, &err);
    asking_scope(&a);
    rc = rc < 0 ? rc : asking_run(&a, "base", o->args[0], &err);
    rc = rc < 0 ? rc : asking_run(&a, "head", o->args_n > 1 ? o->args[1] : "latest", &err);
    rc = rc < 0 ? rc : asking_answer(&a, NX_Q_COMPARE, &err);
    return asking_end(&a, rc, print_compare, &err);
}
