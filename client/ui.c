#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/ui.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/sink.h"

/* SGR parameters, in the order of enum style; the colours are nextest's. */
static const char *const sgr[] = {"", "1", "35;1", "90", "32;1", "31;1", "33;1"};

static bool is_set(const char *name)
{
    const char *v = getenv(name);
    return v && *v;
}

static bool wants_color(enum when when, int fd)
{
    const char *force = getenv("CLICOLOR_FORCE"), *cli = getenv("CLICOLOR"), *term = getenv("TERM");
    if (when != WHEN_AUTO) {
        return when == WHEN_ALWAYS;
    }
    if (is_set("NO_COLOR")) {
        return false;
    }
    if (force && *force && strcmp(force, "0") != 0) {
        return true;
    }
    if (cli && strcmp(cli, "0") == 0) {
        return false;
    }
    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

/* By the locale's name, as nextest decides it: the C library need not have the locale installed. */
static bool wants_unicode(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *v = getenv(names[i]);
        if (v && *v) {
            size_t n = strlen(v);
            char end[6] = "";
            for (size_t j = 0; j < 5 && j < n; j++) {
                end[j] = (char)toupper((unsigned char)v[n - (n < 5 ? n : 5) + j]);
            }
            return strcmp(end, "UTF-8") == 0 || strstr(end, "UTF8") != NULL;
        }
    }
    return false;
}

void ui_init(struct ui *ui, enum when color, int quiet, int verbose)
{
    ui->out_color = wants_color(color, STDOUT_FILENO);
    ui->err_color = wants_color(color, STDERR_FILENO);
    ui->err_tty = isatty(STDERR_FILENO) == 1;
    ui->unicode = wants_unicode();
    ui->quiet = quiet;
    ui->verbose = verbose;
}

void ui_styled(struct nx_strbuf *b, bool color, enum style s, const char *text)
{
    if (color && s != S_NONE) {
        nx_strbuf_addf(b, "\033[%sm%s\033[0m", sgr[s], text);
    } else {
        nx_strbuf_adds(b, text);
    }
}

/* The code point at s and its length; length 0 where the bytes are no UTF-8. */
static size_t decode(struct nx_slice s, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (n == 0 || n > s.n) {
        return 0;
    }
    uint32_t v = n == 1 ? c : c & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)s.p[i] & 0xc0) != 0x80) {
            return 0;
        }
        v = v << 6 | ((unsigned char)s.p[i] & 0x3f);
    }
    if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff)) {
        return 0;
    }
    *ret = v;
    return n;
}

static bool moves_text(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e)
           || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c || c == 0xfeff;
}

void ui_safe(struct nx_strbuf *b, struct nx_slice s)
{
    while (s.n > 0) {
        uint32_t c = 0;
        size_t n = decode(s, &c);
        if (n == 0) {
            nx_strbuf_addf(b, "\\x%02x", (unsigned)(unsigned char)s.p[0]);
            n = 1;
        } else if (c == '\n' || c == '\t' || c == '\r') {
            nx_strbuf_adds(b, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
        } else if (moves_text(c)) {
            nx_strbuf_addf(b, "\\u{%x}", (unsigned)c);
        } else {
            nx_strbuf_add(b, s.p, n);
        }
        s.p += n;
        s.n -= n;
    }
}

/* The same for a message, whose own line breaks stay. */
static void safe_lines(struct nx_strbuf *b, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        ui_safe(b, (struct nx_slice){text, n});
        text += n;
        if (*text == '\n') {
            nx_strbuf_addc(b, '\n');
            text++;
        }
    }
}

static void emit(struct nx_strbuf *b)
{
    nx_strbuf_addc(b, '\n');
    for (size_t done = 0; !b->failed && done < b->n;) {
        ssize_t n = write(STDERR_FILENO, b->p + done, b->n - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break; /* nobody hears us: the exit status must do */
        }
        done += (size_t)n;
    }
    nx_strbuf_fini(b);
}

int ui_error(const struct ui *ui, const struct nx_err *err)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    ui_styled(&b, ui->err_color, S_BAD, "error");
    nx_strbuf_adds(&b, ": ");
    if (strchr(err->why, '\n') && !err->object[0]) { /* the candidates of an ambiguous prefix */
        safe_lines(&b, err->why);
    } else {
        char text[NX_ERR_OBJECT + NX_ERR_WHY + 128];
        safe_lines(&b, nx_err_text(err, text, sizeof(text)));
    }
    if (err->hint[0]) {
        nx_strbuf_addc(&b, '\n');
        ui_styled(&b, ui->err_color, S_BOLD, "hint");
        nx_strbuf_adds(&b, ": ");
        safe_lines(&b, err->hint);
    }
    emit(&b);
    return nx_code_exit(err->code);
}

static void say(const struct ui *ui, enum style s, const char *word, const char *fmt, va_list ap)
    NX_PRINTF(4, 0);
static void say(const struct ui *ui, enum style s, const char *word, const char *fmt, va_list ap)
{
    char text[NX_ERR_OBJECT + NX_ERR_WHY];
    struct nx_strbuf b;
    vsnprintf(text, sizeof(text), fmt, ap);
    nx_strbuf_init(&b, 0);
    ui_styled(&b, ui->err_color, s, word);
    nx_strbuf_adds(&b, ": ");
    ui_safe(&b, nx_slice_of(text)); /* one line: what it quotes came out of a file */
    emit(&b);
}

void ui_warn(const struct ui *ui, const char *fmt, ...)
{
    va_list ap;
    if (!ui->quiet) {
        va_start(ap, fmt);
        say(ui, S_ODD, "warning", fmt, ap);
        va_end(ap);
    }
}

void ui_info(const struct ui *ui, const char *fmt, ...)
{
    va_list ap;
    if (!ui->quiet) {
        va_start(ap, fmt);
        say(ui, S_GOOD, "info", fmt, ap);
        va_end(ap);
    }
}

void ui_tell(const struct ui *ui, const char *fmt, ...)
{
    va_list ap;
    if (ui->verbose && !ui->quiet) {
        va_start(ap, fmt);
        say(ui, S_GOOD, "info", fmt, ap);
        va_end(ap);
    }
}

int ui_print(const struct ui *ui, const struct nx_strbuf *text)
{
    struct nx_sink_fd out;
    struct nx_err err;
    if (text->failed) {
        nx_fail(&err, NX_ENOMEM, NULL, "no memory for the text");
        return ui_error(ui, &err);
    }
    nx_sink_fd_init(&out, STDOUT_FILENO, "standard output");
    if (nx_sink_write(&out.sink, text->p, text->n, &err) < 0) {
        return err.sys == EPIPE ? nx_code_exit(NX_EWRITE) : ui_error(ui, &err);
    }
    return 0;
}
