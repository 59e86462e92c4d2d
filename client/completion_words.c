#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>

#include "api/words.h"
#include "client/cmd.h"
#include "client/show.h"

enum { RUNS = 100, ID_LEAST = 8 };

/* `1234abcd<TAB>2026-11-24 10:13:17 completed`, newest first. */
static int print_runs(const struct ui *ui, const struct place *p)
{
    struct nx_strbuf b;
    char start[NX_WORDS_TIME];
    nx_strbuf_init(&b, 0);
    nx_strbuf_adds(&b, "latest\tthe newest run\n");
    for (size_t i = 0, n = 0; i < p->view->runs && n < RUNS; i++) {
        const struct nx_row *row = &p->view->by_start[i];
        if (!p->ws || row->ws == p->ws) {
            size_t len = nx_view_prefix_len(p->view, p->ws, row->run);
            nx_strbuf_addf(&b, "%.*s\t%s %s\n", (int)(len > ID_LEAST ? len : ID_LEAST), row->run->id,
                           nx_words_time(row->run->started_at, start), nx_words_status(row->run->status));
            n++;
        }
    }
    int status = ui_print(ui, &b);
    nx_strbuf_fini(&b);
    return status;
}

static bool read_name(struct nx_scan *s, void *to)
{
    struct nx_slice test = {NULL, 0};
    const struct member m[] = {{.key = "test", .kind = M_STR, .to = &test}};
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    /* A name with a line break or a space in it would come out as several. */
    if (test.n > 0 && !memchr(test.p, '\n', test.n) && !memchr(test.p, ' ', test.n)
        && !memchr(test.p, '\t', test.n)) {
        ui_safe(to, test);
        nx_strbuf_addc(to, '\n');
    }
    return true;
}

static int print_tests(struct asking *a)
{
    struct nx_arena arena;
    struct nx_strbuf out;
    struct nx_err err;
    const struct member m[] = {{.key = "tests", .kind = M_LIST, .to = &out, .each = read_name}};
    nx_arena_init(&arena, SIZE_MAX);
    nx_strbuf_init(&out, 0);
    int rc = members_of(&a->out, &arena, MEMBERS(m), &err);
    return show_end(&out, &arena, a, rc, &err);
}

int completion_words(const struct opts *o, const struct ui *ui)
{
    struct asking a;
    struct nx_err err;
    int rc = asking_open(&a, o, ui, &err);
    if (rc == 0 && strcmp(o->arg, "runs") == 0) {
        int status = print_runs(ui, &a.place);
        asking_close(&a);
        return status;
    }
    asking_scope(&a);
    rc = rc < 0 ? rc : asking_run(&a, "run", o->args_n > 1 ? o->args[1] : "latest", &err);
    rc = rc < 0 ? rc : asking_answer(&a, NX_Q_TESTS, &err);
    return asking_end(&a, rc, print_tests, &err);
}
