/*
 * Writes JSON text into a block buffer and that to a sink. Private to src/trace.
 *
 * Compact or pretty, as serde_json's two formatters. Keys are literals: K("name") is `"name":`. The first error of the sink
 * sticks in `rc` and `err`; later writes do nothing.
 */
#ifndef NX_TRACE_EMIT_H
#define NX_TRACE_EMIT_H

#include <string.h>

#include "event/event.h"
#include "io/sink.h"
#include "json/number.h"

enum { EMIT_BUF = 128 * 1024, EMIT_ROOM = 512 };

/* Compact traces are what nearly everybody asks for. */
#define EMIT_RARE(x) __builtin_expect((x), 0)

struct emit {
    struct nx_sink *sink;
    char *buf;
    size_t n;
    bool pretty, first; /* first: nothing written yet in the innermost object or array */
    unsigned depth;
    int rc;
    struct nx_err err;
    int64_t ts; /* the last time stamp as text: events come in groups that share it */
    unsigned ts_n;
    char ts_text[NX_NUMBER_MAX];
};

NX_MUST_USE int emit_init(struct emit *e, struct nx_sink *sink, bool pretty);
void emit_fini(struct emit *e);
void emit_flush(struct emit *e);
void emit_bytes_slow(struct emit *e, const char *p, size_t n);
void emit_break(struct emit *e); /* pretty: comma, newline and indent before a member */
void emit_close_slow(struct emit *e);

/* Room for a small token without asking again. */
static inline char *emit_room(struct emit *e)
{
    if (EMIT_RARE(e->n > EMIT_BUF - EMIT_ROOM))
        emit_flush(e);
    return e->buf + e->n;
}

static inline void emit_bytes(struct emit *e, const char *p, size_t n)
{
    if (n <= EMIT_BUF - e->n) {
        memcpy(e->buf + e->n, p, n);
        e->n += n;
    } else {
        emit_bytes_slow(e, p, n);
    }
}

static inline void emit_char(struct emit *e, char c)
{
    *emit_room(e) = c;
    e->n++;
}

/* text is `"key":`; n its constant length, so that the copy is a few stores. */
static inline void emit_key(struct emit *e, const char *text, size_t n)
{
    char *p = emit_room(e);
    if (EMIT_RARE(e->pretty)) {
        emit_break(e);
        emit_bytes(e, text, n);
        emit_char(e, ' ');
        return;
    }
    *p = ',';
    p += !e->first;
    memcpy(p, text, n);
    e->n = (size_t)(p - e->buf) + n;
    e->first = false;
}
#define K(name) "\"" name "\":", sizeof("\"" name "\":") - 1

#define emit_lit(e, text) emit_bytes(e, text, sizeof(text) - 1)

static inline void emit_open(struct emit *e, char c)
{
    emit_char(e, c);
    e->depth++;
    e->first = true;
}

static inline void emit_close(struct emit *e, char c)
{
    e->depth--;
    if (EMIT_RARE(e->pretty) && !e->first)
        emit_close_slow(e);
    emit_char(e, c);
    e->first = false;
}

/* Before an element of an array. */
static inline void emit_elem(struct emit *e)
{
    if (EMIT_RARE(e->pretty)) {
        emit_break(e);
        return;
    }
    if (!e->first)
        emit_char(e, ',');
    e->first = false;
}

static inline void emit_u64(struct emit *e, uint64_t v)
{
    char *p = emit_room(e);
    e->n += nx_number_u64(p, v);
}

static inline void emit_i64(struct emit *e, int64_t v)
{
    char *p = emit_room(e);
    e->n += nx_number_i64(p, v);
}

static inline void emit_bool(struct emit *e, bool v)
{
    if (v)
        emit_lit(e, "true");
    else
        emit_lit(e, "false");
}

/* The characters of s, escaped where they need it, without quotes. */
void emit_escaped(struct emit *e, struct nx_str s);

static inline void emit_part(struct emit *e, struct nx_str s)
{
    if (s.plain)
        emit_bytes(e, s.p, s.n);
    else
        emit_escaped(e, s);
}

static inline void emit_str(struct emit *e, struct nx_str s)
{
    emit_char(e, '"');
    emit_part(e, s);
    emit_char(e, '"');
}

/* A C string that may need escaping. */
void emit_strz(struct emit *e, const char *z);

/* Whole microseconds as the double that nextest makes of them, into ts_text and ts_n. */
void emit_ts_text(struct emit *e, int64_t micros);

#endif
