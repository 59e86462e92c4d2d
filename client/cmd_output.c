#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/show.h"

/* Length of a colour sequence (ESC [ digits and ; m) at p, or 0. */
static size_t color_sequence(const char *p, size_t n)
{
    size_t i = 2;
    if (n < 3 || p[0] != '\033' || p[1] != '[') {
        return 0;
    }
    while (i < n && ((p[i] >= '0' && p[i] <= '9') || p[i] == ';' || p[i] == ':')) {
        i++;
    }
    return i < n && p[i] == 'm' ? i + 1 : 0;
}

/* For a terminal: lines, tabs and colours stay; what else would move its cursor is made visible. */
static void add_tame(struct nx_strbuf *b, bool color, const char *p, size_t n)
{
    bool colored = false;
    size_t from = 0;
    for (size_t i = 0; i < n;) {
        size_t keep = p[i] == '\n' || p[i] == '\t'                    ? 1
                      : p[i] == '\r' && i + 1 < n && p[i + 1] == '\n' ? 2
                                                                      : 0;
        size_t sequence = keep ? 0 : color_sequence(p + i, n - i);
        if (!keep && !(sequence && color)) {
            i++;
            continue;
        }
        ui_safe(b, (struct nx_slice){p + from, i - from});
        nx_strbuf_add(b, p + i, keep + sequence);
        colored = colored || sequence;
        i += keep + sequence;
        from = i;
    }
    ui_safe(b, (struct nx_slice){p + from, n - from});
    if (colored) {
        nx_strbuf_adds(b, "\033[0m");
    }
    if (n > 0 && p[n - 1] != '\n') {
        nx_strbuf_addc(b, '\n');
    }
}

static int print_output(struct asking *a)
{
    struct nx_strbuf tame;
    const char *from = a->o->only_stdout ? "standard output" : a->o->only_stderr ? "standard error" : NULL;
    if (a->said.truncated) {
        ui_warn(a->ui, "nextest kept only a part of what was %" PRIu64 " bytes", a->said.original_size);
    }
    if (a->out.n == 0) {
        ui_info(a->ui, "attempt %" PRIu32 " wrote nothing%s%s", a->said.attempt, from ? " to " : "",
                from ? from : "");
        return 0;
    }
    if (a->o->raw || !isatty(STDOUT_FILENO)) {
        return ui_print(a->ui, &a->out);
    }
    nx_strbuf_init(&tame, 0);
    add_tame(&tame, a->ui->out_color, a->out.p, a->out.n);
    int status = ui_print(a->ui, &tame);
    nx_strbuf_fini(&tame);
    return status;
}

int cmd_output(const struct opts *o, const struct ui *ui)
{
    struct asking a;
    struct nx_test_pick test = {NULL, NULL};
    struct nx_err err;
    int rc = asking_open(&a, o, ui, &err);
    asking_scope(&a);
    rc = rc < 0 ? rc : asking_run(&a, "run", o->args[0], &err);
    if (rc == 0 && o->args_n == 2) {
        rc = asking_pick(&a, o->args[0], o->args[1], &test, &err);
    }
    asking_add(&a, "binary", o->args_n == 2 ? test.binary : o->args[1]);
    asking_add(&a, "test", o->args_n == 2 ? test.name : o->args[2]);
    asking_add(&a, "stream", o->only_stdout ? "stdout" : o->only_stderr ? "stderr" : NULL);
    asking_add(&a, "attempt", o->attempt);
    asking_add(&a, "stress", o->stress);
    asking_add(&a, "as", o->json ? "json" : NULL);
    rc = rc < 0 ? rc : asking_answer(&a, NX_Q_OUTPUT, &err);
    int status = asking_end(&a, rc, print_output, &err);
    nx_test_pick_fini(&test);
    return status;
}
