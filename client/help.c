#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>

#include "client/cmd.h"

enum { OPTION_WIDTH = 30, LINE = 100 };

/* Breaks `text` into lines that begin at column `indent`. */
static void add_wrapped(struct nx_strbuf *b, const char *text, size_t indent, size_t column)
{
    while (*text) {
        size_t n = strcspn(text, " ");
        if (column > indent && column + 1 + n > LINE) {
            nx_strbuf_addf(b, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            nx_strbuf_addc(b, ' ');
            column++;
        }
        nx_strbuf_add(b, text, n);
        column += n;
        text += n;
        text += strspn(text, " ");
    }
    nx_strbuf_addc(b, '\n');
}

static void add_heading(struct nx_strbuf *b, bool color, const char *text)
{
    ui_styled(b, color, S_BOLD, text);
    nx_strbuf_addc(b, '\n');
}

static void add_item(struct nx_strbuf *b, bool color, const char *left, const char *help)
{
    nx_strbuf_adds(b, "  ");
    ui_styled(b, color, S_BOLD, left);
    size_t column = 2 + strlen(left);
    if (column + 2 > OPTION_WIDTH) {
        nx_strbuf_addc(b, '\n');
        column = 0;
    }
    nx_strbuf_addf(b, "%*s", (int)(OPTION_WIDTH - column), "");
    add_wrapped(b, help, OPTION_WIDTH, OPTION_WIDTH);
}

static void add_option(struct nx_strbuf *b, bool color, const struct option_row *o)
{
    char left[64], help[256];
    char c[8] = "    ";
    if (o->c) {
        snprintf(c, sizeof(c), "-%c, ", o->c);
    }
    snprintf(left, sizeof(left), "%s--%s%s%s", c, o->word, o->arg[0] ? " " : "", o->arg);
    if (o->values[0]) {
        snprintf(help, sizeof(help), "%s [%s; the first is the default]", o->help, o->values);
    } else {
        snprintf(help, sizeof(help), "%s", o->help);
    }
    add_item(b, color, left, help);
}

static void add_options(struct nx_strbuf *b, bool color, enum command c)
{
    add_heading(b, color, "Options:");
    for (int i = 0; i < OPT_COUNT; i++) {
        if (c == CMD_NONE ? options[i].in == IN_ANY : (options[i].in & (1 << c)) != 0) {
            add_option(b, color, &options[i]);
        }
    }
}

static void add_selectors(struct nx_strbuf *b, bool color)
{
    nx_strbuf_addc(b, '\n');
    add_heading(b, color, "RUN is one of:");
    add_item(b, color, "latest", "the newest run, one that is still going included");
    add_item(b, color, "an id, or its beginning", "as `nxctl list` shows it; hex digits, dashes as you like");
    add_item(b, color, "a path", "a portable recording: ends in .zip or has a / in it, <(...) included");
    add_item(b, color, "-", "a portable recording on standard input");
}

static void add_overview(struct nx_strbuf *b, bool color)
{
    nx_strbuf_adds(b, "Shows what cargo-nextest recorded, and makes Perfetto traces of it.\n\n");
    ui_styled(b, color, S_BOLD, "Usage:");
    nx_strbuf_adds(b, " nxctl COMMAND [OPTIONS]\n\n");
    add_heading(b, color, "Commands:");
    for (int i = 0; i < CMD_COUNT; i++) {
        struct command_row row = command_row((enum command)i);
        char left[64];
        snprintf(left, sizeof(left), "%s%s%s", row.word, row.args[0] ? " " : "", row.args);
        add_item(b, color, left, row.help);
    }
    nx_strbuf_addc(b, '\n');
    add_options(b, color, CMD_NONE);
    nx_strbuf_adds(b, "\n`nxctl help COMMAND` explains a command; nxctl(1) is the manual.\n");
}

void help_text(struct nx_strbuf *b, bool color, enum command c)
{
    if (c == CMD_NONE) {
        add_overview(b, color);
        return;
    }
    struct command_row row = command_row(c);
    nx_strbuf_addf(b, "nxctl %s: %s\n\n", row.word, row.help);
    ui_styled(b, color, S_BOLD, "Usage:");
    nx_strbuf_addf(b, " nxctl %s%s%s [OPTIONS]\n\n", row.word, row.args[0] ? " " : "", row.args);
    add_options(b, color, c);
    if (c == CMD_INFO || c == CMD_EXPORT) {
        add_selectors(b, color);
    }
}

int cmd_help(const struct opts *o, const struct ui *ui)
{
    struct nx_strbuf b;
    enum command c = o->arg ? opt_command(o->arg) : CMD_NONE;
    if (o->arg && c == CMD_NONE) {
        struct nx_err err;
        nx_fail(&err, NX_EUSAGE, NULL, "there is no command '%.200s'", o->arg);
        nx_err_hint(&err, "`nxctl help` names them");
        return ui_error(ui, &err);
    }
    nx_strbuf_init(&b, 0);
    help_text(&b, ui->out_color, c);
    int status = ui_print(ui, &b);
    nx_strbuf_fini(&b);
    return status;
}
