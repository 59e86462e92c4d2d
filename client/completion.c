#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "client/cmd.h"

static bool takes(int c, int o)
{
    return (options[o].in & (1 << c)) != 0;
}

/* `DIR`, or with a name before it. */
static bool is_dir(int o)
{
    size_t n = strlen(options[o].arg);
    return n >= 3 && strcmp(options[o].arg + n - 3, "DIR") == 0;
}

static bool is_path(int o)
{
    return strcmp(options[o].arg, "FILE") == 0 || is_dir(o);
}

/* What an option's value may be: words with spaces between. */
static const char *values_of(int o)
{
    switch (o) {
    case OPT_STATUS:
        return "passed failed incomplete completed cancelled stress-completed stress-cancelled unknown";
    case OPT_OUTCOME:
        return "passed failed flaky slow running pass leak-pass timeout-pass fail abort leak-fail "
               "timeout-fail exec-fail";
    default:
        return options[o].values;
    }
}

/* How many of a command's first arguments are runs. */
static int runs_of(int c)
{
    switch (c) {
    case CMD_INFO:
    case CMD_EXPORT:
    case CMD_TESTS:
    case CMD_TIMELINE:
    case CMD_OUTPUT:
        return 1;
    case CMD_COMPARE:
        return 2;
    default:
        return 0;
    }
}

/* Which of its arguments is a test: from 1; 0 for none. */
static int test_of(int c)
{
    return c == CMD_OUTPUT ? 2 : c == CMD_HISTORY ? 1 : 0;
}

static void add_commands(struct nx_strbuf *b)
{
    for (int c = 0; c < CMD_COUNT; c++) {
        nx_strbuf_addf(b, "%s%s", c ? " " : "", command_row((enum command)c).word);
    }
}

/* --- bash --- */

static void bash_values(struct nx_strbuf *b)
{
    nx_strbuf_adds(b, "    case $prev in\n");
    for (int o = 0; o < OPT_COUNT; o++) {
        if (!options[o].arg[0]) {
            continue;
        }
        nx_strbuf_adds(b, "    ");
        if (options[o].c) {
            nx_strbuf_addf(b, "-%c|", options[o].c);
        }
        nx_strbuf_addf(b, "--%s)\n        ", options[o].word);
        if (values_of(o)[0]) {
            nx_strbuf_addf(b, "COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", values_of(o));
        } else if (is_dir(o)) {
            nx_strbuf_adds(b, "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))");
        } else if (is_path(o)) {
            nx_strbuf_adds(b, "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))");
        } else if (o == OPT_RUN_ID) {
            nx_strbuf_adds(b, "_nxctl_offer \"$cur\" runs");
        } else {
            nx_strbuf_adds(b, ":");
        }
        nx_strbuf_adds(b, "\n        return ;;\n");
    }
    nx_strbuf_adds(b, "    esac\n");
}

static void bash_commands(struct nx_strbuf *b)
{
    nx_strbuf_adds(b, "    case $cmd in\n");
    for (int c = 0; c < CMD_COUNT; c++) {
        struct command_row row = command_row((enum command)c);
        nx_strbuf_addf(b, "    %s)\n        opts='", row.word);
        for (int o = 0; o < OPT_COUNT; o++) {
            if (takes(c, o)) {
                nx_strbuf_addf(b, " --%s", options[o].word);
            }
        }
        nx_strbuf_adds(b, "'");
        if (c == CMD_HELP) {
            nx_strbuf_adds(b, "\n        words=$cmds");
        } else if (c == CMD_COMPLETION) {
            nx_strbuf_adds(b, "\n        words='bash zsh fish'");
        }
        nx_strbuf_addf(b, "\n        runs=%d test=%d ;;\n", runs_of(c), test_of(c));
    }
    nx_strbuf_adds(b, "    esac\n");
}

