#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/opt.h"

#include <stdio.h>
#include <string.h>

#include "api/questions.h"

static const struct {
    const char *word, *args, *help;
    int question, least, most;
} commands[CMD_COUNT] = {
#define NX_Q_NONE (-1)
#define NX_COMMAND(name, word, question, args, least, most, help) \
    [CMD_##name] = {word, args, help, NX_Q_##question, least, most},
#define NX_OPTION(name, c, word, arg, values, in, help)
#include "client/commands.def"
#undef NX_COMMAND
#undef NX_OPTION
};

const struct option_row options[OPT_COUNT] = {
#define NX_COMMAND(name, word, question, args, least, most, help)
#define NX_OPTION(name, c, word, arg, values, in, help) [OPT_##name] = {c, word, arg, values, help, in},
#include "client/commands.def"
#undef NX_COMMAND
#undef NX_OPTION
};

struct command_row command_row(enum command c)
{
    struct command_row row = {commands[c].word, commands[c].args, commands[c].help, commands[c].least,
                              commands[c].most};
    if (commands[c].question >= 0) {
        row.help = nx_question_help((enum nx_question)commands[c].question);
    }
    return row;
}

enum command opt_command(const char *word)
{
    for (int c = 0; c < CMD_COUNT; c++) {
        if (strcmp(commands[c].word, word) == 0) {
            return (enum command)c;
        }
    }
    return CMD_NONE;
}

/* Edit distance of short words, for "did you mean"; anything far is 99. */
static int distance(const char *a, const char *b)
{
    enum { LONGEST = 24 };
    int row[LONGEST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) {
        return 99;
    }
    for (size_t j = 0; j <= m; j++) {
        row[j] = (int)j;
    }
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int up = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            best = up + 1 < best ? up + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = up;
            row[j] = best;
        }
    }
    return row[m];
}

static bool takes(enum command c, int o)
{
    return c == CMD_NONE || (options[o].in & (1 << c)) != 0;
}

static int usage(struct nx_err *err, enum command c)
{
    if (err && !err->hint[0]) {
        nx_err_hint(err, "see `nxctl %s%s--help`", c == CMD_NONE ? "" : commands[c].word,
                    c == CMD_NONE ? "" : " ");
    }
    return -NX_EUSAGE;
}

static int unknown_option(const char *given, enum command c, struct nx_err *err)
{
    size_t n = strcspn(given, "=");
    char word[32];
    int best = 3, found = -1;
    int rc = nx_fail(err, NX_EUSAGE, NULL, "unknown option '%.*s'%s%s", (int)(n > 200 ? 200 : n), given,
                     c == CMD_NONE ? "" : " for nxctl ", c == CMD_NONE ? "" : commands[c].word);
    snprintf(word, sizeof(word), "%.*s", (int)(n > 30 ? 30 : n), given);
    for (int o = 0; word[0] == '-' && word[1] == '-' && o < OPT_COUNT; o++) {
        int d = takes(c, o) ? distance(word + 2, options[o].word) : 99;
        if (d < best) {
            best = d;
            found = o;
        }
    }
    if (found >= 0) {
        nx_err_hint(err, "did you mean '--%s'?", options[found].word);
    }
    return rc < 0 ? usage(err, c) : rc;
}

static int unknown_command(const char *given, struct nx_err *err)
{
    int best = 3, found = -1;
    int rc = nx_fail(err, NX_EUSAGE, NULL, "unknown command '%.200s'", given);
    for (int c = 0; c < CMD_COUNT; c++) {
        int d = distance(given, commands[c].word);
        if (d < best) {
            best = d;
            found = c;
        }
    }
    if (found >= 0) {
        nx_err_hint(err, "did you mean '%s'?", commands[found].word);
    } else if (strcmp(given, "export-chrome-trace") == 0) {
        nx_err_hint(err, "it is `nxctl export` here");
    }
    return rc < 0 ? usage(err, CMD_NONE) : rc;
}

