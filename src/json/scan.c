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

static bool fail_at(struct nx_scan *s, const char *at, const char *why)
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

/* --- UTF-8 --- */

/* The length of the valid multi-byte character at p (before end), or 0. */
static unsigned utf8_len(const char *p, const char *end)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t left = (size_t)(end - p);
    unsigned char c = u[0];
    if (c >= 0xc2 && c <= 0xdf)
        return left >= 2 && (u[1] & 0xc0) == 0x80 ? 2 : 0;
    if (c >= 0xe0 && c <= 0xef) {
        if (left < 3 || (u[1] & 0xc0) != 0x80 || (u[2] & 0xc0) != 0x80)
            return 0;
        if ((c == 0xe0 && u[1] < 0xa0) || (c == 0xed && u[1] >= 0xa0))
            return 0;
        return 3;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        if (left < 4 || (u[1] & 0xc0) != 0x80 || (u[2] & 0xc0) != 0x80 || (u[3] & 0xc0) != 0x80)
            return 0;
        if ((c == 0xf0 && u[1] < 0x90) || (c == 0xf4 && u[1] >= 0x90))
            return 0;
        return 4;
    }
    return 0;
}

bool nx_utf8_valid(const char *p, size_t n)
{
    const char *end = p + n;
    while (p < end) {
        if ((unsigned char)*p < 0x80) {
            p++;
            continue;
        }
        unsigned len = utf8_len(p, end);
        if (len == 0)
            return false;
        p += len;
    }
    return true;
}

