#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "event/members.h"

#include <stdio.h>

enum { DEPTH_MAX = 127 }; /* serde_json refuses the 128th level */

static const struct schema no_members = {.v = NULL};

static bool key_is(struct nx_str key, const char *name)
{
    /* The first byte tells most names apart, and costs no look for their ends. */
    return name && (key.n == 0 ? !*name : *name == *key.p && strlen(name) == key.n && memcmp(key.p, name, key.n) == 0);
}

/* Lenient reading goes on over what nextest refuses, but remembers the first of it. */
bool nx_member_odd(struct nx_decoder *d, const char *what, const char *name)
{
    if (d->strict)
        return nx_scan_fail(&d->s, "%s `%s`", what, name);
    if (!d->odd) {
        snprintf(d->odd_text, sizeof d->odd_text, "%s `%s`", what, name);
        d->odd = d->odd_text;
    }
    return true;
}

int nx_members_key(struct nx_decoder *d, enum nx_members_at *at, struct nx_str *ret)
{
    struct nx_scan *s = &d->s;
    char c = nx_scan_peek(s);
    if (*at == NX_AT_COMMA) {
        if (c == ',') {
            s->p++;
            c = nx_scan_peek(s);
            *at = NX_AT_KEY;
        } else if (c != '}') {
            nx_scan_fail(s, s->p >= s->end ? "ends inside an object" : "expected `,` or `}`");
            return -1;
        }
    }
    if (c == '}' && *at != NX_AT_KEY) {
        s->p++;
        return 0;
    }
    if (c != '"') {
        nx_scan_fail(s, s->p >= s->end ? "ends inside an object" : c == '}' ? "trailing comma" : "key must be a string");
        return -1;
    }
    if (!nx_scan_str(s, ret))
        return -1;
    if (nx_scan_peek(s) != ':') {
        nx_scan_fail(s, s->p >= s->end ? "ends inside an object" : "expected `:`");
        return -1;
    }
    s->p++;
    *at = NX_AT_COMMA;
    return 1;
}

static bool skip_unknown(struct nx_decoder *d)
{
    return nx_scan_skip(&d->s, d->buffered, d->depth < DEPTH_MAX ? DEPTH_MAX - d->depth : 0);
}

bool nx_members_one(struct nx_decoder *d, const struct schema *sc, void *out, struct nx_str key, uint64_t *seen,
                    size_t *ret_next)
{
    for (size_t i = 0; i < sc->n; i++) {
        if (!key_is(key, sc->v[i].name))
            continue;
        if (*seen >> i & 1)
            return nx_scan_fail(&d->s, "duplicate field `%s`", sc->v[i].name);
        *seen |= (uint64_t)1 << i;
        *ret_next = i + 1;
        return nx_member_value(d, &sc->v[i], out);
    }
    if (sc->no_unknown)
        return nx_scan_fail(&d->s, "unknown field `%.*s`", (int)(key.n < 80 ? key.n : 80), key.p);
    return skip_unknown(d);
}

bool nx_members_missing(struct nx_decoder *d, const struct schema *sc, uint64_t seen)
{
    if (seen == ((uint64_t)1 << sc->n) - 1)
        return true;
    for (size_t i = 0; i < sc->n; i++) {
        const struct member *m = &sc->v[i];
        if (seen >> i & 1 || m->flags & (M_OPT | M_DEF))
            continue;
        if (!(m->flags & M_SOFT))
            return nx_scan_fail(&d->s, "missing field `%s`", m->name);
        if (!nx_member_odd(d, "missing field", m->name))
            return false;
    }
    return true;
}

/* Most members are short numbers, most of these one digit, and a comma follows: both are consumed. */
static inline bool short_number(struct nx_scan *s, const struct member *m, char *out)
{
    const char *p = s->p; /* the text is padded */
    uint64_t v = (unsigned)(unsigned char)*p - '0';
    if (m->type > V_U32 || v > 9)
        return false;
    p++;
    if (*p != ',') {
        const char *most = p + 8;
        if (v == 0) /* no leading zeros */
            return false;
        for (unsigned digit; p < most && (digit = (unsigned)(unsigned char)*p - '0') <= 9; p++)
            v = v * 10 + digit;
    }
    if (p >= s->end || *p != ',')
        return false;
    uint32_t small = (uint32_t)v; /* at most nine digits */
    if (m->place == NO_PLACE)
        return false;
    if (m->type == V_U64)
        memcpy(out + m->place, &v, sizeof v);
    else
        memcpy(out + m->place, &small, sizeof small);
    if (m->has_place != NO_PLACE)
        *(bool *)(out + m->has_place) = true;
    s->p = p + 1;
    return true;
}