static const char bash_offer[] =
    "# Runs, or the tests of one. Bash cuts words at colons, which tests have in their names.\n"
    "_nxctl_offer() {\n"
    "    local cur=$1 w before\n"
    "    shift\n"
    "    before=${cur%\"${cur##*:}\"}\n"
    "    [[ $COMP_WORDBREAKS == *:* ]] || before=\n"
    "    while IFS=$'\\t' read -r w _; do\n"
    "        [[ $w == \"$cur\"* ]] && COMPREPLY+=(\"${w#\"$before\"}\")\n"
    "    done < <(\"${COMP_WORDS[0]:-nxctl}\" completion \"$@\" 2>/dev/null)\n"
    "}\n";

static const char bash_words[] =
    "    COMPREPLY=()\n"
    "    # The word at the cursor, colons and all.\n"
    "    if [[ -n $COMP_LINE ]]; then cur=${COMP_LINE:0:COMP_POINT}; cur=${cur##*[[:space:]]}; fi\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        w=${COMP_WORDS[i]}\n"
    "        if [[ -z $cmd ]]; then\n"
    "            if [[ \" $cmds \" == *\" $w \"* ]]; then cmd=$w; fi\n"
    "        elif [[ $w == -* || \" $took \" == *\" ${COMP_WORDS[i-1]} \"* ]]; then :\n"
    "        else at=$((at + 1)); if ((at == 1)); then run=$w; fi\n"
    "        fi\n"
    "    done\n";

static void bash(struct nx_strbuf *b)
{
    nx_strbuf_adds(b, "# bash completion for nxctl; `nxctl completion bash` made it\n");
    nx_strbuf_adds(b, bash_offer);
    nx_strbuf_adds(b, "_nxctl() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                      "    local cmd= opts= words= runs=0 test=0 at=0 run= w i\n"
                      "    local cmds='");
    add_commands(b);
    nx_strbuf_adds(b, "'\n    local took='");
    for (int o = 0; o < OPT_COUNT; o++) {
        if (options[o].arg[0]) {
            nx_strbuf_addf(b, " --%s", options[o].word);
        }
        if (options[o].arg[0] && options[o].c) {
            nx_strbuf_addf(b, " -%c", options[o].c);
        }
    }
    nx_strbuf_adds(b, "'\n");
    nx_strbuf_adds(b, bash_words);
    bash_values(b);
    nx_strbuf_adds(b, "    if [[ -z $cmd ]]; then\n"
                      "        COMPREPLY=($(compgen -W \"$cmds --help --version\" -- \"$cur\"))\n"
                      "        return\n"
                      "    fi\n");
    bash_commands(b);
    nx_strbuf_adds(b, "    if [[ $cur == -* ]]; then\n"
                      "        COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
                      "        return\n"
                      "    fi\n"
                      "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                      "    if ((at < runs)); then\n"
                      "        compopt -o filenames\n"
                      "        COMPREPLY+=($(compgen -d -- \"$cur\") $(compgen -f -X '!*.zip' -- \"$cur\"))\n"
                      "        _nxctl_offer \"$cur\" runs\n"
                      "    elif ((test && at == test - 1)); then\n"
                      "        _nxctl_offer \"$cur\" tests \"${run:-latest}\"\n"
                      "    fi\n"
                      "}\n"
                      "complete -F _nxctl nxctl\n");
}

/* --- zsh --- */

/* Text within single quotes and brackets, where zsh takes these for its own. */
static void zsh_text(struct nx_strbuf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            nx_strbuf_adds(b, "'\\''");
        } else {
            if (strchr("[]:\\`$", *text)) {
                nx_strbuf_addc(b, '\\');
            }
            nx_strbuf_addc(b, *text);
        }
    }
}

