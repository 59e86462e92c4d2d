#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/err.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
    const char *text;
    int http, exit;
} rows[] = {
    {"ok", 200, 0},
#define NX_ERR(name, text, http, exit) {text, http, exit},
#include "base/err.def"
#undef NX_ERR
};

static void copy_cut(char *to, size_t cap, const char *from)
{
    size_t n = strnlen(from, cap);
    bool cut = n == cap;
    if (cut)
        n = cap - 1;
    memmove(to, from, n);
    to[cut ? nx_utf8_whole(to, n) : n] = '\0';
}

static void format_cut(char *to, size_t cap, const char *fmt, va_list ap) NX_PRINTF(3, 0);
static void format_cut(char *to, size_t cap, const char *fmt, va_list ap)
{
    int n = vsnprintf(to, cap, fmt, ap);
    if (n < 0)
        to[0] = '\0';
    else if ((size_t)n >= cap) /* cut: at a whole character, so that no invalid byte comes about */
        to[nx_utf8_whole(to, cap - 1)] = '\0';
}

void nx_err_clear(struct nx_err *err)
{
    if (!err)
        return;
    err->code = NX_OK;
    err->sys = 0;
    err->line = err->offset = NX_NOWHERE;
    err->object[0] = err->why[0] = err->hint[0] = '\0';
}

/* `object` and what `why` was made from may lie in *err itself, hence the order here. */
static void fill(struct nx_err *err, enum nx_code code, int sys, const char *object, const char *why)
{
    err->code = code;
    err->sys = sys;
    err->line = err->offset = NX_NOWHERE;
    copy_cut(err->object, sizeof err->object, object ? object : "");
    copy_cut(err->why, sizeof err->why, why);
    err->hint[0] = '\0';
}

int nx_fail(struct nx_err *err, enum nx_code code, const char *object, const char *fmt, ...)
{
    if (err) {
        char why[NX_ERR_WHY];
        va_list ap;
        va_start(ap, fmt);
        format_cut(why, sizeof why, fmt, ap);
        va_end(ap);
        fill(err, code, 0, object, why);
    }
    return -(int)code;
}

int nx_fail_sys(struct nx_err *err, enum nx_code code, int sys, const char *object, const char *fmt, ...)
{
    if (err) {
        char why[NX_ERR_WHY], reason[128], buf[128];
        va_list ap;
        va_start(ap, fmt);
        format_cut(why, sizeof why, fmt, ap);
        va_end(ap);
        /* Two strerror_r()s are about, GNU's and POSIX's; taking the result as generic serves both. */
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
        copy_cut(reason, sizeof reason, strerror_r(sys, buf, sizeof buf));
#else
        if (strerror_r(sys, buf, sizeof buf) != 0)
            snprintf(buf, sizeof buf, "error %d", sys);
        copy_cut(reason, sizeof reason, buf);
#endif
        size_t n = strlen(why);
        if (n + strlen(reason) + 3 <= sizeof why)
            snprintf(why + n, sizeof why - n, "%s%s", n ? ": " : "", reason);
        fill(err, code, sys, object, why);
    }
    return -(int)code;
}

void nx_err_hint(struct nx_err *err, const char *fmt, ...)
{
    if (!err)
        return;
    char hint[NX_ERR_HINT];
    va_list ap;
    va_start(ap, fmt);
    format_cut(hint, sizeof hint, fmt, ap);
    va_end(ap);
    memcpy(err->hint, hint, sizeof hint);
}

void nx_err_at(struct nx_err *err, uint64_t line, uint64_t offset)
{
    if (!err)
        return;
    err->line = line;
    err->offset = offset;
}

void nx_err_wrap(struct nx_err *err, const char *fmt, ...)
{
    if (!err)
        return;
    char old[NX_ERR_WHY];
    memcpy(old, err->why, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->why, sizeof err->why, fmt, ap);
    va_end(ap);
    size_t at = n < 0 ? 0 : (size_t)n;
    if (at + 3 > sizeof err->why)
        return;
    memcpy(err->why + at, ": ", 3);
    size_t room = sizeof err->why - at - 3, len = strlen(old);
    len = len < room ? len : room;
    memcpy(err->why + at + 2, old, len);
    err->why[at + 2 + len] = '\0';
}

void nx_err_object(struct nx_err *err, const char *object)
{
    if (err && err->object[0] == '\0' && object)
        copy_cut(err->object, sizeof err->object, object);
}

struct out {
    char *p;
    size_t n, cap; /* cap without the NUL */
    bool full;
};

/* A piece goes in whole or not at all, so that the end is never half an escape or half a character. */
static void put(struct out *o, const char *s, size_t n)
{
    if (o->full || n > o->cap - o->n) {
        o->full = true;
        return;
    }
    memcpy(o->p + o->n, s, n);
    o->n += n;
}

/* Direction marks can make a terminal show a path as another one: escaped like control characters. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void put_escaped(struct out *o, const char *s)
{
    size_t n = strlen(s);
    while (n > 0) {
        uint32_t c = 0;
        size_t len = nx_utf8_char(s, n, &c);
        char esc[16];
        if (len == 0) {
            snprintf(esc, sizeof esc, "\\x%02x", (unsigned char)*s);
            put(o, esc, strlen(esc));
            len = 1;
        } else if (c == '\n' || c == '\t' || c == '\r') {
            put(o, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r", 2);
        } else if (is_control(c)) {
            snprintf(esc, sizeof esc, "\\u{%" PRIx32 "}", c);
            put(o, esc, strlen(esc));
        } else {
            put(o, s, len);
        }
        s += len;
        n -= len;
    }
}

const char *nx_err_text(const struct nx_err *err, char *buf, size_t cap)
{
    if (cap == 0)
        return "";
    struct out o = {.p = buf, .cap = cap - 1};
    char num[32];
    if (err->object[0]) {
        put(&o, "'", 1);
        put_escaped(&o, err->object);
        put(&o, "': ", 3);
    }
    put_escaped(&o, err->why[0] ? err->why : nx_code_text(err->code));
    bool line = err->line != NX_NOWHERE, offset = err->offset != NX_NOWHERE;
    if (line) {
        snprintf(num, sizeof num, " (line %" PRIu64, err->line);
        put(&o, num, strlen(num));
    }
    if (offset) {
        snprintf(num, sizeof num, "%soffset %" PRIu64, line ? ", " : " (", err->offset);
        put(&o, num, strlen(num));
    }
    if (line || offset)
        put(&o, ")", 1);
    buf[o.n] = '\0';
    return buf;
}

const char *nx_code_text(enum nx_code code)
{
    return rows[(unsigned)code < NX_ECOUNT ? code : NX_EINTERNAL].text;
}

int nx_code_http(enum nx_code code)
{
    return rows[(unsigned)code < NX_ECOUNT ? code : NX_EINTERNAL].http;
}

int nx_code_exit(enum nx_code code)
{
    return rows[(unsigned)code < NX_ECOUNT ? code : NX_EINTERNAL].exit;
}
