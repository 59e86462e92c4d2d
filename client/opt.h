/*
 * nxctl's command line, by the table commands.def.
 */
#ifndef CLIENT_OPT_H
#define CLIENT_OPT_H

#include <stdbool.h>

#include "api/export.h"
#include "base/err.h"

enum command {
#define NX_COMMAND(name, word, question, args, least, most, help) CMD_##name,
#define NX_OPTION(name, c, word, arg, values, in, help)
#include "client/commands.def"
#undef NX_COMMAND
#undef NX_OPTION
    CMD_COUNT,
    CMD_NONE = CMD_COUNT
};

enum {
#define NX_COMMAND(name, word, question, args, least, most, help) IN_##name = 1 << CMD_##name,
#define NX_OPTION(name, c, word, arg, values, in, help)
#include "client/commands.def"
#undef NX_COMMAND
#undef NX_OPTION
    IN_ASKED = IN_TESTS | IN_OUTPUT | IN_HISTORY | IN_FLAKY | IN_SLOWEST | IN_COMPARE,
    IN_STORE = IN_LIST | IN_INFO | IN_EXPORT | IN_TIMELINE | IN_ASKED | IN_WATCH | IN_OPEN,
    IN_ANY = (1 << CMD_COUNT) - 1
};

enum option {
#define NX_COMMAND(name, word, question, args, least, most, help)
#define NX_OPTION(name, c, word, arg, values, in, help) OPT_##name,
#include "client/commands.def"
#undef NX_COMMAND
#undef NX_OPTION
    OPT_COUNT
};

struct command_row {
    const char *word, *args, *help;
    int least, most;
};
struct option_row {
    char c; /* or 0 */
    const char *word, *arg, *values, *help;
    int in;
};
extern const struct option_row options[OPT_COUNT];
struct command_row command_row(enum command c);

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

enum { OPT_ARGS = 3, OPT_STORES = 64 };

struct opts { /* strings are borrowed from argv; NULL: not given */
    enum command command; /* CMD_NONE where none was given */
    const char *args[OPT_ARGS]; /* the arguments, -R's in its place */
    int args_n;
    const char *arg;      /* the first of them */
    const char *workspace, *output, *index, *kept;
    const char *stores[OPT_STORES];
    size_t stores_n;
    bool all, no_kept, json, strict, for_perfetto, pretty, help, version;
    enum nx_group_by group_by;
    /* Parameters of questions, as words. */
    const char *status, *since, *until, *profile, *test;
    const char *sort, *outcome, *text, *attempts, *search;
    const char *attempt, *stress, *runs, *limit, *after;
    bool only_stdout, only_stderr, raw, pruned, exit_status, print, no_index;
    const char *server;
    enum when color;
    int quiet, verbose;
};

/* NX_EUSAGE. */
NX_MUST_USE int opt_parse(int argc, char **argv, struct opts *o, struct nx_err *err);

/* Which command a word is, or CMD_NONE. */
enum command opt_command(const char *word);

/* What the command line says of colour, even where it is wrong: for the message about it. */
enum when opt_color_hint(int argc, char **argv);

#endif
