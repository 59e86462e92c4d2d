#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "client/cmd.h"
#include "store/run.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* Started with one of the three standard descriptors closed, a file of ours would get its number, and be
 * written into. What stands in for it refuses writing, so that a lost output is still an error. */
static void fill_descriptors(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        close(fd);
    }
}

static int print_help(const struct ui *ui, enum command c)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    help_text(&b, ui->out_color, c);
    int status = ui_print(ui, &b);
    nx_strbuf_fini(&b);
    return status;
}

static int print_version(const struct ui *ui)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "nxctl %s\nreads nextest store format %d.%d, run list format %d\n", PACKAGE_VERSION,
                   NX_STORE_MAJOR, NX_STORE_MINOR, NX_LIST_VERSION);
    int status = ui_print(ui, &b);
    nx_strbuf_fini(&b);
    return status;
}

static int run(const struct opts *o, const struct ui *ui)
{
    struct nx_err err;
    switch (o->command) {
    case CMD_LIST:
        return cmd_list(o, ui);
    case CMD_INFO:
        return cmd_info(o, ui);
    case CMD_EXPORT:
        return cmd_export(o, ui);
    case CMD_TIMELINE:
        return cmd_timeline(o, ui);
    case CMD_TESTS:
        return cmd_tests(o, ui);
    case CMD_OUTPUT:
        return cmd_output(o, ui);
    case CMD_HISTORY:
        return cmd_history(o, ui);
    case CMD_FLAKY:
        return cmd_flaky(o, ui);
    case CMD_SLOWEST:
        return cmd_slowest(o, ui);
    case CMD_COMPARE:
        return cmd_compare(o, ui);
    case CMD_WATCH:
        return cmd_watch(o, ui);
    case CMD_OPEN:
        return cmd_open(o, ui);
    case CMD_COMPLETION:
        return cmd_completion(o, ui);
    case CMD_HELP:
        return cmd_help(o, ui);
    case CMD_NONE:
        break;
    }
    nx_fail(&err, NX_EUSAGE, NULL, "which command? There are: list, info, export, tests, output, history, flaky, "
                                  "slowest, compare, watch, open, completion, help");
    nx_err_hint(&err, "`nxctl --help` explains them");
    return ui_error(ui, &err);
}

int main(int argc, char **argv)
{
    static struct opts o;
    static struct nx_err err;
    struct ui ui;

    fill_descriptors();
    /* A reader that goes away is then a failed write, with the exit status of one, as for nextest. */
    signal(SIGPIPE, SIG_IGN);
    if (opt_parse(argc, argv, &o, &err) < 0) {
        ui_init(&ui, opt_color_hint(argc, argv), 0, 0);
        return ui_error(&ui, &err);
    }
    ui_init(&ui, o.color, o.quiet, o.verbose);
    if (o.help) {
        return print_help(&ui, o.command);
    }
    if (o.version) {
        return print_version(&ui);
    }
    return run(&o, &ui);
}
