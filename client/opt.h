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
    IN_STORE = IN_LIST | IN_INFO | IN_EXPORT,
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

struct opts {
    enum command command; /* CMD_NONE where none was given */
    const char *arg;      /* the argument, -R's included; or NULL. Borrowed from argv */
    const char *store, *workspace, *output;
    bool all, json, strict, pretty, help, version;
    enum nx_group_by group_by;
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
