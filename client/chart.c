#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Slots over time, in a terminal. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/timeline.h"

enum { LABEL = 8 };

/* A piece of a line: how much of its time was busy, and the worst that ended in it. */
struct piece {
    double busy;
    enum style style;
    bool failed; /* an attempt ended badly here */
};

struct chart {
    const struct ui *ui;
    size_t width;      /* pieces a line */
    double wall, step; /* time a line, a piece */
    bool *paused;      /* by piece: for the most part */
};

static int badness(enum style s)
{
    return s == S_BAD ? 3 : s == S_ODD ? 2 : s == S_GOOD ? 1 : 0;
}

/* Spreads [from, to) over the line's pieces. */
static void spread(const struct chart *c, struct piece *line, double from, double to, enum style style, bool failed)
{
    from = from < 0 ? 0 : from;
    to = to > c->wall ? c->wall : to;
    if (from > to || c->step <= 0) {
        return;
    }
    size_t first = (size_t)(from / c->step), last = (size_t)(to / c->step);
    first = first < c->width ? first : c->width - 1;
    last = last < c->width ? last : c->width - 1;
    for (size_t i = first; i <= last; i++) {
        double begin = c->step * (double)i, end = begin + c->step;
        double part = (to < end ? to : end) - (from > begin ? from : begin);
        line[i].busy += part > 0 ? part : 0;
        if (badness(style) > badness(line[i].style)) {
            line[i].style = style;
        }
    }
    line[last].failed |= failed;
}

static const char *glyph(const struct chart *c, const struct piece *p, bool paused)
{
    static const char *const ascii[] = {" ", ".", ":", "+", "#"}, *const unicode[] = {" ", "░", "▒", "▓", "█"};
    const char *const *set = c->ui->unicode ? unicode : ascii;
    double share = p->busy / c->step;
    if (p->failed) {
        return c->ui->unicode ? "×" : "x";
    }
    if (paused) {
        return c->ui->unicode ? "┄" : "-";
    }
    return set[share <= 0 ? 0 : share < 0.25 ? 1 : share < 0.5 ? 2 : share < 0.75 ? 3 : 4];
}

static void put_line(const struct chart *c, struct nx_strbuf *out, const char *label, const struct piece *line)
{
    nx_strbuf_addf(out, "  %-*s", LABEL, label);
    for (size_t i = 0; i < c->width;) {
        struct nx_strbuf part;
        enum style style = line[i].style;
        nx_strbuf_init(&part, 0);
        for (; i < c->width && line[i].style == style; i++) {
            nx_strbuf_adds(&part, glyph(c, &line[i], c->paused[i]));
        }
        ui_styled(out, c->ui->out_color, style, part.failed ? "" : part.p);
        nx_strbuf_fini(&part);
    }
    while (out->n > 0 && out->p[out->n - 1] == ' ') { /* nothing that is copied along in vain */
        out->n--;
    }
    nx_strbuf_addc(out, '\n');
}

static void put_slots(const struct chart *c, struct nx_strbuf *out, const struct shown_timeline *t, struct piece *lines,
                      size_t rows)
{
    for (size_t i = 0; i < t->test.n; i++) {
        if (t->slot.v[i] >= 0 && (uint64_t)t->slot.v[i] < rows) {
            enum style style = timeline_style(t, i);
            bool running = nx_slice_is(t->outcomes.v[t->outcome.v[i]], "running");
            spread(c, lines + (size_t)t->slot.v[i] * c->width, (double)t->start.v[i], timeline_end_of(t, i), style,
                   style != S_GOOD && !running);
        }
    }
    for (size_t i = 0; i < rows; i++) {
        char label[32];
        snprintf(label, sizeof(label), "slot %zu", i);
        put_line(c, out, label, lines + i * c->width);
    }
    if (rows < t->slots) {
        nx_strbuf_addf(out, "  and %" PRIu64 " more slots\n", t->slots - rows);
    }
}

static void put_scripts(const struct chart *c, struct nx_strbuf *out, const struct shown_timeline *t, struct piece *line)
{
    for (size_t i = 0; i < t->scripts.n; i++) {
        const struct shown_script *s = &t->scripts.v[i];
        bool good = s->outcome.n >= 4 && memcmp(s->outcome.p + s->outcome.n - 4, "pass", 4) == 0;
        bool running = nx_slice_is(s->outcome, "running");
        spread(c, line, s->start, s->end, good ? S_GOOD : running ? S_ODD : S_BAD, !good && !running);
    }
    if (t->scripts.n > 0) {
        put_line(c, out, "setup", line);
    }
}

static void find_pauses(const struct chart *c, const struct shown_timeline *t, struct piece *line)
{
    for (size_t i = 0; i < t->pauses.n; i++) {
        spread(c, line, t->pauses.v[i].from, t->pauses.v[i].to < 0 ? c->wall : t->pauses.v[i].to, S_NONE, false);
    }
    for (size_t i = 0; i < c->width; i++) {
        c->paused[i] = line[i].busy > c->step / 2;
    }
}

/* Under the slots: the tail, and the time. */
static void put_axis(const struct chart *c, struct nx_strbuf *out, const struct shown_timeline *t)
{
    char half[32], whole[32];
    size_t from = (size_t)((double)t->tail_from / c->step);
    if (t->tail > t->wall / 100 && from + 1 < c->width) {
        nx_strbuf_addf(out, "  %-*s%*s", LABEL, "tail", (int)from, "");
        for (size_t i = from; i < c->width; i++) {
            nx_strbuf_adds(out, c->ui->unicode ? "─" : "-");
        }
        nx_strbuf_addc(out, '\n');
    }
    snprintf(half, sizeof(half), "%.3gs", c->wall / 2e6);
    snprintf(whole, sizeof(whole), "%.3gs", c->wall / 1e6);
    nx_strbuf_addf(out, "  %-*s0%*s%*s\n", LABEL, "", (int)(c->width / 2) - 1, half, (int)(c->width - c->width / 2), whole);
}

void timeline_chart(struct nx_strbuf *out, const struct ui *ui, const struct shown_timeline *t, size_t width)
{
    struct chart c = {.ui = ui, .wall = (double)t->wall};
    size_t rows = t->slots < CHART_ROWS ? (size_t)t->slots : CHART_ROWS;
    c.width = (width < CHART_LEAST ? CHART_LEAST : width) - LABEL - 2;
    c.step = c.wall / (double)c.width;
    if (t->wall == 0 || (rows == 0 && t->scripts.n == 0)) {
        return;
    }
    c.paused = calloc(c.width, sizeof(*c.paused));
    struct piece *lines = calloc((rows + 2) * c.width, sizeof(*lines));
    if (c.paused && lines) {
        nx_strbuf_addc(out, '\n');
        find_pauses(&c, t, lines + rows * c.width);
        put_scripts(&c, out, t, lines + (rows + 1) * c.width);
        put_slots(&c, out, t, lines, rows);
        put_axis(&c, out, t);
    } else {
        out->failed = true;
    }
    free(c.paused);
    free(lines);
}
