/*
 * The commands. Each returns nxctl's exit status, having said what went wrong.
 */
#ifndef CLIENT_CMD_H
#define CLIENT_CMD_H

#include "client/opt.h"
#include "client/ui.h"

int cmd_list(const struct opts *o, const struct ui *ui);
int cmd_info(const struct opts *o, const struct ui *ui);
int cmd_export(const struct opts *o, const struct ui *ui);
int cmd_tests(const struct opts *o, const struct ui *ui);
int cmd_timeline(const struct opts *o, const struct ui *ui);
int cmd_output(const struct opts *o, const struct ui *ui);
int cmd_history(const struct opts *o, const struct ui *ui);
int cmd_flaky(const struct opts *o, const struct ui *ui);
int cmd_slowest(const struct opts *o, const struct ui *ui);
int cmd_compare(const struct opts *o, const struct ui *ui);
int cmd_watch(const struct opts *o, const struct ui *ui);
int cmd_open(const struct opts *o, const struct ui *ui);
int cmd_completion(const struct opts *o, const struct ui *ui);
int cmd_help(const struct opts *o, const struct ui *ui);

/* What completion scripts ask: `runs`, or `tests RUN`; a line each. */
int completion_words(const struct opts *o, const struct ui *ui);

/* Appends the help of a command, or of nxctl. */
void help_text(struct nx_strbuf *b, bool color, enum command c);

#endif