/* Which of the option's words `value` is. */
static int choose(enum option o, const char *value, int *ret, struct nx_err *err)
{
    const char *p = options[o].values;
    for (int i = 0; *p; i++) {
        size_t n = strcspn(p, " ");
        if (strlen(value) == n && strncmp(p, value, n) == 0) {
            *ret = i;
            return 0;
        }
        p += n;
        p += strspn(p, " ");
    }
    int rc = nx_fail(err, NX_EUSAGE, NULL, "invalid value '%.200s' for '--%s'", value, options[o].word);
    nx_err_hint(err, "it takes one of: %s", options[o].values);
    return rc;
}

/* Where an option's value is kept as it is, or NULL. */
static const char **place_of(struct opts *o, enum option which)
{
    switch (which) {
    case OPT_OUTPUT:
        return &o->output;
    case OPT_WORKSPACE:
        return &o->workspace;
    case OPT_INDEX:
        return &o->index;
    case OPT_KEPT:
        return &o->kept;
    case OPT_STATUS:
        return &o->status;
    case OPT_SINCE:
        return &o->since;
    case OPT_UNTIL:
        return &o->until;
    case OPT_PROFILE:
        return &o->profile;
    case OPT_TEST:
        return &o->test;
    case OPT_SORT:
        return &o->sort;
    case OPT_OUTCOME:
        return &o->outcome;
    case OPT_TEXT:
        return &o->text;
    case OPT_ATTEMPTS:
        return &o->attempts;
    case OPT_SEARCH:
        return &o->search;
    case OPT_ATTEMPT:
        return &o->attempt;
    case OPT_STRESS:
        return &o->stress;
    case OPT_RUNS:
        return &o->runs;
    case OPT_LIMIT:
        return &o->limit;
    case OPT_AFTER:
        return &o->after;
    case OPT_SERVER:
        return &o->server;
    default:
        return NULL;
    }
}

/* The flag that an option sets, or NULL. */
static bool *flag_of(struct opts *o, enum option which)
{
    switch (which) {
    case OPT_STRICT:
        return &o->strict;
    case OPT_FOR_PERFETTO:
        return &o->for_perfetto;
    case OPT_JSON:
        return &o->json;
    case OPT_ALL:
        return &o->all;
    case OPT_NO_KEPT:
        return &o->no_kept;
    case OPT_STDOUT:
        return &o->only_stdout;
    case OPT_STDERR:
        return &o->only_stderr;
    case OPT_RAW:
        return &o->raw;
    case OPT_NO_INDEX:
        return &o->no_index;
    case OPT_PRUNED:
        return &o->pruned;
    case OPT_EXIT_STATUS:
        return &o->exit_status;
    case OPT_PRINT:
        return &o->print;
    case OPT_HELP:
        return &o->help;
    case OPT_VERSION:
        return &o->version;
    default:
        return NULL;
    }
}

static int set(struct opts *o, enum option which, const char *value, const char **run, struct nx_err *err)
{
    int choice = 0, rc = options[which].values[0] ? choose(which, value, &choice, err) : 0;
    const char **kept = place_of(o, which);
    bool *flag = flag_of(o, which);
    if (rc < 0) {
        return rc;
    }
    if (kept) {
        *kept = value;
    } else if (flag) {
        *flag = true;
    } else if (which == OPT_STORE) {
        if (o->stores_n == OPT_STORES) {
            return nx_fail(err, NX_EUSAGE, NULL, "more than %d stores", (int)OPT_STORES);
        }
        o->stores[o->stores_n++] = value;
    } else if (which == OPT_RUN_ID) {
        if (*run) {
            return nx_fail(err, NX_EUSAGE, NULL, "more than one run given: '%.200s' and '%.200s'", *run,
                           value);
        }
        *run = value;
    } else if (which == OPT_GROUP_BY) {
        o->group_by = choice == 0 ? NX_BY_BINARY : NX_BY_SLOT;
    } else if (which == OPT_MESSAGE_FORMAT) {
        o->pretty = choice == 1;
    } else if (which == OPT_COLOR) {
        o->color = (enum when)choice;
    } else if (which == OPT_QUIET) {
        o->quiet++;
    } else if (which == OPT_VERBOSE) {
        o->verbose++;
    }
    return 0;
}

