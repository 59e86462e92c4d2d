#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "json/scan.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/kernel.h"
#include "json/lex.h"

void nx_scan_init(struct nx_scan *s, struct nx_slice text, struct nx_arena *arena)
{
    s->p = s->start = text.p;
    s->end = text.p + text.n;
    s->arena = arena;
    s->failed = s->no_memory = s->too_deep = false;
    s->at = NULL;
    s->why[0] = '\0';
}

bool nx_scan_fail(struct nx_scan *s, const char *fmt, ...)
{
    if (s->failed)
        return false;
    s->failed = true;
    s->at = s->p < s->end ? s->p : s->end;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->why, sizeof s->why, fmt, ap);
    va_end(ap);
    return false;
}

bool nx_scan_fail_at(struct nx_scan *s, const char *at, const char *why)
{
    s->p = at;
    return nx_scan_fail(s, "%s", why);
}

bool nx_scan_word(struct nx_scan *s, const char *word, size_t n)
{
    nx_scan_ws(s);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return nx_scan_fail(s, s->p >= s->end ? "ends inside a value" : "expected %s", word);
    s->p += n;
    return true;
}

bool nx_scan_bool(struct nx_scan *s, bool *ret)
{
    if (nx_scan_peek(s) == 't') {
        *ret = true;
        return nx_scan_word(s, "true", 4);
    }
    *ret = false;
    return nx_scan_word(s, "false", 5);
}

