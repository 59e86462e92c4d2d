#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "json/write.h"

#include <assert.h>
#include <math.h>

#include "json/escape.h"
#include "json/number.h"

enum { DEPTH_MAX = 60 };

void nx_json_init(struct nx_json *w, struct nx_strbuf *out)
{
    *w = (struct nx_json){.out = out, .first = 1};
}

/* The comma before a value or key, where one is due. */
static void separate(struct nx_json *w)
{
    uint64_t bit = (uint64_t)1 << w->depth;
    if (w->after_key)
        w->after_key = false;
    else if (w->first & bit)
        w->first &= ~bit;
    else
        nx_strbuf_addc(w->out, ',');
}

static void open_nest(struct nx_json *w, char c)
{
    separate(w);
    assert(w->depth < DEPTH_MAX);
    w->depth++;
    w->first |= (uint64_t)1 << w->depth;
    nx_strbuf_addc(w->out, c);
}

static void close_nest(struct nx_json *w, char c)
{
    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    nx_strbuf_addc(w->out, c);
}

void nx_json_obj(struct nx_json *w)
{
    open_nest(w, '{');
}

void nx_json_end_obj(struct nx_json *w)
{
    close_nest(w, '}');
}

void nx_json_arr(struct nx_json *w)
{
    open_nest(w, '[');
}

void nx_json_end_arr(struct nx_json *w)
{
    close_nest(w, ']');
}

void nx_json_key(struct nx_json *w, const char *key)
{
    assert(!w->after_key);
    separate(w);
    nx_strbuf_addc(w->out, '"');
    nx_strbuf_adds(w->out, key);
    nx_strbuf_add(w->out, "\":", 2);
    w->after_key = true;
}

void nx_json_key_slice(struct nx_json *w, struct nx_slice key)
{
    assert(!w->after_key);
    separate(w);
    nx_escape_str(w->out, key);
    nx_strbuf_addc(w->out, ':');
    w->after_key = true;
}

void nx_json_str(struct nx_json *w, struct nx_slice s)
{
    separate(w);
    nx_escape_str(w->out, s);
}

void nx_json_strz(struct nx_json *w, const char *z)
{
    if (z)
        nx_json_str(w, nx_slice_of(z));
    else
        nx_json_null(w);
}

static void raw(struct nx_json *w, const char *p, size_t n)
{
    separate(w);
    nx_strbuf_add(w->out, p, n);
}

void nx_json_u64(struct nx_json *w, uint64_t v)
{
    char buf[NX_NUMBER_MAX];
    raw(w, buf, nx_number_u64(buf, v));
}

void nx_json_i64(struct nx_json *w, int64_t v)
{
    char buf[NX_NUMBER_MAX];
    raw(w, buf, nx_number_i64(buf, v));
}

void nx_json_double(struct nx_json *w, double v)
{
    char buf[NX_NUMBER_MAX];
    if (isfinite(v))
        raw(w, buf, nx_number_double(buf, v));
    else
        nx_json_null(w);
}

void nx_json_bool(struct nx_json *w, bool v)
{
    raw(w, v ? "true" : "false", v ? 4 : 5);
}

void nx_json_null(struct nx_json *w)
{
    raw(w, "null", 4);
}

void nx_json_raw(struct nx_json *w, struct nx_slice json)
{
    separate(w);
    nx_strbuf_add(w->out, json.p, json.n);
}
