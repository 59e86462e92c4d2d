/*
 * What nxctl says, and how: messages on standard error, texts on standard output, colours.
 *
 * Anything that came out of a recording goes through ui_safe(): a test's name must not move a terminal's
 * cursor.
 */
#ifndef CLIENT_UI_H
#define CLIENT_UI_H

#include "base/err.h"
#include "base/strbuf.h"
#include "client/opt.h"

struct ui {
    bool out_color, err_color; /* standard output, standard error */
    bool err_tty;
    bool unicode; /* may lines be drawn with more than ASCII? */
    int quiet, verbose;
};

void ui_init(struct ui *ui, enum when color, int quiet, int verbose);

/* error: WHY, then hint: REMEDY. Returns the exit status of err's code. */
int ui_error(const struct ui *ui, const struct nx_err *err);

/* warning: and info: lines; not with --quiet. debug: only with --verbose. */
void ui_warn(const struct ui *ui, const char *fmt, ...) NX_PRINTF(2, 3);
void ui_info(const struct ui *ui, const char *fmt, ...) NX_PRINTF(2, 3);
void ui_tell(const struct ui *ui, const char *fmt, ...) NX_PRINTF(2, 3);

/* Appends text out of a file with control characters, line separators, changes of writing direction and
 * invalid UTF-8 as `\n`, `\u{1b}`, `\xff`; base/err.h's nx_err_text() writes them alike. */
void ui_safe(struct nx_strbuf *b, struct nx_slice s);

/* Writes a text to standard output. Returns an exit status. A reader that went away (a pager, head) is no
 * cause for a message, but for the exit status of a failed write. */
int ui_print(const struct ui *ui, const struct nx_strbuf *text);

enum style { S_NONE, S_BOLD, S_ID, S_ID_REST, S_GOOD, S_BAD, S_ODD };

/* Appends text in a style where `color`. */
void ui_styled(struct nx_strbuf *b, bool color, enum style s, const char *text);

#endif
