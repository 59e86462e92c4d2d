#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/words.h"
#include "client/asking.h"
#include "client/cmd.h"
#include "client/rows.h"
#include "client/selection.h"
#include "client/show.h"
#include "client/tree.h"
#include "client/when.h"

enum {
    ID_SHOWN = 8,
    DURATION_WIDTH = 10,
    SIZE_LEAST = 9,
    TIME_WIDTH = 19,
};

/* The runs of a workspace that are shown, in the order of nextest's file. */
struct rows_of {
    const struct nx_workspace *ws;
    const struct nx_run *v;
    size_t n;
};

/* How wide the columns of one workspace's table are, and its folders of runs. */
struct widths {
    int passed, size;
    unsigned tree;
    struct rows_dirs dirs;
};

static void add_spaces(struct nx_strbuf *b, size_t n)
{
    nx_strbuf_addf(b, "%*s", (int)n, "");
}

static void add_right(struct nx_strbuf *b, const char *text, int width)
{
    nx_strbuf_addf(b, "%*s", width, text);
}

static struct widths measure(const struct rows_of *rows, uint64_t total, const struct tree *tree)
{
    char size[ROWS_SIZE];
    struct widths w = {0, SIZE_LEAST, tree->columns, rows_open(rows->ws)};
    int n = (int)strlen(rows_size(total, size));
    w.size = n > w.size ? n : w.size;
    for (size_t i = 0; i < rows->n; i++) {
        n = (int)strlen(rows_size(rows_total(&rows->v[i]), size));
        w.size = n > w.size ? n : w.size;
        n = rows_passed_width(&rows->v[i]);
        w.passed = n > w.passed ? n : w.passed;
    }
    return w;
}

static void add_bars(struct nx_strbuf *b, const struct ui *ui, const struct tree_row *row)
{
    nx_strbuf_adds(b, "  ");
    for (unsigned i = 0; i < row->columns; i++) {
        switch (row->bars[i]) {
        case '|':
            nx_strbuf_adds(b, ui->unicode ? "\u2502 " : "| ");
            break;
        case '+':
            nx_strbuf_adds(b, ui->unicode ? "\u251c\u2500" : "|-");
            break;
        case 'L':
            nx_strbuf_adds(b, ui->unicode ? "\u2514\u2500" : "\\-");
            break;
        default:
            nx_strbuf_adds(b, "  ");
        }
    }
}

static void add_row(struct nx_strbuf *b, const struct ui *ui, const struct place *p,
                    const struct nx_workspace *ws, const struct tree_row *row, const struct widths *w)
{
    const struct nx_run *run = row->run;
    char start[NX_WORDS_TIME], size[ROWS_SIZE];
    size_t pad = (size_t)(w->tree - row->columns) * 2;

    add_bars(b, ui, row);
    if (!run) {
        ui_styled(b, ui->out_color, S_ID_REST, "???");
        add_spaces(b, pad + ID_SHOWN - 3);
        nx_strbuf_adds(b, "  ");
        ui_styled(b, ui->out_color, S_ODD, "(pruned parent)");
        nx_strbuf_addc(b, '\n');
        return;
    }
    rows_id(b, ui->out_color, run->id, nx_view_prefix_len(p->view, p->ws, run), ID_SHOWN);
    add_spaces(b, pad);
    nx_strbuf_addf(b, "  %-*s  ", (int)TIME_WIDTH, nx_words_time(run->started_at, start));
    rows_duration(b, run, DURATION_WIDTH);
    nx_strbuf_adds(b, "  ");
    add_right(b, rows_size(rows_total(run), size), w->size);
    nx_strbuf_adds(b, "  ");
    rows_status(b, ui->out_color, run, w->passed);
    if (!rows_replayable(run, rows_look(w->dirs, run))) {
        nx_strbuf_adds(b, "  (");
        ui_styled(b, ui->out_color, S_BAD, "not replayable");
        nx_strbuf_addc(b, ')');
    }
    if (run->kept) {
        nx_strbuf_adds(b, "  (");
        ui_styled(b, ui->out_color, S_ID_REST, "kept");
        nx_strbuf_addc(b, ')');
    }
    if (ws->latest && strcmp(run->id, ws->latest->id) == 0) {
        nx_strbuf_adds(b, "  *");
        ui_styled(b, ui->out_color, S_BOLD, "latest");
    }
    nx_strbuf_addc(b, '\n');
}

