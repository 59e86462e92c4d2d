#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/words.h"
#include "client/cmd.h"
#include "client/place.h"
#include "client/rows.h"
#include "client/tree.h"

enum {
    ID_SHOWN = 8,
    DURATION_WIDTH = 10,
    SIZE_LEAST = 9,
    TIME_WIDTH = 19,
};

/* How wide the columns of one workspace's table are. */
struct widths {
    int passed, size;
    unsigned tree;
};

static void add_spaces(struct nx_strbuf *b, size_t n)
{
    nx_strbuf_addf(b, "%*s", (int)n, "");
}

static void add_right(struct nx_strbuf *b, const char *text, int width)
{
    nx_strbuf_addf(b, "%*s", width, text);
}

static struct widths measure(const struct nx_workspace *ws, uint64_t total, const struct tree *tree)
{
    char size[ROWS_SIZE];
    struct widths w = {0, SIZE_LEAST, tree->columns};
    int n = (int)strlen(rows_size(total, size));
    w.size = n > w.size ? n : w.size;
    for (size_t i = 0; i < ws->n; i++) {
        n = (int)strlen(rows_size(rows_total(ws->v[i]), size));
        w.size = n > w.size ? n : w.size;
        n = rows_passed_width(ws->v[i]);
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
    if (!rows_replayable(run, rows_look(ws->runs_dir, run))) {
        nx_strbuf_adds(b, "  (");
        ui_styled(b, ui->out_color, S_BAD, "not replayable");
        nx_strbuf_addc(b, ')');
    }
    if (run == ws->latest) {
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
                         const struct nx_workspace *ws)
{
    struct tree tree;
    uint64_t total = 0;
    char count[32];

    if (tree_build(ws->list, ws->n, &tree) < 0) {
        b->failed = true;
        return -NX_ENOMEM;
    }
    for (size_t i = 0; i < ws->n; i++) {
        total += rows_total(ws->v[i]);
    }
    struct widths w = measure(ws, total, &tree);
    snprintf(count, sizeof(count), "%zu", ws->n);
    ui_styled(b, ui->out_color, S_BOLD, count);
    nx_strbuf_addf(b, " recorded run%s:\n\n", ws->n == 1 ? "" : "s");
    for (size_t i = 0; i < tree.n; i++) {
        add_row(b, ui, p, ws, &tree.v[i], &w);
    }
    add_total(b, ui, &w, total);
    tree_fini(&tree);
    return 0;
}

static void add_heading(struct nx_strbuf *b, const struct ui *ui, const char *word, const char *value)
{
    ui_styled(b, ui->out_color, S_BOLD, word);
    nx_strbuf_adds(b, ": ");
    ui_safe(b, nx_slice_of(value));
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
    return strcmp(nx_words_workspace(a), nx_words_workspace(b));
}

static int print_tables(const struct ui *ui, const struct place *p)
{
    struct nx_strbuf b;
    size_t n = 0;
    const struct nx_workspace **sorted = calloc(p->view->n + 1, sizeof(*sorted));
    nx_strbuf_init(&b, 0);
    b.failed = !sorted;
    for (size_t i = 0; sorted && i < p->view->n; i++) {
        if ((!p->ws || p->ws == p->view->v[i]) && p->view->v[i]->n > 0) {
            sorted[n++] = p->view->v[i];
        }
    }
    if (n > 1) {
        qsort(sorted, n, sizeof(*sorted), cmp_path);
    }
    for (size_t i = 0; i < n && !b.failed; i++) {
        nx_strbuf_adds(&b, i > 0 ? "\n" : "");
        if (!p->ws) {
            add_heading(&b, ui, "workspace", nx_words_workspace(sorted[i]));
        }
        if (ui->verbose) {
            add_store_heading(&b, ui, sorted[i]);
        } else if (!p->ws) {
            nx_strbuf_adds(&b, "\n");
        }
        if (add_workspace(&b, ui, p, sorted[i]) < 0) {
            break;
        }
    }
    int status = ui_print(ui, &b);
    nx_strbuf_fini(&b);
    free(sorted);
    return status;
}

/* What could not be read is said behind the list; the status of the first of it counts. */
static int report_problems(const struct ui *ui, const struct place *p)
{
    int status = 0;
    for (size_t i = 0; i < p->view->n; i++) {
        const struct nx_workspace *ws = p->view->v[i];
        if (ws->err && (!p->ws || p->ws == ws)) {
            int s = ui_error(ui, ws->err);
            status = status ? status : s;
        }
    }
    return status;
}

static void say_none(const struct ui *ui, const struct place *p)
{
    ui_info(ui, "no recorded runs");
    if (p->view->err) {
        ui_tell(ui, "%s", p->view->problem);
    } else if (p->ws && p->view->runs > 0) {
        ui_info(ui, "other workspaces of this store have some: `nxctl list --all`");
    }
}

int cmd_list(const struct opts *o, const struct ui *ui)
{
    struct place p;
    struct nx_err err;
    struct nx_strbuf b;
    int status;

    nx_strbuf_init(&b, 0);
    if (place_open(&p, o, ui, &err) < 0) {
        status = ui_error(ui, &err);
    } else if (p.view->err && p.view->err->code != NX_ENOSTORE) {
        status = ui_error(ui, p.view->err);
    } else if (o->json) {
        status =
            nx_answer_runs(p.view, p.scope, 0, NULL, &b, &err) < 0 ? ui_error(ui, &err) : ui_print(ui, &b);
    } else {
        status = print_tables(ui, &p);
    }
    if (status == 0) {
        status = report_problems(ui, &p);
        if (status == 0 && !o->json && (p.ws ? p.ws->n : p.view->runs) == 0) {
            say_none(ui, &p);
        }
    }
    nx_strbuf_fini(&b);
    place_close(&p);
    return status;
}
