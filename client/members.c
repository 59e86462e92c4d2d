#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/members.h"

#include <stdlib.h>

static bool read_list(struct nx_scan *s, const struct member *m)
{
    s->p++; /* the bracket */
    if (nx_scan_peek(s) == ']') {
        s->p++;
        return true;
    }
    for (;;) {
        if (!m->each(s, m->to)) {
            return s->failed ? false : nx_scan_fail(s, "unexpected element");
        }
        char c = nx_scan_peek(s);
        if (c != ',' && c != ']') {
            return nx_scan_fail(s, "expected `,` or `]`");
        }
        s->p++;
        if (c == ']') {
            return true;
        }
    }
}

static bool read_number(struct nx_scan *s, const struct member *m)
{
    struct nx_num num;
    if (!nx_scan_num(s, &num)) {
        return false;
    }
    if (m->kind == M_U64) {
        *(uint64_t *)m->to = num.kind == NX_NUM_U64 ? num.u : 0;
    } else {
        double whole = num.kind == NX_NUM_NEG ? -(double)num.u : (double)num.u;
        *(double *)m->to = num.kind == NX_NUM_FLOAT ? num.d : whole;
    }
    return true;
}

static bool read_null(struct nx_scan *s, const struct member *m)
{
    if (m->kind == M_STR) {
        *(struct nx_slice *)m->to = (struct nx_slice){NULL, 0};
    } else if (m->kind == M_U64) {
        *(uint64_t *)m->to = 0;
    } else if (m->kind == M_DOUBLE) {
        *(double *)m->to = -1;
    }
    return nx_scan_word(s, "null", 4);
}

static bool read_value(struct nx_scan *s, const struct member *m)
{
    struct nx_str str;
    char c = nx_scan_peek(s);
    if (c == 'n') {
        return read_null(s, m);
    }
    switch (m->kind) {
    case M_STR:
        if (!nx_scan_str(s, &str)) {
            return false;
        }
        *(struct nx_slice *)m->to = (struct nx_slice){str.p, str.n};
        return true;
    case M_U64:
    case M_DOUBLE:
        return read_number(s, m);
    case M_BOOL:
        return nx_scan_bool(s, m->to);
    case M_OBJ:
        return members_read(s, m->in, m->in_n);
    case M_LIST:
        return c == '[' ? read_list(s, m) : nx_scan_fail(s, "expected a list");
    }
    return false;
}

static const struct member *find(const struct member *m, size_t n, struct nx_str key)
{
    for (size_t i = 0; i < n; i++) {
        if (nx_slice_is((struct nx_slice){key.p, key.n}, m[i].key)) {
            return &m[i];
        }
    }
    return NULL;
}

bool members_read(struct nx_scan *s, const struct member *m, size_t n)
{
    enum { DEPTH = 60 };
    if (nx_scan_peek(s) != '{') {
        return nx_scan_fail(s, "expected an object");
    }
    s->p++;
    if (nx_scan_peek(s) == '}') {
        s->p++;
        return true;
    }
    for (;;) {
        struct nx_str key;
        if (!nx_scan_str(s, &key)) {
            return false;
        }
        if (nx_scan_peek(s) != ':') {
            return nx_scan_fail(s, "expected `:`");
        }
        s->p++;
        const struct member *wanted = find(m, n, key);
        if (wanted ? !read_value(s, wanted) : !nx_scan_skip(s, false, DEPTH)) {
            return false;
        }
        char c = nx_scan_peek(s);
        if (c != ',' && c != '}') {
            return nx_scan_fail(s, "expected `,` or `}`");
        }
        s->p++;
        if (c == '}') {
            return true;
        }
    }
}

int members_of(struct nx_strbuf *doc, struct nx_arena *arena, const struct member *m, size_t n,
               struct nx_err *err)
{
    static const char pad[NX_SCAN_PAD];
    struct nx_scan s;
    nx_strbuf_add(doc, pad, sizeof(pad));
    if (doc->failed) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for an answer");
    }
    doc->n -= sizeof(pad);
    nx_scan_init(&s, (struct nx_slice){doc->p, doc->n}, arena);
    if (!members_read(&s, m, n)) {
        return s.no_memory ? nx_fail(err, NX_ENOMEM, NULL, "no memory for an answer")
                           : nx_fail(err, NX_EINTERNAL, NULL, "an answer is not as it should be: %s", s.why);
    }
    return 0;
}

void *members_grow(struct nx_scan *s, void **v, size_t *n, size_t size)
{
    /* A power of two is full. */
    if ((*n & (*n - 1)) == 0) {
        void *more = realloc(*v, (*n ? *n * 2 : 1) * size);
        if (!more) {
            s->no_memory = true;
            nx_scan_fail(s, "no memory");
            return NULL;
        }
        *v = more;
    }
    return (char *)*v + (*n)++ * size;
}