/* --- strings --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Four hex digits at p; -1 if they are not there. */
static int32_t hex4(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    int32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(p[i]);
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* The escape at p (on the backslash): its character, and how many bytes it takes; false on a bad one. `checked`
 * false is serde's way of ignoring a string: \u needs four digits and nothing more. */
static bool escape(struct nx_scan *s, const char *p, bool checked, uint32_t *ret_c, unsigned *ret_len)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (s->end - p < 2)
        return nx_scan_fail_at(s, s->end, "ends inside a string");
    const char *at = p[1] ? strchr(from, p[1]) : NULL;
    if (at) {
        *ret_c = (unsigned char)to[at - from];
        *ret_len = 2;
        return true;
    }
    if (p[1] != 'u')
        return nx_scan_fail_at(s, p, "invalid escape");
    int32_t c = hex4(p + 2, s->end);
    if (c < 0)
        return nx_scan_fail_at(s, p, s->end - p < 6 ? "ends inside a string" : "invalid escape");
    *ret_len = 6;
    *ret_c = (uint32_t)c;
    if (!checked || c < 0xd800 || c > 0xdfff)
        return true;
    if (c >= 0xdc00)
        return nx_scan_fail_at(s, p, "lone leading surrogate in hex escape");
    if (s->end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return nx_scan_fail_at(s, p + 6, "unexpected end of hex escape");
    int32_t low = hex4(p + 8, s->end);
    if (low < 0)
        return nx_scan_fail_at(s, p + 6, "invalid escape");
    if (low < 0xdc00 || low > 0xdfff)
        return nx_scan_fail_at(s, p + 6, "lone leading surrogate in hex escape");
    *ret_c = 0x10000u + (((uint32_t)c - 0xd800u) << 10) + ((uint32_t)low - 0xdc00u);
    *ret_len = 12;
    return true;
}

const char *nx_scan_to_quote(struct nx_scan *s, const char *p, bool checked, size_t *ret_escapes)
{
    *ret_escapes = 0;
    for (;;) {
        p = nx_kernel_now(p, s->end);
        if (p >= s->end) {
            nx_scan_fail_at(s, s->end, "ends inside a string");
            return NULL;
        }
        unsigned char c = (unsigned char)*p;
        if (c == '"')
            return p;
        unsigned len;
        if (c == '\\') {
            uint32_t ignored;
            if (!escape(s, p, checked, &ignored, &len))
                return NULL;
            ++*ret_escapes;
        } else if (c < 0x20) {
            nx_scan_fail_at(s, p, "control character in a string");
            return NULL;
        } else if ((len = nx_utf8_len(p, s->end)) == 0) {
            nx_scan_fail_at(s, p, "invalid UTF-8");
            return NULL;
        }
        p += len;
    }
}

/* Decodes [p, q), which nx_scan_to_quote() has checked. */
static bool unescape(struct nx_scan *s, const char *p, const char *q, struct nx_str *ret)
{
    char *out = nx_arena_alloc(s->arena, (size_t)(q - p));
    if (!out) {
        s->no_memory = true;
        return nx_scan_fail(s, "no memory for a string");
    }
    size_t n = 0;
    while (p < q) {
        const char *slash = memchr(p, '\\', (size_t)(q - p));
        size_t run = (size_t)((slash ? slash : q) - p);
        memcpy(out + n, p, run);
        n += run;
        p += run;
        if (!slash)
            break;
        uint32_t c;
        unsigned len;
        if (!escape(s, p, true, &c, &len))
            return false;
        n += nx_utf8_put(out + n, c);
        p += len;
    }
    *ret = (struct nx_str){out, (uint32_t)n, false};
    return true;
}

bool nx_scan_str(struct nx_scan *s, struct nx_str *ret)
{
    if (s->p >= s->end || *s->p != '"') {
        if (nx_scan_peek(s) != '"')
            return nx_scan_fail(s, s->p >= s->end ? "ends before a value" : "expected a string");
    }
    const char *start = s->p + 1;
    const char *q = nx_kernel_now(start, s->end);
    if (q < s->end && *q == '"') {
        *ret = (struct nx_str){start, (uint32_t)(q - start), true};
        s->p = q + 1;
        return true;
    }
    size_t escapes;
    q = nx_scan_to_quote(s, start, true, &escapes);
    if (!q)
        return false;
    if (escapes > 0) {
        if (!unescape(s, start, q, ret))
            return false;
    } else {
        *ret = (struct nx_str){start, (uint32_t)(q - start), true};
    }
    s->p = q + 1;
    return true;
}

/* --- numbers --- */

const char *nx_scan_number_end(const char *p, const char *end, bool *ret_float)
{
    *ret_float = false;
    if (p < end && *p == '-')
        p++;
    if (p >= end || !nx_is_digit(*p))
        return NULL;
    if (*p == '0' && p + 1 < end && nx_is_digit(p[1]))
        return NULL;
    while (p < end && nx_is_digit(*p))
        p++;
    if (p < end && *p == '.') {
        *ret_float = true;
        if (++p >= end || !nx_is_digit(*p))
            return NULL;
        while (p < end && nx_is_digit(*p))
            p++;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        *ret_float = true;
        if (++p < end && (*p == '+' || *p == '-'))
            p++;
        if (p >= end || !nx_is_digit(*p))
            return NULL;
        while (p < end && nx_is_digit(*p))
            p++;
    }
    return p;
}

bool nx_scan_to_double(struct nx_scan *s, const char *p, const char *q, double *ret)
{
    size_t n = (size_t)(q - p);
    char *copy = nx_arena_alloc(s->arena, n + 1);
    if (!copy) {
        s->no_memory = true;
        return nx_scan_fail(s, "no memory for a number");
    }
    memcpy(copy, p, n);
    copy[n] = '\0';
    *ret = strtod(copy, NULL);
    return isfinite(*ret) ? true : nx_scan_fail(s, "number out of range");
}

bool nx_scan_num(struct nx_scan *s, struct nx_num *ret)
{
    nx_scan_ws(s);
    bool is_float;
    const char *p = s->p, *q = nx_scan_number_end(p, s->end, &is_float);
    if (!q)
        return nx_scan_fail(s, p >= s->end ? "ends before a value" : "invalid number");
    bool negative = *p == '-';
    uint64_t v = 0;
    bool over = is_float;
    for (const char *d = p + negative; d < q && !over; d++)
        over = __builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(*d - '0'), &v);
    /* As serde_json: what does not fit in 64 bits is a float, and so is -0. */
    if (!over && !negative) {
        *ret = (struct nx_num){.kind = NX_NUM_U64, .u = v};
    } else if (!over && v != 0 && v <= (uint64_t)1 << 63) {
        *ret = (struct nx_num){.kind = NX_NUM_NEG, .u = v};
    } else {
        double d;
        if (!nx_scan_to_double(s, p, q, &d))
            return false;
        *ret = (struct nx_num){.kind = NX_NUM_FLOAT, .d = d};
    }
    s->p = q;
    return true;
}