static void add_total(struct nx_strbuf *b, const struct ui *ui, const struct widths *w, uint64_t total)
{
    char size[ROWS_SIZE];
    size_t left = 2 + (size_t)w->tree * 2 + ID_SHOWN + 2 + TIME_WIDTH + 2 + DURATION_WIDTH + 2;
    add_spaces(b, left);
    rows_line(b, ui->unicode, (size_t)w->size);
    nx_strbuf_addc(b, '\n');
    add_spaces(b, left);
    add_right(b, rows_size(total, size), w->size);
    nx_strbuf_addc(b, '\n');
}

static int add_workspace(struct nx_strbuf *b, const struct ui *ui, const struct place *p,
                         const struct rows_of *rows)
{
    const struct nx_workspace *ws = rows->ws;
    struct tree tree;
    uint64_t total = 0;
    char count[32];

    if (tree_build(rows->v, rows->n, &tree) < 0) {
        b->failed = true;
        return -NX_ENOMEM;
    }
    for (size_t i = 0; i < rows->n; i++) {
        total += rows_total(&rows->v[i]);
    }
    struct widths w = measure(rows, total, &tree);
    snprintf(count, sizeof(count), "%zu", rows->n);
    ui_styled(b, ui->out_color, S_BOLD, count);
    if (rows->n < ws->n) {
        nx_strbuf_addf(b, " of %zu", ws->n);
    }
    nx_strbuf_addf(b, " recorded run%s:\n\n", ws->n == 1 ? "" : "s");
    for (size_t i = 0; i < tree.n; i++) {
        add_row(b, ui, p, ws, &tree.v[i], &w);
    }
    add_total(b, ui, &w, total);
    rows_close(w.dirs);
    tree_fini(&tree);
    return 0;
}

static void add_workspace_heading(struct nx_strbuf *b, const struct ui *ui, const struct place *p,
                                  const struct nx_workspace *ws)
{
    ui_styled(b, ui->out_color, S_BOLD, "workspace");
    nx_strbuf_adds(b, ": ");
    ui_safe(b, nx_slice_of(nx_words_workspace(ws)));
    if (p->stores.n > 1) {
        nx_strbuf_addf(b, "  (store %s)", ws->store->name);
    }
    nx_strbuf_adds(b, "\n");
}

static void add_store_heading(struct nx_strbuf *b, const struct ui *ui, const struct nx_workspace *ws)
{
    size_t n = strlen(ws->runs_dir);
    ui_styled(b, ui->out_color, S_BOLD, "store");
    nx_strbuf_adds(b, ": ");
    /* As nextest -v names it: the folder of the runs' folder. */
    ui_safe(b,
            (struct nx_slice){ws->runs_dir, n > 5 && strcmp(ws->runs_dir + n - 5, "/runs") == 0 ? n - 5 : n});
    nx_strbuf_adds(b, "\n\n");
}

static int cmp_path(const void *pa, const void *pb)
{
    const struct nx_workspace *a = *(const struct nx_workspace *const *)pa;
    const struct nx_workspace *b = *(const struct nx_workspace *const *)pb;
    int c = strcmp(nx_words_workspace(a), nx_words_workspace(b));
    return c ? c : nx_workspace_cmp(a, b);
}

static void add_tables(struct nx_strbuf *b, const struct ui *ui, const struct place *p,
                       const struct selection *chosen)
{
    size_t n = 0;
    const struct nx_workspace **sorted = calloc(p->view->n + 1, sizeof(*sorted));
    b->failed = !sorted;
    for (size_t i = 0; sorted && i < p->view->n; i++) {
        if (!p->ws || p->ws == p->view->v[i]) {
            sorted[n++] = p->view->v[i];
        }
    }
    if (n > 1) {
        qsort(sorted, n, sizeof(*sorted), cmp_path);
    }
    for (size_t i = 0, shown = 0; i < n && !b->failed; i++) {
        struct rows_of rows = {sorted[i], sorted[i]->list, sorted[i]->n};
        struct nx_run *copy = NULL;
        if (chosen) {
            copy = selection_take(chosen, sorted[i], &rows.n);
            rows.v = copy;
            b->failed = !copy;
        }
        if (rows.n > 0 && !b->failed) {
            nx_strbuf_adds(b, shown++ > 0 ? "\n" : "");
            if (!p->ws) {
                add_workspace_heading(b, ui, p, sorted[i]);
            }
            if (ui->verbose) {
                add_store_heading(b, ui, sorted[i]);
            } else if (!p->ws) {
                nx_strbuf_adds(b, "\n");
            }
            b->failed = add_workspace(b, ui, p, &rows) < 0 || b->failed;
        }
        free(copy);
    }
    free(sorted);
}

static int print_tables(struct asking *a)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    add_tables(&b, a->ui, &a->place, NULL);
    int status = ui_print(a->ui, &b);
    nx_strbuf_fini(&b);
    return status;
}

