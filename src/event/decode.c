#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "event/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "event/members.h"
#include "event/schema.h"

static const char *const kind_texts[] = {
#define NX_KIND(name, type, text, schema) text,
#include "event/kinds.def"
#undef NX_KIND
};

static const unsigned char kind_lengths[] = {
#define NX_KIND(name, type, text, schema) sizeof(text) - 1,
#include "event/kinds.def"
#undef NX_KIND
};

enum line_type { TYPE_core, TYPE_output };

static const enum line_type kind_types[] = {
#define NX_KIND(name, type, text, schema) TYPE_##type,
#include "event/kinds.def"
#undef NX_KIND
};

const char *nx_event_kind_text(enum nx_event_kind kind)
{
    return kind_texts[kind];
}

bool nx_result_success(const struct nx_result *r)
{
    return r->status == NX_RESULT_PASS ||
           ((r->status == NX_RESULT_LEAK || r->status == NX_RESULT_TIMEOUT) && r->counts_as == NX_PASS);
}

struct nx_decoder *nx_decoder_new(bool strict)
{
    struct nx_decoder *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    /* Only lists of next to nothing, which nobody writes, take more than twice a line. */
    nx_arena_init(&d->arena, (size_t)nx_limit_value(NX_LIM_LINE_BYTES) * 2);
    d->strict = strict;
    return d;
}

void nx_decoder_free(struct nx_decoder *d)
{
    if (!d)
        return;
    nx_arena_fini(&d->arena);
    free(d);
}

void nx_decoder_set_general(struct nx_decoder *d, bool on)
{
    d->general = on;
}

/* --- the kind object: tagged twice, by `type` and by `kind` --- */

static bool find_kind(struct nx_decoder *d, struct nx_str type, struct nx_str kind, enum nx_event_kind *ret)
{
    enum line_type t;
    if (type.n == 4 && memcmp(type.p, "core", 4) == 0)
        t = TYPE_core;
    else if (type.n == 6 && memcmp(type.p, "output", 6) == 0)
        t = TYPE_output;
    else {
        d->unknown_kind = true;
        return nx_scan_fail(&d->s, "unknown variant `%.*s`, expected `core` or `output`", (int)(type.n < 80 ? type.n : 80),
                            type.p);
    }
    for (int i = 0; i < NX_EV_COUNT; i++) {
        if (kind_lengths[i] == kind.n && kind_types[i] == t && memcmp(kind_texts[i], kind.p, kind.n) == 0) {
            *ret = (enum nx_event_kind)i;
            return true;
        }
    }
    d->unknown_kind = true;
    return nx_scan_fail(&d->s, "unknown variant `%.*s` of %s events", (int)(kind.n < 80 ? kind.n : 80), kind.p,
                        t == TYPE_core ? "core" : "output");
}

static bool kind_tags(struct nx_decoder *d, struct nx_str *type, struct nx_str *kind, bool *ret_in_place)
{
    struct nx_scan *s = &d->s;
    *ret_in_place = false;
    if (!d->general && nx_member_try(d, &nx_member_type_tag)) {
        const char *behind = s->p;
        if (nx_scan_str(s, type) && s->p < s->end && *s->p == ',') {
            s->p++;
            if (nx_member_try(d, &nx_member_kind_tag) && nx_scan_str(s, kind)) {
                *ret_in_place = true;
                return true;
            }
        }
        if (s->failed)
            return false;
        s->p = behind - nx_member_type_tag.key_n;
    }
    return nx_members_find_tag(d, "type", type) && nx_members_find_tag(d, "kind", kind);
}

static bool kind_object(struct nx_decoder *d)
{
    struct nx_scan *s = &d->s;
    struct nx_str type, kind;
    bool in_place;
    if (nx_scan_peek(s) != '{')
        return nx_member_wrong_type(d, "internally tagged enum TestEventKindSummary");
    s->p++;
    d->depth++;
    d->buffered = true; /* serde reads what stands beside a tag into a buffer first */
    bool ok = kind_tags(d, &type, &kind, &in_place) && find_kind(d, type, kind, &d->ev.kind) &&
              nx_members(d, nx_schema_kinds[d->ev.kind], &d->ev, in_place ? NX_MEMBERS_TAGS_READ : NX_MEMBERS_TAGS_AHEAD,
                         "type", "kind");
    d->buffered = false;
    d->depth--;
    return ok;
}

