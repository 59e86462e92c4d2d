#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/runs_gone.h"
#include "api/words.h"
#include "client/asking.h"
#include "client/cmd.h"
#include "client/place.h"
#include "client/rows.h"

enum { LABEL = 18, SUB_LABEL = 16 };

/* What `info` shows: a run of the store, or a portable recording's. */
struct subject {
    const struct place *place; /* NULL for a portable recording */
    const struct nx_workspace *ws;
    const struct nx_run *run;
    const char *recording; /* its path, or NULL */
    struct rows_files files;
    bool gone; /* nextest has pruned it: only the index knows it */
    bool color, unicode;
};

static void pad_label(struct nx_strbuf *b, bool color, const char *label, int width)
{
    ui_styled(b, color, S_BOLD, label);
    for (int i = (int)strlen(label); i < width; i++) {
        nx_strbuf_addc(b, ' ');
    }
}

static void field(struct nx_strbuf *b, const struct subject *s, const char *label)
{
    nx_strbuf_adds(b, "  ");
    pad_label(b, s->color, label, LABEL);
}

static void add_id(struct nx_strbuf *b, const struct subject *s, const struct nx_run *run)
{
    size_t len = strlen(run->id);
    size_t prefix = s->gone && run == s->run ? len : s->place ? nx_view_prefix_len(s->place->view, s->place->ws, run) : 1;
    rows_id(b, s->color, run->id, prefix, len);
}

static void add_parent(struct nx_strbuf *b, const struct subject *s)
{
    if (s->run->parent_id[0]) {
        field(b, s, "parent run:");
        ui_styled(b, s->color, S_BOLD, s->run->parent_id);
        nx_strbuf_addc(b, '\n');
    }
}

static void add_command(struct nx_strbuf *b, const struct subject *s)
{
    const struct nx_run *run = s->run;
    if (run->cli_args_n > 0) {
        field(b, s, "command:");
        for (size_t i = 0; i < run->cli_args_n; i++) {
            nx_strbuf_adds(b, i ? " " : "");
            rows_shell_word(b, run->cli_args[i]);
        }
        nx_strbuf_addc(b, '\n');
    }
    if (run->env_n > 0) {
        field(b, s, "env:");
        for (size_t i = 0; i < run->env_n; i++) {
            nx_strbuf_adds(b, i ? " " : "");
            rows_shell_word(b, run->env[i].name);
            nx_strbuf_addc(b, '=');
            rows_shell_word(b, run->env[i].value);
        }
        nx_strbuf_addc(b, '\n');
    }
}

static void add_status(struct nx_strbuf *b, const struct subject *s)
{
    /* nextest writes the two words of the stress forms with a space here. */
    char text[32];
    snprintf(text, sizeof(text), "%s", nx_words_status(s->run->status));
    for (char *p = strchr(text, '-'); p; p = strchr(p, '-')) {
        *p = ' ';
    }
    field(b, s, "status:");
    nx_strbuf_adds(b, text);
    if (nx_run_ended(s->run)) {
        char code[16];
        snprintf(code, sizeof(code), "%" PRId32, s->run->exit_code);
        nx_strbuf_adds(b, " (exit code ");
        ui_styled(b, s->color, s->run->exit_code == 0 ? S_GOOD : S_BAD, code);
        nx_strbuf_addc(b, ')');
    }
    nx_strbuf_addc(b, '\n');
}

static void add_time(struct nx_strbuf *b, const struct subject *s, const char *label, struct nx_instant t)
{
    char time[NX_WORDS_TIME], offset[NX_WORDS_TIME];
    field(b, s, label);
    nx_strbuf_addf(b, "%s %s (", nx_words_time(t, time), nx_words_offset(t, offset));
    rows_ago(b, t);
    nx_strbuf_adds(b, " ago)\n");
}

static void add_count(struct nx_strbuf *b, const struct subject *s, const char *label, uint64_t n,
                      enum style style)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, n);
    nx_strbuf_adds(b, "    ");
    pad_label(b, s->color, label, SUB_LABEL);
    ui_styled(b, s->color, style, text);
    nx_strbuf_addc(b, '\n');
}