static void zsh_option(struct nx_strbuf *b, int o)
{
    nx_strbuf_adds(b, "            '");
    if (options[o].c) {
        nx_strbuf_addf(b, "(-%c --%s)'{-%c%s,--%s%s}'[", options[o].c, options[o].word, options[o].c,
                       options[o].arg[0] ? "+" : "", options[o].word, options[o].arg[0] ? "=" : "");
    } else {
        nx_strbuf_addf(b, "--%s%s[", options[o].word, options[o].arg[0] ? "=" : "");
    }
    zsh_text(b, options[o].help);
    nx_strbuf_addc(b, ']');
    if (options[o].arg[0]) {
        nx_strbuf_addc(b, ':');
        zsh_text(b, options[o].arg);
        nx_strbuf_addc(b, ':');
        if (values_of(o)[0]) {
            nx_strbuf_addf(b, "(%s)", values_of(o));
        } else if (is_dir(o)) {
            nx_strbuf_adds(b, "_files -/");
        } else if (is_path(o)) {
            nx_strbuf_adds(b, "_files");
        } else if (o == OPT_RUN_ID) {
            nx_strbuf_adds(b, "_nxctl_runs");
        }
    }
    nx_strbuf_adds(b, "' \\\n");
}

static void zsh(struct nx_strbuf *b)
{
    nx_strbuf_adds(b, "#compdef nxctl\n"
                      "# zsh completion for nxctl; `nxctl completion zsh` made it\n"
                      "_nxctl_runs() {\n"
                      "    local -a found\n"
                      "    found=(${${(f)\"$(nxctl completion runs 2>/dev/null)\"}/$'\\t'/:})\n"
                      "    _describe run found; _files -g '*.zip'\n"
                      "}\n"
                      "_nxctl_tests() {\n"
                      "    local -a found\n"
                      "    found=(${(f)\"$(nxctl completion tests ${1:-latest} 2>/dev/null)\"})\n"
                      "    compadd -a found\n"
                      "}\n"
                      "_nxctl() {\n"
                      "    local curcontext=$curcontext state line\n"
                      "    local -a commands\n"
                      "    commands=(\n");
    for (int c = 0; c < CMD_COUNT; c++) {
        struct command_row row = command_row((enum command)c);
        nx_strbuf_addf(b, "        '%s:", row.word);
        zsh_text(b, row.help);
        nx_strbuf_adds(b, "'\n");
    }
    nx_strbuf_adds(b, "    )\n"
                      "    _arguments -C '1:command:->command' '*::argument:->argument'\n"
                      "    case $state in\n"
                      "    command) _describe command commands ;;\n"
                      "    argument)\n"
                      "        case $line[1] in\n");
    for (int c = 0; c < CMD_COUNT; c++) {
        nx_strbuf_addf(b, "        %s) _arguments \\\n", command_row((enum command)c).word);
        for (int o = 0; o < OPT_COUNT; o++) {
            if (takes(c, o)) {
                zsh_option(b, o);
            }
        }
        for (int i = 1; i <= runs_of(c); i++) {
            nx_strbuf_addf(b, "            '%d:run:_nxctl_runs'%s", i,
                           i < runs_of(c) || test_of(c) ? " \\\n" : "");
        }
        if (test_of(c)) {
            nx_strbuf_addf(b, "            '%d:test:{ _nxctl_tests %s }'", test_of(c),
                           c == CMD_OUTPUT ? "${${(M)words[2,CURRENT-1]:#[^-]*}[1]}" : "latest");
        } else if (c == CMD_HELP) {
            nx_strbuf_adds(b, "            '1:command:(");
            add_commands(b);
            nx_strbuf_adds(b, ")'");
        } else if (c == CMD_COMPLETION) {
            nx_strbuf_adds(b, "            '1:shell:(bash zsh fish)'");
        } else {
            nx_strbuf_adds(b, runs_of(c) ? "" : "            && return");
        }
        nx_strbuf_adds(b, " ;;\n");
    }
    nx_strbuf_adds(b,
                   "        esac ;;\n"
                   "    esac\n"
                   "}\n"
                   "if [ \"$funcstack[1]\" = _nxctl ]; then _nxctl \"$@\"; else compdef _nxctl nxctl; fi\n");
}

/* --- fish --- */

static void fish_text(struct nx_strbuf *b, const char *text)
{
    nx_strbuf_addc(b, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            nx_strbuf_addc(b, '\\');
        }
        nx_strbuf_addc(b, *text);
    }
    nx_strbuf_addc(b, '\'');
}

