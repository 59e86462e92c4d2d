#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* A run over time: what held it up, and a chart. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/show.h"
#include "client/timeline.h"

enum { WIDTH = 80, WIDTH_MAX = 240, LONGEST = 5 };

static size_t width_of_output(void)
{
    struct winsize w = {0};
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0) {
        return WIDTH;
    }
    return w.ws_col < WIDTH_MAX ? w.ws_col : WIDTH_MAX;
}

static const char *secs(uint64_t us, char *buf)
{
    return show_secs((double)us / 1e6, buf);
}

static void put_test(struct nx_strbuf *out, const struct shown_timeline *t, int64_t execution)
{
    size_t test = (size_t)t->test.v[execution];
    ui_safe(out, t->binaries.v[t->binary.v[test]]);
    nx_strbuf_addc(out, ' ');
    ui_safe(out, t->names.v[test]);
}

static void put_head(struct nx_strbuf *out, const struct asking *a, const struct shown_timeline *t)
{
    char id[64], start[SHOW_TIME];
    snprintf(id, sizeof(id), "%.*s", (int)show_id_width(a, t->id), t->id.p ? t->id.p : "");
    ui_styled(out, a->ui->out_color, S_BOLD, "Run");
    nx_strbuf_addc(out, ' ');
    ui_styled(out, a->ui->out_color, S_ID, id);
    nx_strbuf_addf(out, " of %s: %zu attempt%s of %zu test%s (", show_started(a, t->id, t->started_at, start), t->test.n,
                   t->test.n == 1 ? "" : "s", t->names.n, t->names.n == 1 ? "" : "s");
    ui_safe(out, t->status);
    nx_strbuf_adds(out, ")\n\n");
}

static void put_label(struct nx_strbuf *out, const struct asking *a, const char *label, uint64_t us)
{
    char text[SHOW_TIME], padded[SHOW_TIME + 8];
    snprintf(padded, sizeof(padded), "%10s", secs(us, text));
    nx_strbuf_addf(out, "  %-8s", label);
    ui_styled(out, a->ui->out_color, S_BOLD, padded);
}

static void put_tail(struct nx_strbuf *out, const struct asking *a, const struct shown_timeline *t)
{
    char from[SHOW_TIME];
    put_label(out, a, "tail", t->tail);
    nx_strbuf_addf(out, "  from %s on at most half of the slots were busy", secs(t->tail_from, from));
    for (size_t i = 0; i < t->tail_last.n && i < 3; i++) {
        nx_strbuf_adds(out, i ? ", " : "; last: ");
        put_test(out, t, t->tail_last.v[i]);
    }
    nx_strbuf_addc(out, '\n');
}

static void put_summary(struct nx_strbuf *out, const struct asking *a, const struct shown_timeline *t)
{
    uint64_t slot_time = t->busy + t->idle;
    put_label(out, a, "wall", t->wall);
    nx_strbuf_addf(out, "  %s\n", t->ended ? "from the run's start to its end" : "so far: the run has no end in its log");
    if (t->slots) {
        put_label(out, a, "busy", t->busy);
        nx_strbuf_addf(out, "  %.0f%% of the time of %" PRIu64 " slot%s\n",
                       slot_time ? 100.0 * (double)t->busy / (double)slot_time : 0.0, t->slots, t->slots == 1 ? "" : "s");
        put_label(out, a, "idle", t->idle);
        nx_strbuf_adds(out, "  of slots without a test\n");
    }
    if (t->scripts.n) {
        put_label(out, a, "setup", t->script_time);
        nx_strbuf_addf(out, "  %zu setup script%s\n", t->scripts.n, t->scripts.n == 1 ? "" : "s");
    }
    if (t->pauses.n) {
        put_label(out, a, "paused", t->paused);
        nx_strbuf_addf(out, "  %zu pause%s\n", t->pauses.n, t->pauses.n == 1 ? "" : "s");
    }
    if (t->tail > t->wall / 100) { /* every run takes a moment to end */
        put_tail(out, a, t);
    }
}

static void put_longest(struct nx_strbuf *out, const struct asking *a, const struct shown_timeline *t)
{
    static const struct column columns[] = {
        {"longest", true}, {"start", true}, {"slot", true}, {"try", true}, {"outcome", false}, {"test", false}};
    struct table table;
    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < t->longest.n && i < LONGEST; i++) {
        char text[SHOW_TIME];
        size_t e = (size_t)t->longest.v[i], test = (size_t)t->test.v[e];
        table_cell(&table, S_BOLD, "%s", show_secs((double)t->duration.v[e] / 1e6, text));
        table_cell(&table, S_NONE, "%.3fs", (double)t->start.v[e] / 1e6);
        table_number(&table, S_NONE, t->slot.v[e] >= 0, (uint64_t)t->slot.v[e]);
        table_number(&table, S_NONE, t->attempt.v[e] > 1, (uint64_t)t->attempt.v[e]);
        table_safe(&table, timeline_style(t, e), t->outcomes.v[t->outcome.v[e]], (struct nx_slice){NULL, 0});
        table_safe(&table, S_NONE, t->binaries.v[t->binary.v[test]], t->names.v[test]);
    }
    nx_strbuf_adds(out, t->longest.n ? "\n" : "");
    table_print(&table, out, a->ui->out_color);
    table_fini(&table);
}

static int print_timeline(struct asking *a)
{
    struct shown_timeline t;
    struct nx_arena arena;
    struct nx_strbuf out;
    struct nx_err err;
    nx_arena_init(&arena, SIZE_MAX);
    nx_strbuf_init(&out, 0);
    int rc = timeline_of(&a->out, &arena, &t, &err);
    if (rc == 0) {
        put_head(&out, a, &t);
        put_summary(&out, a, &t);
        put_longest(&out, a, &t);
        timeline_chart(&out, a->ui, &t, width_of_output());
        if (!t.whole && t.ended) {
            ui_warn(a->ui, "parts of the run's log could not be read: tests may be missing");
        }
    }
    timeline_free(&t);
    return show_end(&out, &arena, a, rc, &err);
}

int cmd_timeline(const struct opts *o, const struct ui *ui)
{
    struct asking a;
    struct nx_err err;
    int rc = asking_open(&a, o, ui, &err);
    asking_scope(&a);
    rc = rc < 0 ? rc : asking_run(&a, "run", o->arg ? o->arg : "latest", &err);
    rc = rc < 0 ? rc : asking_answer(&a, NX_Q_TIMELINE, &err);
    return asking_end(&a, rc, print_timeline, &err);
}