struct parser {
    int argc, i;
    char **argv;
    struct opts *o;
    uint64_t seen; /* options given, to check them against the command once that is known */
    const char *run; /* -R's value */
    struct nx_err *err;
};

static int missing_value(struct parser *p, int o)
{
    nx_fail(p->err, NX_EUSAGE, NULL, "option '--%s' needs a value: %s", options[o].word, options[o].arg);
    return usage(p->err, p->o->command);
}

static int long_option(struct parser *p)
{
    const char *given = p->argv[p->i], *word = given + 2;
    size_t n = strcspn(word, "=");
    for (int o = 0; o < OPT_COUNT; o++) {
        if (strlen(options[o].word) != n || strncmp(options[o].word, word, n) != 0) {
            continue;
        }
        const char *value = word[n] ? word + n + 1 : NULL;
        if (options[o].arg[0] && !value) {
            if (p->i + 1 >= p->argc) {
                return missing_value(p, o);
            }
            value = p->argv[++p->i];
        } else if (!options[o].arg[0] && value) {
            nx_fail(p->err, NX_EUSAGE, NULL, "option '--%s' takes no value", options[o].word);
            return usage(p->err, p->o->command);
        }
        p->seen |= UINT64_C(1) << o;
        return set(p->o, (enum option)o, value, &p->run, p->err);
    }
    return unknown_option(given, p->o->command, p->err);
}

static int short_options(struct parser *p)
{
    const char *given = p->argv[p->i];
    for (const char *c = given + 1; *c; c++) {
        int o = 0;
        while (o < OPT_COUNT && options[o].c != *c) {
            o++;
        }
        if (o == OPT_COUNT) {
            char one[3] = {'-', *c, '\0'};
            return unknown_option(one, p->o->command, p->err);
        }
        p->seen |= UINT64_C(1) << o;
        const char *value = NULL;
        if (options[o].arg[0]) {
            value = c[1] == '=' ? c + 2 : c + 1;
            if (!c[1]) {
                if (p->i + 1 >= p->argc) {
                    return missing_value(p, o);
                }
                value = p->argv[++p->i];
            }
        }
        int rc = set(p->o, (enum option)o, value, &p->run, p->err);
        if (rc < 0 || value) {
            return rc;
        }
    }
    return 0;
}

static int word(struct parser *p)
{
    const char *given = p->argv[p->i];
    if (p->o->command == CMD_NONE) {
        p->o->command = opt_command(given);
        return p->o->command == CMD_NONE ? unknown_command(given, p->err) : 0;
    }
    if (p->o->args_n >= commands[p->o->command].most) {
        nx_fail(p->err, NX_EUSAGE, NULL, "unexpected argument '%.200s'", given);
        return usage(p->err, p->o->command);
    }
    p->o->args[p->o->args_n++] = given;
    return 0;
}

/* -R's run becomes the first argument. */
static int place_run(struct parser *p)
{
    struct opts *o = p->o;
    if (p->run && o->args_n >= commands[o->command].most) {
        if (o->command == CMD_OUTPUT) {
            return nx_fail(p->err, NX_EUSAGE, NULL, "unexpected argument '%.200s'", o->args[o->args_n - 1]);
        }
        return nx_fail(p->err, NX_EUSAGE, NULL, "more than one run given: '%.200s' and '%.200s'", o->args[0],
                       p->run);
    }
    if (p->run) {
        memmove(o->args + 1, o->args, (size_t)o->args_n * sizeof(o->args[0]));
        o->args[0] = p->run;
        o->args_n++;
    }
    o->arg = o->args[0];
    return 0;
}

