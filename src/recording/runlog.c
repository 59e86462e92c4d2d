#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "recording/runlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "io/zstd.h"

/* Two blocks of the format: one being cut into lines, and room for the next behind what is left of it. */
enum { START_CAP = 256 * 1024 };

struct nx_runlog {
    struct nx_reader *from; /* decompressed */
    char *buf;              /* cap bytes, and NX_RUNLOG_PAD more */
    size_t cap;
    size_t at, end;  /* what was read and not yet handed out */
    size_t searched; /* from `at` to here there is no LF */
    uint64_t line;   /* number of the line at `at` */
    bool eof;        /* nothing comes behind `end` */
    bool ended;
    bool skipping; /* inside a line that was too long */
};

int nx_runlog_open(struct nx_reader *compressed, struct nx_runlog **ret, struct nx_err *err)
{
    const char *name = nx_reader_name(compressed);
    struct nx_runlog *log = calloc(1, sizeof *log);
    char *buf = malloc(START_CAP + NX_RUNLOG_PAD);
    if (!log || !buf) {
        int rc = nx_fail(err, NX_ENOMEM, name, "no memory to read a run log");
        free(log);
        free(buf);
        nx_reader_close(compressed);
        return rc;
    }
    log->buf = buf;
    log->cap = START_CAP;
    log->line = 1;
    int rc = nx_zstd_open(compressed, NX_LIM_LOG_BYTES, &log->from, err);
    if (rc < 0) {
        nx_runlog_close(log);
        return rc;
    }
    *ret = log;
    return 0;
}

void nx_runlog_close(struct nx_runlog *log)
{
    if (!log)
        return;
    nx_reader_close(log->from);
    free(log->buf);
    free(log);
}

bool nx_runlog_ended(const struct nx_runlog *log)
{
    return log->ended;
}

void nx_runlog_retry(struct nx_runlog *log)
{
    nx_reader_retry(log->from);
    log->eof = log->ended = false;
}

uint64_t nx_runlog_consumed(const struct nx_runlog *log)
{
    return nx_zstd_consumed(log->from);
}

/* As Rust's trim(). */
static struct nx_slice trim(const char *p, size_t n)
{
    size_t len;
    while ((len = nx_utf8_space(p, n)) > 0) {
        p += len;
        n -= len;
    }
    while ((len = nx_utf8_space_before(p, n)) > 0)
        n -= len;
    return (struct nx_slice){p, n};
}

/* --- reading --- */

static int too_long(struct nx_runlog *log, struct nx_err *err)
{
    int rc = nx_limit_fail(err, NX_LIM_LINE_BYTES, nx_reader_name(log->from));
    nx_err_at(err, log->line, NX_NOWHERE);
    log->skipping = true;
    log->at = log->searched = log->end = 0;
    return rc;
}

/* Makes room behind `end`: what was handed out goes, and if that is nothing, the buffer grows. */
static int make_room(struct nx_runlog *log, struct nx_err *err)
{
    size_t n = log->end - log->at;
    if (log->at > 0) {
        memmove(log->buf, log->buf + log->at, n);
        log->searched -= log->at;
        log->at = 0;
        log->end = n;
    }
    if (n <= log->cap / 2)
        return 0;
    size_t most = (size_t)nx_limit_value(NX_LIM_LINE_BYTES) + 1; /* with its LF */
    if (n >= most)
        return too_long(log, err);
    size_t cap = log->cap > most / 2 ? most : log->cap * 2;
    if (cap <= log->cap)
        return 0;
    char *buf = realloc(log->buf, cap + NX_RUNLOG_PAD);
    if (!buf) {
        log->ended = true;
        int rc = nx_fail(err, NX_ENOMEM, nx_reader_name(log->from), "no memory for a line");
        nx_err_at(err, log->line, NX_NOWHERE);
        return rc;
    }
    log->buf = buf;
    log->cap = cap;
    return 0;
}

static int fill(struct nx_runlog *log, struct nx_err *err)
{
    int rc = make_room(log, err);
    if (rc < 0)
        return rc;
    ssize_t got = nx_reader_read(log->from, log->buf + log->end, log->cap - log->end, err);
    if (got < 0) {
        /* The offset is one in the compressed file, the line one in the text: both help to find it. */
        if (err)
            nx_err_at(err, log->line, err->offset);
        log->ended = true;
        return (int)got;
    }
    log->eof = got == 0;
    log->end += (size_t)got;
    /* What stands behind the last line is looked at, if never used: it should not be memory that nobody
     * wrote. */
    memset(log->buf + log->end, 0, NX_RUNLOG_PAD);
    return 0;
}

/* The next raw line, without its LF. 1, 0 at the end, or a negative code. */
static int raw_line(struct nx_runlog *log, struct nx_slice *ret, struct nx_err *err)
{
    for (;;) {
        const char *from = log->buf + log->searched;
        const char *lf = memchr(from, '\n', log->end - log->searched);
        if (lf) {
            *ret = (struct nx_slice){log->buf + log->at, (size_t)(lf - (log->buf + log->at))};
            log->at = log->searched = (size_t)(lf - log->buf) + 1;
            return 1;
        }
        log->searched = log->end;
        if (log->skipping)
            log->at = log->end;
        if (log->eof) {
            *ret = (struct nx_slice){log->buf + log->at, log->end - log->at};
            log->at = log->end;
            return ret->n > 0 || log->skipping;
        }
        int rc = fill(log, err);
        if (rc < 0)
            return rc;
    }
}

int nx_runlog_next(struct nx_runlog *log, struct nx_slice *ret, uint64_t *ret_line, struct nx_err *err)
{
    for (;;) {
        struct nx_slice line;
        int rc = raw_line(log, &line, err);
        if (rc <= 0) {
            log->ended = log->ended || rc == 0;
            return rc;
        }
        uint64_t number = log->line++;
        bool skip = log->skipping;
        log->skipping = false;
        if (skip)
            continue;
        if (line.n == 0 || line.p[0] != '{' || line.p[line.n - 1] != '}')
            line = trim(line.p, line.n);
        if (line.n == 0)
            continue;
        *ret = line;
        *ret_line = number;
        return 1;
    }
}