/* --- the line --- */

/* `"kind":` as nextest writes it, third; anything else is the general way. */
static bool line_in_order(struct nx_decoder *d, bool *ret_done)
{
    struct nx_scan *s = &d->s;
    const struct member *time = &nx_schema_line.v[0], *elapsed = &nx_schema_line.v[1];
    *ret_done = false;
    if (d->general || !nx_member_try(d, time))
        return true;
    if (!nx_member_value(d, time, &d->ev))
        return false;
    if (s->p >= s->end || *s->p != ',')
        return true;
    s->p++;
    if (!nx_member_try(d, elapsed))
        return true;
    if (!nx_member_value(d, elapsed, &d->ev))
        return false;
    if (s->p >= s->end || *s->p != ',')
        return true;
    s->p++;
    if (!nx_member_try(d, &nx_member_kind))
        return true;
    if (!kind_object(d))
        return false;
    if (s->p < s->end && *s->p == '}') {
        s->p++;
        *ret_done = true;
    }
    return true;
}

static bool line_any_order(struct nx_decoder *d)
{
    struct nx_scan *s = &d->s;
    bool seen_kind = false;
    uint64_t seen = 0;
    enum nx_members_at at = NX_AT_FIRST;
    for (;;) {
        struct nx_str key;
        size_t next;
        int more = nx_members_key(d, &at, &key);
        if (more <= 0) {
            if (more < 0)
                return false;
            break;
        }
        if (key.n == 4 && memcmp(key.p, "kind", 4) == 0) {
            if (seen_kind)
                return nx_scan_fail(s, "duplicate field `kind`");
            seen_kind = true;
            if (!kind_object(d))
                return false;
        } else if (!nx_members_one(d, &nx_schema_line, &d->ev, key, &seen, &next)) {
            return false;
        }
    }
    if (!nx_members_missing(d, &nx_schema_line, seen))
        return false;
    return seen_kind ? true : nx_scan_fail(s, "missing field `kind`");
}

static bool whole_line(struct nx_decoder *d)
{
    struct nx_scan *s = &d->s;
    if (nx_scan_peek(s) != '{') {
        if (s->p >= s->end || *s->p != '[')
            return nx_scan_fail(s, "expected value");
        return nx_scan_fail(s, "invalid type: sequence, expected struct TestEventSummary");
    }
    const char *inside = ++s->p;
    d->depth = 1;
    bool done;
    if (!line_in_order(d, &done))
        return false;
    if (!done) {
        /* Start over: cheap, since this is not how nextest writes. */
        s->p = inside;
        d->odd = NULL;
        memset(&d->ev, 0, sizeof d->ev);
        nx_arena_reset(&d->arena);
        if (!line_any_order(d))
            return false;
    }
    if (nx_scan_peek(s) != '\0' || s->p < s->end)
        return nx_scan_fail(s, "trailing characters");
    return true;
}

static int to_err(struct nx_decoder *d, struct nx_err *err)
{
    struct nx_scan *s = &d->s;
    enum nx_code code = NX_EFORMAT;
    if (s->no_memory)
        code = d->arena.over ? NX_ELIMIT : NX_ENOMEM;
    else if (s->too_deep)
        code = NX_ELIMIT;
    else if (d->unknown_kind)
        code = NX_EVERSION;
    int rc = nx_fail(err, code, NULL, "%s", s->no_memory && d->arena.over ? "its lists take too much memory" : s->why);
    nx_err_at(err, NX_NOWHERE, (uint64_t)(s->at - s->start));
    if (d->unknown_kind)
        nx_err_hint(err, "this event was written by a newer nextest; upgrade nxtrace to read it");
    return rc;
}

int nx_decode(struct nx_decoder *d, struct nx_slice line, const struct nx_event **ret, const char **ret_odd,
              struct nx_err *err)
{
    nx_arena_reset(&d->arena);
    nx_scan_init(&d->s, line, &d->arena);
    memset(&d->ev, 0, sizeof d->ev);
    d->odd = NULL;
    d->unknown_kind = d->buffered = false;
    d->depth = 0;
    if (!whole_line(d))
        return to_err(d, err);
    *ret = &d->ev;
    *ret_odd = d->odd;
    return 0;
}