static int check_args(struct parser *p)
{
    struct opts *o = p->o;
    if (place_run(p) < 0) {
        return usage(p->err, o->command);
    }
    if (o->args_n < commands[o->command].least) {
        nx_fail(p->err, NX_EUSAGE, NULL, "'nxctl %s' needs %s: %s", commands[o->command].word,
                commands[o->command].least == 1 ? "an argument" : "arguments", commands[o->command].args);
        if (o->command == CMD_INFO) {
            nx_err_hint(p->err, "`latest` is the newest run; `nxctl list` shows all");
        } else if (o->command == CMD_OUTPUT || o->command == CMD_HISTORY) {
            nx_err_hint(p->err, "`nxctl tests` shows the tests of the newest run");
        }
        return usage(p->err, o->command);
    }
    return 0;
}

static int exclusive(struct parser *p, bool a, const char *a_word, bool b, const char *b_word)
{
    if (!a || !b) {
        return 0;
    }
    nx_fail(p->err, NX_EUSAGE, NULL, "'%s' and '%s' exclude each other", a_word, b_word);
    return usage(p->err, p->o->command);
}

static int check(struct parser *p)
{
    struct opts *o = p->o;
    if (o->help || o->version || o->command == CMD_NONE) {
        return 0;
    }
    for (int i = 0; i < OPT_COUNT; i++) {
        if ((p->seen & (UINT64_C(1) << i)) && !takes(o->command, i)) {
            char given[64];
            snprintf(given, sizeof(given), "--%s", options[i].word);
            return unknown_option(given, o->command, p->err);
        }
    }
    if (check_args(p) < 0 || exclusive(p, o->all, "--all", o->workspace, "--workspace") < 0
        || exclusive(p, o->kept, "--kept", o->no_kept, "--no-kept") < 0
        || exclusive(p, o->only_stdout, "--stdout", o->only_stderr, "--stderr") < 0
        || exclusive(p, o->raw, "--raw", o->json, "--json") < 0
        || exclusive(p, o->index, "--index", o->no_index, "--no-index") < 0
        || exclusive(p, o->search, "--search", o->workspace, "--workspace") < 0
        || exclusive(p, o->search, "--search", o->arg, o->arg) < 0
        || exclusive(p, o->search, "--search", o->sort, "--sort") < 0
        || exclusive(p, o->search, "--search", o->outcome, "--outcome") < 0
        || exclusive(p, o->search, "--search", o->text, "--text") < 0
        || exclusive(p, o->search, "--search", o->attempts, "--attempts") < 0) {
        return -NX_EUSAGE;
    }
    if (o->pruned && o->no_index) {
        nx_fail(p->err, NX_EUSAGE, NULL, "'--pruned' needs an index: the store does not know such runs any more");
        return usage(p->err, o->command);
    }
    return 0;
}

int opt_parse(int argc, char **argv, struct opts *o, struct nx_err *err)
{
    struct parser p = {.argc = argc, .argv = argv, .o = o, .err = err};
    bool only_words = false;
    memset(o, 0, sizeof(*o));
    o->command = CMD_NONE;
    nx_err_clear(err);
    for (p.i = 1; p.i < argc; p.i++) {
        const char *a = argv[p.i];
        int rc;
        if (only_words || a[0] != '-' || a[1] == '\0') {
            rc = word(&p);
        } else if (a[1] == '-' && a[2] == '\0') {
            only_words = true;
            rc = 0;
        } else {
            rc = a[1] == '-' ? long_option(&p) : short_options(&p);
        }
        if (rc < 0) {
            return usage(err, o->command);
        }
    }
    return check(&p);
}

enum when opt_color_hint(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *v = strncmp(argv[i], "--color=", 8) == 0              ? argv[i] + 8
                        : strcmp(argv[i], "--color") == 0 && i + 1 < argc ? argv[i + 1]
                                                                          : NULL;
        if (v && strcmp(v, "never") == 0) {
            return WHEN_NEVER;
        }
        if (v && strcmp(v, "always") == 0) {
            return WHEN_ALWAYS;
        }
    }
    return WHEN_AUTO;
}