static size_t utf8_put(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | (c >> 6));
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | (c >> 12));
        out[1] = (char)(0x80 | ((c >> 6) & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (c >> 18));
    out[1] = (char)(0x80 | ((c >> 12) & 0x3f));
    out[2] = (char)(0x80 | ((c >> 6) & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
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
        return fail_at(s, s->end, "ends inside a string");
    const char *at = p[1] ? strchr(from, p[1]) : NULL;
    if (at) {
        *ret_c = (unsigned char)to[at - from];
        *ret_len = 2;
        return true;
    }
    if (p[1] != 'u')
        return fail_at(s, p, "invalid escape");
    int32_t c = hex4(p + 2, s->end);
    if (c < 0)
        return fail_at(s, p, s->end - p < 6 ? "ends inside a string" : "invalid escape");
    *ret_len = 6;
    *ret_c = (uint32_t)c;
    if (!checked || c < 0xd800 || c > 0xdfff)
        return true;
    if (c >= 0xdc00)
        return fail_at(s, p, "lone leading surrogate in hex escape");
    if (s->end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return fail_at(s, p + 6, "unexpected end of hex escape");
    int32_t low = hex4(p + 8, s->end);
    if (low < 0)
        return fail_at(s, p + 6, "invalid escape");
    if (low < 0xdc00 || low > 0xdfff)
        return fail_at(s, p + 6, "lone leading surrogate in hex escape");
    *ret_c = 0x10000u + (((uint32_t)c - 0xd800u) << 10) + ((uint32_t)low - 0xdc00u);
    *ret_len = 12;
    return true;
}

/* Runs from p to the closing quote, checking every byte; NULL on an error. Counts the escapes. */
static const char *to_quote(struct nx_scan *s, const char *p, bool checked, size_t *ret_escapes)
{
    *ret_escapes = 0;
    for (;;) {
        p = nx_kernel_now(p, s->end);
        if (p >= s->end) {
            fail_at(s, s->end, "ends inside a string");
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
            fail_at(s, p, "control character in a string");
            return NULL;
        } else if ((len = utf8_len(p, s->end)) == 0) {
            fail_at(s, p, "invalid UTF-8");
            return NULL;
        }
        p += len;
    }
}

/* Decodes [p, q), which to_quote() has checked. */
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
        n += utf8_put(out + n, c);
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
    q = to_quote(s, start, true, &escapes);
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

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The end of the number at p by JSON's grammar, or NULL; *ret_float: it has a fraction or an exponent. */
static const char *number_end(const char *p, const char *end, bool *ret_float)
{
    *ret_float = false;
    if (p < end && *p == '-')
        p++;
    if (p >= end || !is_digit(*p))
        return NULL;
    if (*p == '0' && p + 1 < end && is_digit(p[1]))
        return NULL;
    while (p < end && is_digit(*p))
        p++;
    if (p < end && *p == '.') {
        *ret_float = true;
        if (++p >= end || !is_digit(*p))
            return NULL;
        while (p < end && is_digit(*p))
            p++;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        *ret_float = true;
        if (++p < end && (*p == '+' || *p == '-'))
            p++;
        if (p >= end || !is_digit(*p))
            return NULL;
        while (p < end && is_digit(*p))
            p++;
    }
    return p;
}

static bool to_double(struct nx_scan *s, const char *p, const char *q, double *ret)
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
    const char *p = s->p, *q = number_end(p, s->end, &is_float);
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
        if (!to_double(s, p, q, &d))
            return false;
        *ret = (struct nx_num){.kind = NX_NUM_FLOAT, .d = d};
    }
    s->p = q;
    return true;
}

/* --- passing over values --- */

struct nest {
    uint64_t small[4];
    uint64_t *bits; /* bit d: depth d is an object */
    size_t words;
    unsigned depth, max;
};

static bool nest_push(struct nx_scan *s, struct nest *n, bool object)
{
    if (n->depth >= n->max) {
        s->too_deep = true;
        return nx_scan_fail(s, "recursion limit exceeded: nested too deep");
    }
    if (n->depth / 64 >= n->words) {
        uint64_t *more = nx_arena_alloc(s->arena, n->words * 4 * sizeof *more);
        if (!more) {
            s->no_memory = true;
            return nx_scan_fail(s, "no memory for nested values");
        }
        memcpy(more, n->bits, n->words * sizeof *more);
        n->bits = more;
        n->words *= 4;
    }
    uint64_t bit = (uint64_t)1 << (n->depth % 64), *word = &n->bits[n->depth / 64];
    *word = object ? *word | bit : *word & ~bit;
    n->depth++;
    return true;
}

static bool nest_in_object(const struct nest *n)
{
    unsigned d = n->depth - 1;
    return n->bits[d / 64] >> (d % 64) & 1;
}

static bool skip_string(struct nx_scan *s, bool checked)
{
    size_t escapes;
    if (s->p >= s->end || *s->p != '"')
        return nx_scan_fail(s, s->p >= s->end ? "ends inside an object" : "expected a key");
    const char *q = to_quote(s, s->p + 1, checked, &escapes);
    if (!q)
        return false;
    s->p = q + 1;
    return true;
}

static bool skip_number(struct nx_scan *s, bool checked)
{
    bool is_float;
    const char *q = number_end(s->p, s->end, &is_float);
    if (!q)
        return nx_scan_fail(s, "invalid number");
    double d;
    /* Only a float that serde would really build can be out of range. */
    if (checked && (is_float || q - s->p > 300) && !to_double(s, s->p, q, &d))
        return false;
    s->p = q;
    return true;
}

static bool skip_scalar(struct nx_scan *s, char c, bool checked)
{
    switch (c) {
    case '"':
        return skip_string(s, checked);
    case 't':
        return nx_scan_word(s, "true", 4);
    case 'f':
        return nx_scan_word(s, "false", 5);
    case 'n':
        return nx_scan_word(s, "null", 4);
    case '\0':
        if (s->p >= s->end)
            return nx_scan_fail(s, "ends before a value");
        return nx_scan_fail(s, "expected value");
    default:
        if (c == '-' || is_digit(c))
            return skip_number(s, checked);
        return nx_scan_fail(s, "expected value");
    }
}

static bool skip_key(struct nx_scan *s, bool checked)
{
    nx_scan_ws(s);
    if (!skip_string(s, checked))
        return false;
    if (nx_scan_peek(s) != ':')
        return nx_scan_fail(s, "expected `:`");
    s->p++;
    return true;
}

/* Behind a value: closes what ends here, and moves to the next value. *ret_done: the outermost has ended. */
static bool skip_after(struct nx_scan *s, struct nest *n, bool checked, bool *ret_done)
{
    while (n->depth > 0) {
        bool object = nest_in_object(n);
        char c = nx_scan_peek(s);
        if (c == ',') {
            s->p++;
            return object ? skip_key(s, checked) : true;
        }
        if (c != (object ? '}' : ']')) {
            if (s->p >= s->end)
                return nx_scan_fail(s, object ? "ends inside an object" : "ends inside an array");
            return nx_scan_fail(s, object ? "expected `,` or `}`" : "expected `,` or `]`");
        }
        s->p++;
        n->depth--;
    }
    *ret_done = true;
    return true;
}

bool nx_scan_skip(struct nx_scan *s, bool checked, unsigned depth_left)
{
    struct nest n = {.words = 4, .max = checked ? depth_left : NX_SCAN_SKIP_DEPTH};
    n.bits = n.small;
    bool done = false;
    while (!done) {
        char c = nx_scan_peek(s);
        if (c == '{' || c == '[') {
            bool object = c == '{';
            if (!nest_push(s, &n, object))
                return false;
            s->p++;
            if (nx_scan_peek(s) != (object ? '}' : ']')) {
                if (object && !skip_key(s, checked))
                    return false;
                continue;
            }
        } else if (!skip_scalar(s, c, checked)) {
            return false;
        }
        if (!skip_after(s, &n, checked, &done))
            return false;
    }
    return true;
}