static void add_counts(struct nx_strbuf *b, const struct subject *s)
{
    const struct nx_run *run = s->run;
    if (!nx_run_ended(run)) {
        return;
    }
    bool stress = run->status == NX_RUN_STRESS_COMPLETED || run->status == NX_RUN_STRESS_CANCELLED;
    nx_strbuf_adds(b, "  ");
    ui_styled(b, s->color, S_BOLD, stress ? "iterations" : "tests");
    nx_strbuf_adds(b, ":\n");
    add_count(b, s, "passed:", run->passed, S_GOOD);
    if (run->failed > 0) {
        add_count(b, s, "failed:", run->failed, S_BAD);
    }
    if (nx_words_not_run(run) > 0) {
        add_count(b, s, "not run:", nx_words_not_run(run), S_ODD);
    }
    nx_strbuf_addc(b, '\n');
}

static void add_size_row(struct nx_strbuf *b, const struct subject *s, const char *label, struct nx_sizes z)
{
    char packed[ROWS_SIZE], plain[ROWS_SIZE];
    nx_strbuf_adds(b, "    ");
    pad_label(b, s->color, label, SUB_LABEL);
    nx_strbuf_addf(b, "%10s  %12s  %7" PRIu64 "\n", rows_size(z.compressed, packed),
                   rows_size(z.uncompressed, plain), z.entries);
}

static void add_sizes(struct nx_strbuf *b, const struct subject *s)
{
    struct nx_sizes log = s->run->log, store = s->run->store;
    struct nx_sizes total = {log.compressed + store.compressed, log.uncompressed + store.uncompressed,
                             log.entries + store.entries};
    nx_strbuf_adds(b, "  ");
    pad_label(b, s->color, "sizes:", LABEL);
    ui_styled(b, s->color, S_BOLD, "compressed");
    nx_strbuf_adds(b, "  ");
    ui_styled(b, s->color, S_BOLD, "uncompressed");
    nx_strbuf_adds(b, "  ");
    ui_styled(b, s->color, S_BOLD, "entries");
    nx_strbuf_addc(b, '\n');
    add_size_row(b, s, "log", log);
    add_size_row(b, s, "store", store);
    nx_strbuf_addf(b, "%*s", 4 + SUB_LABEL, "");
    rows_line(b, s->unicode, 10);
    nx_strbuf_adds(b, "  ");
    rows_line(b, s->unicode, 12);
    nx_strbuf_adds(b, "  ");
    rows_line(b, s->unicode, 7);
    nx_strbuf_addc(b, '\n');
    add_size_row(b, s, "total", total);
}

static void add_file(struct nx_strbuf *b, const struct subject *s, const char *label, const char *name,
                     bool there)
{
    char *dir = nx_run_dir(s->ws, s->run);
    nx_strbuf_adds(b, "    ");
    pad_label(b, s->color, label, SUB_LABEL);
    if (dir) {
        ui_safe(b, nx_slice_of(dir));
        nx_strbuf_addf(b, "/%s", name);
    }
    if (!there) {
        nx_strbuf_adds(b, " (");
        ui_styled(b, s->color, S_BAD, "missing");
        nx_strbuf_addc(b, ')');
    }
    nx_strbuf_addc(b, '\n');
    free(dir);
}

/* What nextest does not show: where the run is, and its reruns. */
static void add_where(struct nx_strbuf *b, const struct subject *s)
{
    nx_strbuf_addc(b, '\n');
    if (!s->ws) {
        field(b, s, "recording:");
        ui_safe(b, nx_slice_of(s->recording));
        nx_strbuf_addc(b, '\n');
        return;
    }
    field(b, s, "workspace:");
    ui_safe(b, nx_slice_of(nx_words_workspace(s->ws)));
    if (s->place->stores.n > 1) {
        nx_strbuf_addf(b, "  (store %s)", s->ws->store->name);
    }
    nx_strbuf_addc(b, '\n');
    if (s->run->kept) {
        field(b, s, "kept:");
        nx_strbuf_adds(b, "by nxtraced; nextest has pruned it\n");
    }
    bool first = true;
    for (size_t i = 0; i < s->ws->n; i++) {
        if (strcmp(s->ws->v[i]->parent_id, s->run->id) == 0) {
            field(b, s, first ? "reruns:" : "");
            add_id(b, s, s->ws->v[i]);
            nx_strbuf_addc(b, '\n');
            first = false;
        }
    }
    if (s->gone) {
        return;
    }
    nx_strbuf_adds(b, "  ");
    ui_styled(b, s->color, S_BOLD, "files");
    nx_strbuf_adds(b, ":\n");
    add_file(b, s, "log:", "run.log.zst", s->files.log);
    add_file(b, s, "store:", "store.zip", s->files.store);
}

