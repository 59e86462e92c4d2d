#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "trace/emit.h"

#include <stdlib.h>

#include "json/escape.h"

int emit_init(struct emit *e, struct nx_sink *sink, bool pretty)
{
    *e = (struct emit){.sink = sink, .pretty = pretty, .first = true, .ts = INT64_MIN};
    e->buf = malloc(EMIT_BUF);
    return e->buf ? 0 : -NX_ENOMEM;
}

void emit_fini(struct emit *e)
{
    free(e->buf);
    e->buf = NULL;
}

void emit_flush(struct emit *e)
{
    if (e->rc == 0)
        e->rc = nx_sink_write(e->sink, e->buf, e->n, &e->err);
    e->n = 0;
}

void emit_bytes_slow(struct emit *e, const char *p, size_t n)
{
    while (n > 0) {
        if (e->n == EMIT_BUF)
            emit_flush(e);
        size_t part = EMIT_BUF - e->n < n ? EMIT_BUF - e->n : n;
        memcpy(e->buf + e->n, p, part);
        e->n += part;
        p += part;
        n -= part;
    }
}

static void newline(struct emit *e)
{
    emit_char(e, '\n');
    for (unsigned i = 0; i < e->depth; i++)
        emit_lit(e, "  ");
}

void emit_break(struct emit *e)
{
    if (!e->first)
        emit_char(e, ',');
    e->first = false;
    newline(e);
}

void emit_close_slow(struct emit *e)
{
    newline(e);
}

void emit_escaped(struct emit *e, struct nx_str s)
{
    const char *p = s.p, *end = s.p + s.n;
    while (p < end) {
        const char *run = p;
        while (p < end && nx_escape_len[(unsigned char)*p] == 0)
            p++;
        emit_bytes(e, run, (size_t)(p - run));
        if (p < end) {
            char *at = emit_room(e);
            e->n += nx_escape_put(at, (unsigned char)*p++);
        }
    }
}

void emit_strz(struct emit *e, const char *z)
{
    emit_str(e, (struct nx_str){z, (uint32_t)strlen(z), false});
}

void emit_ts_text(struct emit *e, int64_t micros)
{
    const int64_t exact = (int64_t)1 << 53;
    size_t n;
    if (micros == e->ts)
        return;
    if (micros > -exact && micros < exact) {
        n = nx_number_i64(e->ts_text, micros);
        memcpy(e->ts_text + n, ".0", 2);
        n += 2;
    } else {
        n = nx_number_double(e->ts_text, (double)micros);
    }
    e->ts = micros;
    e->ts_n = (unsigned)n;
}