/* Behind a value: over a comma, or to the object's end. */
static inline enum nx_members_at after_value(struct nx_scan *s, bool *ret_end)
{
    char c = s->p < s->end ? *s->p : ' ';
    *ret_end = c == '}';
    s->p += c == ',' || c == '}';
    return c == ',' ? NX_AT_KEY : NX_AT_COMMA;
}

/* Reads members as long as they come in nextest's order. *at says where it stopped; true with *ret_end at `}`. */
static bool in_order(struct nx_decoder *d, const struct schema *sc, void *out, size_t *next, uint64_t *seen,
                     enum nx_members_at *at, bool *ret_end)
{
    struct nx_scan *s = &d->s;
    const struct member *m = sc->v + *next, *end = sc->v + sc->n;
    uint64_t had = *seen, bit = (uint64_t)1 << *next;
    bool ok = true;
    *ret_end = false;
    if (*at == NX_AT_COMMA)
        *at = after_value(s, ret_end);
    while (*at != NX_AT_COMMA && m < end && !(had & bit) && nx_member_try(d, m)) {
        had |= bit;
        bit <<= 1;
        *at = NX_AT_KEY;
        if (!short_number(s, m, out)) {
            ok = nx_member_value(d, m, out);
            *at = ok ? after_value(s, ret_end) : NX_AT_COMMA;
        }
        m++;
    }
    *seen = had;
    *next = (size_t)(m - sc->v);
    return ok;
}

bool nx_members(struct nx_decoder *d, const struct schema *sc, void *out, enum nx_members_tags tags, const char *tag,
                const char *tag2)
{
    uint64_t seen = 0;
    size_t next = 0;
    enum nx_members_at at = tags == NX_MEMBERS_TAGS_READ ? NX_AT_COMMA : NX_AT_FIRST;
    for (;;) {
        bool end;
        if (!d->general) {
            if (!in_order(d, sc, out, &next, &seen, &at, &end))
                return false;
            if (end)
                break;
        }
        struct nx_str key;
        int more = nx_members_key(d, &at, &key);
        if (more < 0)
            return false;
        if (more == 0)
            break;
        if (tags != NX_MEMBERS_NO_TAGS && (key_is(key, tag) || key_is(key, tag2))) {
            if (tags == NX_MEMBERS_TAGS_READ)
                return nx_scan_fail(&d->s, "duplicate field `%.*s`", (int)key.n, key.p);
            if (!skip_unknown(d))
                return false;
        } else if (!nx_members_one(d, sc, out, key, &seen, &next)) {
            return false;
        }
    }
    return nx_members_missing(d, sc, seen);
}

bool nx_members_find_tag(struct nx_decoder *d, const char *tag, struct nx_str *ret)
{
    struct nx_scan *s = &d->s;
    const char *start = s->p;
    enum nx_members_at at = NX_AT_FIRST;
    bool found = false;
    for (;;) {
        struct nx_str key;
        int more = nx_members_key(d, &at, &key);
        if (more < 0)
            return false;
        if (more == 0)
            break;
        if (!key_is(key, tag)) {
            if (!skip_unknown(d))
                return false;
            continue;
        }
        if (found)
            return nx_scan_fail(s, "duplicate field `%s`", tag);
        found = true;
        if (nx_scan_peek(s) != '"')
            return nx_member_wrong_type(d, "variant identifier");
        if (!nx_scan_str(s, ret))
            return false;
    }
    if (!found)
        return nx_scan_fail(s, "missing field `%s`", tag);
    s->p = start;
    return true;
}

/* --- structs and tagged enums as values --- */

/* A struct as an array: serde takes its members by position. Behind `[`, or (behind) an element that came before. */
static bool by_position(struct nx_decoder *d, const struct schema *sc, void *out, bool behind)
{
    struct nx_scan *s = &d->s;
    size_t i = 0;
    for (; i < sc->n; i++) {
        char c = nx_scan_peek(s);
        if (c == ']')
            break;
        if (i > 0 || behind) {
            if (c != ',')
                return nx_scan_fail(s, "expected `,` or `]`");
            s->p++;
        }
        if (!nx_member_value(d, &sc->v[i], out))
            return false;
    }
    if (nx_scan_peek(s) != ']')
        return nx_scan_fail(s, s->p >= s->end ? "ends inside an array" : "trailing elements in an array");
    s->p++;
    for (; i < sc->n; i++)
        if (!(sc->v[i].flags & M_DEF))
            return nx_scan_fail(s, "invalid length: an array without an element for `%s`", sc->v[i].name);
    return true;
}

