#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Passing over values: nothing is kept, everything is checked. */
#include <string.h>

#include "json/lex.h"

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
    const char *q = nx_scan_to_quote(s, s->p + 1, checked, &escapes);
    if (!q)
        return false;
    s->p = q + 1;
    return true;
}

static bool skip_number(struct nx_scan *s, bool checked)
{
    bool is_float;
    const char *q = nx_scan_number_end(s->p, s->end, &is_float);
    if (!q)
        return nx_scan_fail(s, "invalid number");
    double d;
    /* Only a float that serde would really build can be out of range. */
    if (checked && (is_float || q - s->p > 300) && !nx_scan_to_double(s, s->p, q, &d))
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
        if (c == '-' || nx_is_digit(c))
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