static void fish_option(struct nx_strbuf *b, int c, int o)
{
    nx_strbuf_addf(b, "complete -c nxctl -n '__fish_seen_subcommand_from %s' -l %s",
                   command_row((enum command)c).word, options[o].word);
    if (options[o].c) {
        nx_strbuf_addf(b, " -s %c", options[o].c);
    }
    if (options[o].arg[0]) {
        nx_strbuf_adds(b, is_path(o) ? " -rF" : " -x");
        if (values_of(o)[0]) {
            nx_strbuf_addf(b, " -a '%s'", values_of(o));
        } else if (o == OPT_RUN_ID) {
            nx_strbuf_adds(b, " -a '(nxctl completion runs 2>/dev/null)'");
        }
    }
    nx_strbuf_adds(b, " -d ");
    fish_text(b, options[o].help);
    nx_strbuf_addc(b, '\n');
}

static void fish(struct nx_strbuf *b)
{
    nx_strbuf_adds(
        b, "# fish completion for nxctl; `nxctl completion fish` made it\n"
           "# How many words stand behind the command; options and what they take are not looked through.\n"
           "function __nxctl_args\n"
           "    string match -v -- '-*' (commandline -opc)[3..]\n"
           "end\n"
           "function __nxctl_at\n"
           "    test (count (__nxctl_args)) -eq $argv[1]\n"
           "end\n"
           "function __nxctl_before\n"
           "    test (count (__nxctl_args)) -lt $argv[1]\n"
           "end\n"
           "function __nxctl_tests\n"
           "    set -l run (__nxctl_args)[1] latest\n"
           "    nxctl completion tests $run[1] 2>/dev/null\n"
           "end\n"
           "complete -c nxctl -f\n");
    for (int c = 0; c < CMD_COUNT; c++) {
        struct command_row row = command_row((enum command)c);
        nx_strbuf_addf(b, "complete -c nxctl -n __fish_use_subcommand -a %s -d ", row.word);
        fish_text(b, row.help);
        nx_strbuf_addc(b, '\n');
        for (int o = 0; o < OPT_COUNT; o++) {
            if (takes(c, o)) {
                fish_option(b, c, o);
            }
        }
        if (c == CMD_COMPLETION) {
            nx_strbuf_addf(b, "complete -c nxctl -n '__fish_seen_subcommand_from %s' -a 'bash zsh fish'\n",
                           row.word);
        }
        if (runs_of(c)) {
            nx_strbuf_addf(b,
                           "complete -c nxctl -n '__fish_seen_subcommand_from %s; and __nxctl_before %d' -F "
                           "-a '(nxctl completion runs 2>/dev/null)'\n",
                           row.word, runs_of(c));
        }
        if (test_of(c)) {
            nx_strbuf_addf(b, "complete -c nxctl -n '__fish_seen_subcommand_from %s; and __nxctl_at %d' "
                           "-a '(__nxctl_tests)'\n", row.word, test_of(c) - 1);
        }
    }
}

int cmd_completion(const struct opts *o, const struct ui *ui)
{
    struct nx_strbuf b;
    struct nx_err err;
    if (strcmp(o->arg, "tests") == 0 || (strcmp(o->arg, "runs") == 0 && o->args_n == 1)) {
        return completion_words(o, ui);
    }
    if (o->args_n > 1) {
        nx_fail(&err, NX_EUSAGE, NULL, "unexpected argument '%.200s'", o->args[1]);
        nx_err_hint(&err, "see `nxctl completion --help`");
        return ui_error(ui, &err);
    }
    nx_strbuf_init(&b, 0);
    if (strcmp(o->arg, "bash") == 0) {
        bash(&b);
    } else if (strcmp(o->arg, "zsh") == 0) {
        zsh(&b);
    } else if (strcmp(o->arg, "fish") == 0) {
        fish(&b);
    } else {
        nx_fail(&err, NX_EUSAGE, NULL, "no completions for a shell '%.200s'", o->arg);
        nx_err_hint(&err, "there are some for bash, zsh and fish");
        return ui_error(ui, &err);
    }
    int status = ui_print(ui, &b);
    nx_strbuf_fini(&b);
    return status;
}
