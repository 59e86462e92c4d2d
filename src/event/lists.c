#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Values that are lists, into arrays of the line's arena. */
#include "event/values.h"

/* Behind `[` or a value: true with *ret_more when a value follows, false with the scanner failed, or at the end. */
static bool list_next(struct nx_decoder *d, bool first, bool *ret_more)
{
    struct nx_scan *s = &d->s;
    char c = nx_scan_peek(s);
    *ret_more = false;
    if (c == ']') {
        s->p++;
        return true;
    }
    *ret_more = true;
    if (first)
        return true;
    if (c != ',')
        return nx_scan_fail(s, s->p >= s->end ? "ends inside an array" : "expected `,` or `]`");
    s->p++;
    return true;
}

static bool list_start(struct nx_decoder *d)
{
    if (nx_scan_peek(&d->s) != '[')
        return nx_member_wrong_type(d, "a sequence");
    d->s.p++;
    return true;
}

/* Makes room for one more of `size` bytes in an arena array. */
static void *list_room(struct nx_decoder *d, void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    size_t more = *cap ? *cap * 2 : 8;
    void *w = nx_arena_alloc(&d->arena, more * size);
    if (!w) {
        d->s.no_memory = true;
        nx_scan_fail(&d->s, "no memory for a list");
        return NULL;
    }
    if (n)
        memcpy(w, v, n * size);
    *cap = more;
    return w;
}

bool nx_value_strs(struct nx_decoder *d, struct nx_strs *ret)
{
    struct nx_strs l = {NULL, 0};
    size_t cap = 0;
    bool more;
    if (!list_start(d))
        return false;
    for (;;) {
        if (!list_next(d, l.n == 0, &more))
            return false;
        if (!more)
            break;
        l.v = list_room(d, l.v, l.n, &cap, sizeof *l.v);
        if (!l.v || !nx_value_string(d, "a string", &l.v[l.n]))
            return false;
        l.n++;
    }
    *ret = l;
    return true;
}

static bool status_value(struct nx_decoder *d, struct nx_status *ret)
{
    memset(ret, 0, sizeof *ret);
    return nx_member_struct(d, &nx_schema_status, ret);
}

bool nx_value_statuses(struct nx_decoder *d)
{
    struct nx_status *v = NULL;
    size_t n = 0, cap = 0;
    bool more;
    if (!list_start(d))
        return false;
    d->depth++;
    for (;;) {
        if (!list_next(d, n == 0, &more))
            return false;
        if (!more)
            break;
        v = list_room(d, v, n, &cap, sizeof *v);
        if (!v || !status_value(d, &v[n]))
            return false;
        n++;
    }
    d->depth--;
    if (n == 0)
        return nx_scan_fail(&d->s, "expected non-empty statuses");
    d->ev.u.t.statuses = v;
    d->ev.u.t.statuses_n = n;
    return true;
}

bool nx_value_one_status(struct nx_decoder *d)
{
    struct nx_status *v = nx_arena_alloc(&d->arena, sizeof *v);
    if (!v) {
        d->s.no_memory = true;
        return nx_scan_fail(&d->s, "no memory for a status");
    }
    d->ev.u.t.statuses = v;
    d->ev.u.t.statuses_n = 1;
    return status_value(d, v);
}

bool nx_value_tests(struct nx_decoder *d)
{
    struct nx_test_id id;
    bool more, first = true;
    if (!list_start(d))
        return false;
    d->depth++;
    for (;; first = false) {
        if (!list_next(d, first, &more))
            return false;
        if (!more)
            break;
        if (!nx_member_struct(d, &nx_schema_test_id, &id))
            return false;
    }
    d->depth--;
    return true;
}

bool nx_value_map(struct nx_decoder *d)
{
    enum nx_members_at at = NX_AT_FIRST;
    if (nx_scan_peek(&d->s) != '{')
        return nx_member_wrong_type(d, "a map");
    d->s.p++;
    for (;;) {
        struct nx_str key, value;
        int more = nx_members_key(d, &at, &key);
        if (more <= 0)
            return more == 0;
        if (!nx_value_string(d, "a string", &value))
            return false;
    }
}
