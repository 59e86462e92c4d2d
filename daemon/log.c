#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 4096 };

static enum log_level least = LOG_LEVEL_INFO;
static bool journal;

void log_init(int verbosity)
{
    least = verbosity < 0 ? LOG_LEVEL_WARN : verbosity > 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    /* JOURNAL_STREAM is inherited: it speaks of our standard error only when it names that very file. */
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    unsigned long long dev, ino;
    journal = stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
              (unsigned long long)st.st_dev == dev && (unsigned long long)st.st_ino == ino;
}

static const char *word(enum log_level level)
{
    return level == LOG_LEVEL_ERR ? "error: " : level == LOG_LEVEL_WARN ? "warning: " : "";
}

void log_vsay(enum log_level level, const char *fmt, va_list ap)
{
    char text[LINE], line[LINE + 64];
    if (level > least) {
        return;
    }
    vsnprintf(text, sizeof text, fmt, ap);
    int n =
        journal ? snprintf(line, 64, "<%d>", (int)level) : snprintf(line, 64, "nxtraced: %s", word(level));
    size_t at = (size_t)n;
    for (const char *p = text; *p && at + 6 < sizeof line; p++) {
        if (*p == '\n' && !p[1]) {
            break;
        }
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            at += (size_t)snprintf(line + at, 5, "\\x%02x", (unsigned)(unsigned char)*p);
        } else {
            line[at++] = *p;
        }
    }
    line[at++] = '\n';
    if (write(STDERR_FILENO, line, at) < 0) {
        return; /* nobody reads what we say: nothing better to do than to go on */
    }
}

void log_say(enum log_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_vsay(level, fmt, ap);
    va_end(ap);
}

void log_err(enum log_level level, const char *what, const struct nx_err *err)
{
    char text[LINE];
    nx_err_text(err, text, sizeof text);
    log_say(level, "%s%s%s", what, *what ? ": " : "", text);
    if (err->hint[0]) {
        log_say(level, "hint: %s", err->hint);
    }
}