/* Those that are in no workspace's list any more, newest first. */
static void add_pruned(struct nx_strbuf *b, const struct asking *a, const struct selection *chosen)
{
    static const struct column columns[] = {{"run", false},     {"started", false}, {"duration", true},
                                            {"passed", true},   {"failed", true},   {"status", false},
                                            {"workspace", false}, {"store", false}};
    struct table t;
    char text[SHOW_TIME];
    const struct nx_slice none = {NULL, 0};
    table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < chosen->gone_n; i++) {
        const struct selected_gone *g = &chosen->gone[i];
        table_safe(&t, S_ID_REST, nx_slice_of(g->id), none);
        table_cell(&t, S_NONE, "%s", show_started(a, none, nx_slice_of(g->started), text));
        table_cell(&t, S_NONE, "%s", show_secs(g->secs, text));
        table_number(&t, S_GOOD, true, g->passed);
        table_number(&t, g->failed ? S_BAD : S_NONE, true, g->failed);
        table_safe(&t, S_NONE, nx_slice_of(g->status), none);
        table_safe(&t, S_NONE, a->place.ws ? none : nx_slice_of(g->workspace), none);
        table_safe(&t, S_NONE, a->place.stores.n > 1 ? nx_slice_of(g->store) : none, none);
    }
    if (chosen->gone_n > 0) {
        char count[32];
        snprintf(count, sizeof(count), "%s%zu", b->n ? "\n" : "", chosen->gone_n);
        ui_styled(b, a->ui->out_color, S_BOLD, count);
        nx_strbuf_addf(b, " run%s that nextest has pruned, by their whole ids:\n\n",
                       chosen->gone_n == 1 ? "" : "s");
    }
    table_print(&t, b, a->ui->out_color);
    table_fini(&t);
}

/* The same, of the runs that the answer names. */
static int print_selected(struct asking *a)
{
    struct selection chosen;
    struct nx_strbuf b;
    struct nx_err err;
    int status;
    nx_strbuf_init(&b, 0);
    if (selection_read(&chosen, &a->out, &err) < 0) {
        status = ui_error(a->ui, &err);
    } else {
        add_tables(&b, a->ui, &a->place, &chosen);
        add_pruned(&b, a, &chosen);
        status = ui_print(a->ui, &b);
        if (status == 0 && chosen.n + chosen.gone_n == 0 && a->place.view->runs > 0) {
            ui_info(a->ui, "no such runs");
        }
    }
    nx_strbuf_fini(&b);
    selection_fini(&chosen);
    return status;
}

static void say_none(const struct ui *ui, const struct place *p)
{
    ui_info(ui, "no recorded runs");
    if (p->view->err) {
        ui_tell(ui, "%s", p->view->problem);
    } else if (p->ws && p->view->runs > 0) {
        ui_info(ui, "other workspaces have some: `nxctl list --all`");
    }
}

static bool all_read(const struct place *p)
{
    for (size_t i = 0; i < p->view->n; i++) {
        if (p->view->v[i]->err && (!p->ws || p->ws == p->view->v[i])) {
            return false;
        }
    }
    return true;
}

static int print_list(struct asking *a)
{
    const struct place *p = &a->place;
    int status = a->out.n ? print_selected(a) : print_tables(a);
    if (status == 0 && (p->ws ? p->ws->n : p->view->runs) == 0 && all_read(p)) {
        say_none(a->ui, p);
    }
    return status;
}

/* A time as the command line has it; NULL stays NULL. */
static int add_time(struct asking *a, const char *name, const char *word, char *buf, struct nx_err *err)
{
    int rc = word ? when_read(word, buf, err) : 0;
    if (word && rc == 0) {
        asking_add(a, name, buf);
    }
    return rc;
}

int cmd_list(const struct opts *o, const struct ui *ui)
{
    struct asking a;
    struct nx_err err;
    char since[WHEN_TEXT], until[WHEN_TEXT];
    int rc = asking_open(&a, o, ui, &err);
    asking_scope(&a);
    size_t bare = a.n;
    asking_add(&a, "status", o->status);
    rc = rc < 0 ? rc : add_time(&a, "since", o->since, since, &err);
    rc = rc < 0 ? rc : add_time(&a, "until", o->until, until, &err);
    asking_add(&a, "profile", o->profile);
    asking_add(&a, "test", o->test);
    asking_add(&a, "pruned", o->pruned ? "yes" : NULL);
    asking_add(&a, "limit", o->limit);
    asking_add(&a, "after", o->after);
    if (rc == 0 && (o->json || a.n > bare)) {
        rc = asking_answer(&a, NX_Q_RUNS, &err);
    }
    return asking_end(&a, rc, print_list, &err);
}
