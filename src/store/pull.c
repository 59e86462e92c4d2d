#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/pull.h"

#include "base/limits.h"

void nx_pull_init(struct nx_pull *p, const char *text, size_t n, struct nx_err *err)
{
    *p = (struct nx_pull){.err = err};
    nx_arena_init(&p->arena, SIZE_MAX);
    nx_scan_init(&p->scan, (struct nx_slice){text, n}, &p->arena);
}

void nx_pull_fini(struct nx_pull *p)
{
    nx_arena_fini(&p->arena);
}

void nx_pull_forget(struct nx_pull *p)
{
    nx_arena_reset(&p->arena);
}

/* --- failures --- */

bool nx_pull_fail(struct nx_pull *p)
{
    const struct nx_scan *s = &p->scan;
    if (p->rc < 0)
        return false;
    if (s->too_deep)
        p->rc = nx_limit_fail(p->err, NX_LIM_JSON_DEPTH, NULL);
    else
        p->rc = nx_fail(p->err, s->no_memory ? NX_ENOMEM : NX_EFORMAT, NULL, "bad JSON: %s", s->why);
    nx_err_at(p->err, NX_NOWHERE, (uint64_t)(s->at - s->start));
    return false;
}

static bool no_memory(struct nx_pull *p)
{
    if (p->rc == 0)
        p->rc = nx_fail(p->err, NX_ENOMEM, NULL, "no memory for a document");
    return false;
}

bool nx_pull_bad(struct nx_pull *p, const char *name, const char *wanted)
{
    if (p->rc == 0)
        p->rc = nx_fail(p->err, NX_EFORMAT, NULL, "field `%s` is not %s", name, wanted);
    return false;
}

bool nx_pull_lost(struct nx_pull *p, const char *name)
{
    if (p->rc == 0)
        p->rc = nx_fail(p->err, NX_EFORMAT, NULL, "missing field `%s`", name);
    return false;
}

/* A value is there, of the wrong kind; at the end of the text it is bad JSON. */
static bool is_bad(struct nx_pull *p, const char *name, const char *wanted)
{
    char c = nx_scan_peek(&p->scan);
    if (c == '"' || c == '{' || c == '[' || c == 't' || c == 'f' || c == 'n' || c == '-' ||
        (c >= '0' && c <= '9'))
        return nx_pull_bad(p, name, wanted);
    nx_scan_fail(&p->scan, p->scan.p >= p->scan.end ? "ends before a value" : "expected value");
    return nx_pull_fail(p);
}

bool nx_pull_end(struct nx_pull *p)
{
    if (p->rc == 0 && (nx_scan_ws(&p->scan), p->scan.p < p->scan.end)) {
        nx_scan_fail(&p->scan, "trailing characters");
        return nx_pull_fail(p);
    }
    return p->rc == 0;
}

/* --- nesting --- */

static bool enter(struct nx_pull *p)
{
    p->scan.p++;
    if (++p->depth <= nx_limit_value(NX_LIM_JSON_DEPTH))
        return true;
    p->scan.too_deep = true;
    nx_scan_fail(&p->scan, "nested too deep");
    return nx_pull_fail(p);
}

/* Before the next element: true where there is one, false behind the closing bracket. */
static bool another(struct nx_pull *p, bool *first, char close)
{
    if (p->rc < 0)
        return false;
    char c = nx_scan_peek(&p->scan);
    if (c == close) {
        p->scan.p++;
        p->depth--;
        return false;
    }
    if (*first) {
        *first = false;
        return true;
    }
    if (c == ',') {
        p->scan.p++;
        return true;
    }
    const char *where = close == '}' ? "an object" : "an array";
    if (p->scan.p >= p->scan.end)
        nx_scan_fail(&p->scan, "ends inside %s", where);
    else
        nx_scan_fail(&p->scan, "expected `,` or `%c`", close);
    return nx_pull_fail(p);
}

static bool colon(struct nx_pull *p)
{
    if (nx_scan_peek(&p->scan) != ':') {
        nx_scan_fail(&p->scan, "expected `:`");
        return nx_pull_fail(p);
    }
    p->scan.p++;
    return true;
}