static bool read_struct(struct nx_decoder *d, const struct schema *sc, void *out)
{
    struct nx_scan *s = &d->s;
    char c = nx_scan_peek(s);
    if (c != '{' && c != '[')
        return nx_member_wrong_type(d, "a struct");
    if (++d->depth > DEPTH_MAX)
        return nx_scan_fail(s, "recursion limit exceeded");
    s->p++;
    bool ok = c == '{' ? nx_members(d, sc, out, NX_MEMBERS_NO_TAGS, NULL, NULL) : by_position(d, sc, out, false);
    d->depth--;
    return ok;
}

/* A test that starts tells the statistics that the last one to end told: the same text is the same value. */
static bool read_repeated(struct nx_decoder *d, const struct schema *sc, void *out)
{
    struct nx_scan *s = &d->s;
    size_t left = (size_t)(s->end - s->p), n = d->last.n;
    if (n > 0 && n <= left && memcmp(s->p, d->last.text, n) == 0) {
        memcpy(out, &d->last.value, sizeof d->last.value);
        s->p += n;
        return true;
    }
    const char *start = s->p;
    if (!read_struct(d, sc, out))
        return false;
    n = (size_t)(s->p - start);
    d->last.n = n <= sizeof d->last.text ? n : 0;
    memcpy(d->last.text, start, d->last.n);
    memcpy(&d->last.value, out, sizeof d->last.value);
    return true;
}

bool nx_member_struct(struct nx_decoder *d, const struct schema *sc, void *out)
{
    return sc->repeats && !d->general ? read_repeated(d, sc, out) : read_struct(d, sc, out);
}

static bool find_variant(struct nx_decoder *d, const struct tagged *t, struct nx_str name, uint32_t *ret)
{
    for (uint32_t i = 0; i < t->n; i++) {
        if (key_is(name, t->v[i].name)) {
            *ret = i;
            return true;
        }
    }
    char list[200];
    size_t at = 0;
    for (size_t i = 0; i < t->n && at < sizeof list - 40; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s`%s`", i ? ", " : "", t->v[i].name);
    return nx_scan_fail(&d->s, "unknown variant `%.*s`, expected one of %s", (int)(name.n < 80 ? name.n : 80), name.p,
                        list);
}

static const struct schema *variant_schema(const struct tagged *t, uint32_t variant)
{
    return t->v[variant].schema ? t->v[variant].schema : &no_members;
}

/* Behind `{`: the tag where nextest writes it, first, else wherever it stands. */
static bool tagged_object(struct nx_decoder *d, const struct tagged *t, char *out)
{
    struct nx_scan *s = &d->s;
    struct nx_str name;
    uint32_t variant = 0;
    const char *inside = s->p;
    bool in_place = !d->general && nx_member_try(d, t->key) && s->p < s->end && *s->p == '"';
    if (!in_place)
        s->p = inside;
    if (in_place ? !nx_scan_str(s, &name) : !nx_members_find_tag(d, t->tag, &name))
        return false;
    if (!find_variant(d, t, name, &variant))
        return false;
    memcpy(out + t->place, &variant, sizeof variant);
    return nx_members(d, variant_schema(t, variant), out, in_place ? NX_MEMBERS_TAGS_READ : NX_MEMBERS_TAGS_AHEAD, t->tag,
                      NULL);
}

/* Behind `[`: serde takes the first element for the tag. */
static bool tagged_array(struct nx_decoder *d, const struct tagged *t, char *out)
{
    struct nx_str name;
    uint32_t variant = 0;
    if (nx_scan_peek(&d->s) != '"')
        return nx_member_wrong_type(d, "variant identifier");
    if (!nx_scan_str(&d->s, &name) || !find_variant(d, t, name, &variant))
        return false;
    memcpy(out + t->place, &variant, sizeof variant);
    return by_position(d, variant_schema(t, variant), out, true);
}

bool nx_member_tagged(struct nx_decoder *d, const struct tagged *t, char *out)
{
    struct nx_scan *s = &d->s;
    char c = nx_scan_peek(s);
    if (c != '{' && c != '[')
        return nx_member_wrong_type(d, "an internally tagged enum");
    s->p++;
    if (++d->depth > DEPTH_MAX)
        return nx_scan_fail(s, "recursion limit exceeded");
    bool was_buffered = d->buffered;
    d->buffered = true;
    bool ok = c == '{' ? tagged_object(d, t, out) : tagged_array(d, t, out);
    d->buffered = was_buffered;
    d->depth--;
    return ok;
}
