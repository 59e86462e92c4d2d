#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "client/cmd.h"

static bool takes(int c, int o)
{
    return (options[o].in & (1 << c)) != 0;
}

static bool is_path(int o)
{
    return strcmp(options[o].arg, "FILE") == 0 || strcmp(options[o].arg, "DIR") == 0;
}

/* What a command's argument may be, besides a file: words with spaces between. */
static const char *words_of(int c)
{
    switch (c) {
    case CMD_INFO:
    case CMD_EXPORT:
        return "latest";
    case CMD_COMPLETION:
        return "bash zsh fish";
    default:
        return "";
    }
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
        if (options[o].values[0]) {
            nx_strbuf_addf(b, "COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", options[o].values);
        } else if (strcmp(options[o].arg, "DIR") == 0) {
            nx_strbuf_adds(b, "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))");
        } else if (is_path(o)) {
            nx_strbuf_adds(b, "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))");
        } else {
            nx_strbuf_adds(b, "COMPREPLY=($(compgen -W 'latest' -- \"$cur\"))");
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
        nx_strbuf_addf(b, "'\n        words='%s'", words_of(c));
        if (c == CMD_HELP) {
            nx_strbuf_adds(b, "\n        words=$cmds");
        } else if (c == CMD_INFO || c == CMD_EXPORT) {
            nx_strbuf_adds(b, "\n        files=1");
        }
        nx_strbuf_adds(b, " ;;\n");
    }
    nx_strbuf_adds(b, "    esac\n");
}

static void bash(struct nx_strbuf *b)
{
    nx_strbuf_adds(b, "# bash completion for nxctl; `nxctl completion bash` made it\n"
                      "_nxctl() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                      "    local cmd= opts= words= files= w i\n"
                      "    local cmds='");
    add_commands(b);
    nx_strbuf_adds(b, "'\n    COMPREPLY=()\n"
                      "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                      "        w=${COMP_WORDS[i]}\n"
                      "        if [[ \" $cmds \" == *\" $w \"* ]]; then cmd=$w; break; fi\n"
                      "    done\n");
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
                      "    if [[ -n $files ]]; then\n"
                      "        compopt -o filenames\n"
                      "        COMPREPLY+=($(compgen -d -- \"$cur\") $(compgen -f -X '!*.zip' -- \"$cur\"))\n"
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
        nx_strbuf_addf(b, ":%s:", options[o].arg);
        if (options[o].values[0]) {
            nx_strbuf_addf(b, "(%s)", options[o].values);
        } else if (strcmp(options[o].arg, "DIR") == 0) {
            nx_strbuf_adds(b, "_files -/");
        } else if (is_path(o)) {
            nx_strbuf_adds(b, "_files");
        } else {
            nx_strbuf_adds(b, "(latest)");
        }
    }
    nx_strbuf_adds(b, "' \\\n");
}

static void zsh(struct nx_strbuf *b)
{
    nx_strbuf_adds(b, "#compdef nxctl\n"
                      "# zsh completion for nxctl; `nxctl completion zsh` made it\n"
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
        if (c == CMD_INFO || c == CMD_EXPORT) {
            nx_strbuf_adds(b, "            '1:run:{ compadd latest; _files -g \"*.zip\" }'");
        } else if (c == CMD_HELP) {
            nx_strbuf_adds(b, "            '1:command:(");
            add_commands(b);
            nx_strbuf_adds(b, ")'");
        } else if (words_of(c)[0]) {
            nx_strbuf_addf(b, "            '1:word:(%s)'", words_of(c));
        } else {
            nx_strbuf_adds(b, "            && return");
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
        if (options[o].values[0]) {
            nx_strbuf_addf(b, " -a '%s'", options[o].values);
        }
    }
    nx_strbuf_adds(b, " -d ");
    fish_text(b, options[o].help);
    nx_strbuf_addc(b, '\n');
}

static void fish(struct nx_strbuf *b)
{
    nx_strbuf_adds(b, "# fish completion for nxctl; `nxctl completion fish` made it\ncomplete -c nxctl -f\n");
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
        if (words_of(c)[0]) {
            nx_strbuf_addf(b, "complete -c nxctl -n '__fish_seen_subcommand_from %s' %s-a '%s'\n", row.word,
                           c == CMD_COMPLETION ? "" : "-F ", words_of(c));
        }
    }
}

int cmd_completion(const struct opts *o, const struct ui *ui)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    if (strcmp(o->arg, "bash") == 0) {
        bash(&b);
    } else if (strcmp(o->arg, "zsh") == 0) {
        zsh(&b);
    } else if (strcmp(o->arg, "fish") == 0) {
        fish(&b);
    } else {
        struct nx_err err;
        nx_fail(&err, NX_EUSAGE, NULL, "no completions for a shell '%.200s'", o->arg);
        nx_err_hint(&err, "there are some for bash, zsh and fish");
        return ui_error(ui, &err);
    }
    int status = ui_print(ui, &b);
    nx_strbuf_fini(&b);
    return status;
}