/* --- structs --- */

bool nx_pull_open(struct nx_pull *p, struct nx_members *m, const struct nx_slice *names, unsigned n,
                  const char *what)
{
    if (p->rc < 0)
        return false;
    char c = nx_scan_peek(&p->scan);
    *m = (struct nx_members){.names = names, .n = n, .first = true, .array = c == '['};
    if (c == '{' || c == '[')
        return enter(p);
    if (c == '\0' && p->scan.p >= p->scan.end) {
        nx_scan_fail(&p->scan, "ends before a value");
        return nx_pull_fail(p);
    }
    p->rc = nx_fail(p->err, NX_EFORMAT, NULL, "%s is not an object", what);
    return false;
}

/* The member that serde writes next is tried first, by its bytes: the text's pad lies behind its end. */
static bool key_is(const struct nx_scan *s, struct nx_slice name)
{
    return s->p < s->end && *s->p == '"' && memcmp(s->p + 1, name.p, name.n) == 0 &&
           s->p[name.n + 1] == '"' && s->p + name.n + 1 < s->end;
}

static bool read_key(struct nx_pull *p, struct nx_members *m, unsigned *ret)
{
    struct nx_str key;
    nx_scan_ws(&p->scan);
    if (m->at < m->n && key_is(&p->scan, m->names[m->at])) {
        p->scan.p += m->names[m->at].n + 2;
        *ret = m->at;
        return colon(p);
    }
    if (!nx_scan_str(&p->scan, &key))
        return nx_pull_fail(p);
    for (*ret = 0; *ret < m->n; ++*ret)
        if (nx_slice_eq(m->names[*ret], (struct nx_slice){key.p, key.n}))
            break;
    return colon(p);
}

static bool array_member(struct nx_pull *p, struct nx_members *m, unsigned *ret)
{
    if (!another(p, &m->first, ']'))
        return false;
    if (m->at == m->n) {
        p->rc = nx_fail(p->err, NX_EFORMAT, NULL, "an array of more than %u members", m->n);
        return false;
    }
    m->seen |= (uint32_t)1 << m->at;
    *ret = m->at++;
    return true;
}

bool nx_pull_member(struct nx_pull *p, struct nx_members *m, unsigned *ret)
{
    if (m->array)
        return array_member(p, m, ret);
    while (another(p, &m->first, '}') && read_key(p, m, ret)) {
        if (*ret == m->n) {
            if (!nx_pull_skip(p, m->buffered))
                return false;
            continue;
        }
        if (m->seen >> *ret & 1) {
            p->rc = nx_fail(p->err, NX_EFORMAT, NULL, "duplicate field `%s`", m->names[*ret].p);
            return false;
        }
        m->seen |= (uint32_t)1 << *ret;
        m->at = *ret + 1;
        return true;
    }
    return false;
}

bool nx_pull_need(struct nx_pull *p, const struct nx_members *m, uint32_t wanted)
{
    if (p->rc < 0)
        return false;
    for (unsigned i = 0; i < m->n; i++)
        if ((wanted & ~m->seen) >> i & 1)
            return nx_pull_lost(p, m->names[i].p);
    return true;
}

/* --- lists and maps --- */

bool nx_pull_list(struct nx_pull *p, const char *name, const char *wanted)
{
    if (p->rc < 0)
        return false;
    return nx_scan_peek(&p->scan) == '[' ? enter(p) : is_bad(p, name, wanted);
}

bool nx_pull_item(struct nx_pull *p, bool *first)
{
    return another(p, first, ']');
}

bool nx_pull_map(struct nx_pull *p, const char *name, const char *wanted)
{
    if (p->rc < 0)
        return false;
    return nx_scan_peek(&p->scan) == '{' ? enter(p) : is_bad(p, name, wanted);
}