static int print_text(const struct ui *ui, struct subject *s)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    s->color = ui->out_color;
    s->unicode = ui->unicode;
    ui_styled(&b, s->color, S_BOLD, "Run");
    nx_strbuf_addc(&b, ' ');
    add_id(&b, s, s->run);
    nx_strbuf_adds(&b, "\n\n");
    field(&b, s, "nextest version:");
    ui_safe(&b, nx_slice_of(s->run->nextest_version));
    nx_strbuf_addc(&b, '\n');
    add_parent(&b, s);
    add_command(&b, s);
    add_status(&b, s);
    add_time(&b, s, "started at:", s->run->started_at);
    add_time(&b, s, "last written at:", s->run->last_written_at);
    field(&b, s, "duration:");
    rows_duration(&b, s->run, 0);
    nx_strbuf_addc(&b, '\n');
    field(&b, s, "replayable:");
    if (s->gone) {
        ui_styled(&b, s->color, S_BAD, "no");
        nx_strbuf_adds(&b, ": nextest has pruned it, this is what the index remembers");
    } else {
        rows_replay_text(&b, s->color, s->run, s->files);
    }
    nx_strbuf_adds(&b, "\n\n");
    add_counts(&b, s);
    add_sizes(&b, s);
    add_where(&b, s);
    int status = ui_print(ui, &b);
    nx_strbuf_fini(&b);
    return status;
}

static int info_of_file(const struct opts *o, const struct ui *ui)
{
    struct nx_recording *rec = NULL;
    struct nx_strbuf b;
    struct nx_err err;
    int status;

    if (nx_recording_open_portable(o->arg, false, &rec, &err) < 0) {
        return ui_error(ui, &err);
    }
    nx_strbuf_init(&b, 0);
    if (o->json) {
        status = nx_answer_recording(rec, &b, &err) < 0 ? ui_error(ui, &err) : ui_print(ui, &b);
    } else {
        struct subject s = {
            .run = nx_recording_run(rec),
            .recording = nx_recording_name(rec),
            .files = {nx_recording_has_log(rec), nx_recording_has_store(rec)},
        };
        status = print_text(ui, &s);
    }
    nx_strbuf_fini(&b);
    nx_recording_close(rec);
    return status;
}

static int print_there(struct asking *a, struct nx_pick pick)
{
    struct rows_dirs dirs = rows_open(pick.ws);
    struct subject s = {
        .place = &a->place,
        .ws = pick.ws,
        .run = pick.run,
        .files = rows_look(dirs, pick.run),
    };
    rows_close(dirs);
    return print_text(a->ui, &s);
}

/* The question was answered, so the run is in the view, or else in the index. */
static int print_info(struct asking *a)
{
    struct nx_pick pick;
    struct nx_err err;
    struct nx_gone gone;
    char whole[NX_RUN_ID];
    if (nx_select(a->place.view, a->place.scope, nx_slice_of(a->o->arg), &pick, &err) == 0) {
        return print_there(a, pick);
    }
    (void)nx_selector_is_whole(nx_slice_of(a->o->arg), whole);
    int rc = nx_gone_pick(&a->world, a->place.scope, whole, &gone, &pick, &err);
    struct subject s = {.place = &a->place, .ws = pick.ws, .run = pick.run, .gone = true};
    int status = rc < 0 ? ui_error(a->ui, &err) : print_text(a->ui, &s);
    nx_gone_fini(&gone);
    return status;
}

static int info_of_run(const struct opts *o, const struct ui *ui)
{
    struct asking a;
    struct nx_err err;
    int rc = asking_open(&a, o, ui, &err);
    asking_scope(&a);
    asking_add(&a, "run", o->arg);
    rc = rc < 0 ? rc : asking_answer(&a, NX_Q_RUN, &err);
    int status = rc < 0 ? ui_error(ui, &err) : o->json ? ui_print(ui, &a.out) : print_info(&a);
    asking_close(&a);
    return status;
}

int cmd_info(const struct opts *o, const struct ui *ui)
{
    return place_is_file(o->arg) ? info_of_file(o, ui) : info_of_run(o, ui);
}
