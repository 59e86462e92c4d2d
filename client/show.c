#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/words.h"

void show_run_members(struct shown_run *run, struct member m[SHOWN_RUN], struct member counts[7])
{
    const struct member c[7] = {
        {.key = "tests", .kind = M_U64, .to = &run->tests},
        {.key = "passed", .kind = M_U64, .to = &run->passed},
        {.key = "flaky", .kind = M_U64, .to = &run->flaky},
        {.key = "failed", .kind = M_U64, .to = &run->failed},
        {.key = "running", .kind = M_U64, .to = &run->running},
        {.key = "skipped", .kind = M_U64, .to = &run->skipped},
        {.key = "slow", .kind = M_U64, .to = &run->slow},
    };
    memcpy(counts, c, sizeof(c));
    const struct member v[SHOWN_RUN] = {
        {.key = "id", .kind = M_STR, .to = &run->id},
        {.key = "status", .kind = M_STR, .to = &run->status},
        {.key = "started_at", .kind = M_STR, .to = &run->started_at},
        {.key = "profile", .kind = M_STR, .to = &run->profile},
        {.key = "counts", .kind = M_OBJ, .in = counts, .in_n = 7},
        {.key = "stress", .kind = M_BOOL, .to = &run->stress},
        {.key = "whole", .kind = M_BOOL, .to = &run->whole},
        {.key = "on_disk", .kind = M_BOOL, .to = &run->on_disk},
    };
    memcpy(m, v, sizeof(v));
}

static void add_number(struct nx_strbuf *out, bool color, const char *before, uint64_t n, enum style style,
                       const char *word)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, n);
    nx_strbuf_adds(out, before);
    ui_styled(out, color, S_BOLD, text);
    nx_strbuf_addc(out, ' ');
    ui_styled(out, color, style, word);
}

void show_run(struct nx_strbuf *out, const struct asking *a, const char *label, const struct shown_run *run)
{
    char text[64], start[SHOW_TIME];
    bool color = a->ui->out_color;
    ui_styled(out, color, S_BOLD, label);
    snprintf(text, sizeof(text), "%.*s", (int)show_id_width(a, run->id), run->id.p ? run->id.p : "");
    nx_strbuf_addc(out, ' ');
    ui_styled(out, color, S_ID, text);
    nx_strbuf_addf(out, " of %s", show_started(a, run->id, run->started_at, start));
    add_number(out, color, ": ", run->tests, S_NONE, run->tests == 1 ? "test" : "tests");
    add_number(out, color, run->stress ? " in sub-runs, " : ", ", run->passed, S_GOOD, "passed");
    if (run->flaky) {
        add_number(out, color, " (", run->flaky, S_ODD, "flaky");
        nx_strbuf_addc(out, ')');
    }
    if (run->failed) {
        add_number(out, color, ", ", run->failed, S_BAD, "failed");
    }
    if (run->running) {
        add_number(out, color, ", ", run->running, S_ODD, "running");
    }
    if (run->skipped) {
        add_number(out, color, ", ", run->skipped, S_NONE, "skipped");
    }
    if (!nx_slice_is(run->status, "completed")) {
        nx_strbuf_adds(out, " (");
        ui_safe(out, run->status);
        nx_strbuf_addc(out, ')');
    }
    nx_strbuf_addc(out, '\n');
}

static const struct nx_run *find_run(const struct asking *a, struct nx_slice id)
{
    struct nx_pick pick;
    struct nx_err ignored;
    const struct nx_view *view = a->place.view;
    if (id.n != 36 || !view || nx_select(view, a->place.scope, id, &pick, &ignored) < 0) {
        return NULL;
    }
    return pick.run;
}

size_t show_id_width(const struct asking *a, struct nx_slice id)
{
    enum { LEAST = 8 };
    const struct nx_run *run = find_run(a, id);
    size_t n = run ? nx_view_prefix_len(a->place.view, a->place.ws, run) : LEAST;
    n = n > LEAST ? n : LEAST;
    return n < id.n ? n : id.n;
}

const char *show_started(const struct asking *a, struct nx_slice id, struct nx_slice started_at, char *buf)
{
    const struct nx_run *run = find_run(a, id);
    struct nx_instant t;
    if (run) {
        t = run->started_at;
    } else if (nx_instant_parse(started_at, &t) != 0) {
        return "?";
    }
    return nx_words_time(t, buf);
}

const char *show_secs(double secs, char *buf)
{
    buf[0] = '\0';
    if (secs >= 0) {
        snprintf(buf, SHOW_TIME, "%.3fs", secs);
    }
    return buf;
}

void show_outcome(struct table *t, const char *word, bool passed, bool flaky)
{
    enum style style = strcmp(word, "running") == 0 || (flaky && passed) ? S_ODD : passed ? S_GOOD : S_BAD;
    table_cell(t, style, "%s", word);
}

int show_end(struct nx_strbuf *out, struct nx_arena *arena, const struct asking *a, int rc,
             struct nx_err *err)
{
    int status = rc < 0 ? ui_error(a->ui, err) : ui_print(a->ui, out);
    nx_strbuf_fini(out);
    nx_arena_fini(arena);
    return status;
}