static bool keep(struct nx_pull *p, const struct nx_str *str, char **ret)
{
    if (!str->plain && memchr(str->p, '\0', str->n)) {
        p->rc = nx_fail(p->err, NX_EFORMAT, NULL, "a string holds U+0000");
        return false;
    }
    char *copy = nx_arena_alloc(&p->arena, str->n + 1u);
    if (!copy)
        return no_memory(p);
    memcpy(copy, str->p, str->n);
    copy[str->n] = '\0';
    *ret = copy;
    return true;
}

bool nx_pull_key(struct nx_pull *p, bool *first, char **ret_key)
{
    struct nx_str key;
    if (!another(p, first, '}'))
        return false;
    nx_scan_ws(&p->scan);
    if (!nx_scan_str(&p->scan, &key))
        return nx_pull_fail(p);
    return keep(p, &key, ret_key) && colon(p);
}

/* --- values --- */

bool nx_pull_null(struct nx_pull *p)
{
    if (p->rc < 0 || nx_scan_peek(&p->scan) != 'n')
        return false;
    return nx_scan_word(&p->scan, "null", 4) || nx_pull_fail(p);
}

static bool string(struct nx_pull *p, const char *name, const char *wanted, struct nx_str *ret)
{
    if (p->rc < 0)
        return false;
    if (nx_scan_peek(&p->scan) != '"')
        return is_bad(p, name, wanted);
    return nx_scan_str(&p->scan, ret) || nx_pull_fail(p);
}

bool nx_pull_slice(struct nx_pull *p, const char *name, const char *wanted, struct nx_slice *ret)
{
    struct nx_str str;
    if (!string(p, name, wanted, &str))
        return false;
    *ret = (struct nx_slice){str.p, str.n};
    return true;
}

bool nx_pull_text(struct nx_pull *p, const char *name, const char *wanted, char **ret)
{
    struct nx_str str;
    return string(p, name, wanted, &str) && keep(p, &str, ret);
}

static bool number(struct nx_pull *p, const char *name, const char *wanted, struct nx_num *ret)
{
    if (p->rc < 0)
        return false;
    char c = nx_scan_peek(&p->scan);
    if (c != '-' && (c < '0' || c > '9'))
        return is_bad(p, name, wanted);
    return nx_scan_num(&p->scan, ret) || nx_pull_fail(p);
}

static const char in_range[] = "a whole number in range";

bool nx_pull_u64(struct nx_pull *p, const char *name, uint64_t max, uint64_t *ret)
{
    struct nx_num num;
    if (!number(p, name, in_range, &num))
        return false;
    if (num.kind != NX_NUM_U64 || num.u > max)
        return nx_pull_bad(p, name, in_range);
    *ret = num.u;
    return true;
}

bool nx_pull_u32(struct nx_pull *p, const char *name, uint32_t *ret)
{
    uint64_t v;
    if (!nx_pull_u64(p, name, UINT32_MAX, &v))
        return false;
    *ret = (uint32_t)v;
    return true;
}

bool nx_pull_i32(struct nx_pull *p, const char *name, int32_t *ret)
{
    struct nx_num num;
    if (!number(p, name, in_range, &num))
        return false;
    if (num.kind == NX_NUM_U64 && num.u <= INT32_MAX)
        *ret = (int32_t)num.u;
    else if (num.kind == NX_NUM_NEG && num.u <= (uint64_t)INT32_MAX + 1)
        *ret = (int32_t)-(int64_t)num.u;
    else
        return nx_pull_bad(p, name, in_range);
    return true;
}

bool nx_pull_double(struct nx_pull *p, const char *name, double *ret)
{
    struct nx_num num;
    if (!number(p, name, "a number", &num))
        return false;
    *ret = num.kind == NX_NUM_FLOAT ? num.d : num.kind == NX_NUM_U64 ? (double)num.u : -(double)num.u;
    return true;
}

bool nx_pull_skip(struct nx_pull *p, bool buffered)
{
    unsigned limit = (unsigned)nx_limit_value(NX_LIM_JSON_DEPTH);
    if (p->rc < 0)
        return false;
    return nx_scan_skip(&p->scan, buffered, limit > p->depth ? limit - p->depth : 0) || nx_pull_fail(p);
}
