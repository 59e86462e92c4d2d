#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* One member's value, by its type. */
#include "event/members.h"

#include <stdio.h>

#include "event/ident.h"
#include "event/values.h"

bool nx_member_wrong_type(struct nx_decoder *d, const char *expected)
{
    struct nx_scan *s = &d->s;
    char c = nx_scan_peek(s);
    if (s->p >= s->end)
        return nx_scan_fail(s, "ends before a value");
    const char *what = c == 'n'              ? "null"
                       : c == '"'            ? "string"
                       : c == '{'            ? "map"
                       : c == '['            ? "sequence"
                       : c == 't' || c == 'f' ? "boolean"
                                              : NULL;
    if (what)
        return nx_scan_fail(s, "invalid type: %s, expected %s", what, expected);
    struct nx_num num;
    const char *start = s->p;
    if (!nx_scan_num(s, &num))
        return false;
    int n = (int)(s->p - start < 40 ? s->p - start : 40);
    s->p = start;
    if (num.kind == NX_NUM_FLOAT)
        return nx_scan_fail(s, "invalid type: floating point `%.*s`, expected %s", n, start, expected);
    return nx_scan_fail(s, "invalid value: integer `%.*s`, expected %s", n, start, expected);
}

/* --- numbers --- */

static bool unsigned_int(struct nx_decoder *d, uint64_t max, const char *expected, uint64_t *ret)
{
    struct nx_scan *s = &d->s;
    const char *p = s->p;
    uint64_t v = 0;
    unsigned n = 0;
    /* Up to 18 digits cannot overflow; anything longer or odder goes the long way. */
    while (p < s->end && (unsigned char)(*p - '0') < 10 && n < 18) {
        v = v * 10 + (uint64_t)(*p++ - '0');
        n++;
    }
    char c = p < s->end ? *p : ',';
    if (n > 0 && (c == ',' || c == '}' || c == ']') && v <= max && (n == 1 || *s->p != '0')) {
        s->p = p;
        *ret = v;
        return true;
    }
    struct nx_num num;
    const char *start = s->p;
    c = nx_scan_peek(s);
    if (c != '-' && (unsigned char)(c - '0') >= 10)
        return nx_member_wrong_type(d, expected);
    start = s->p;
    if (!nx_scan_num(s, &num))
        return false;
    if (num.kind != NX_NUM_U64 || num.u > max) {
        s->p = start;
        return nx_member_wrong_type(d, expected);
    }
    *ret = num.u;
    return true;
}

static bool u32_value(struct nx_decoder *d, const char *expected, uint32_t *ret)
{
    uint64_t v;
    if (!unsigned_int(d, UINT32_MAX, expected, &v))
        return false;
    *ret = (uint32_t)v;
    return true;
}

static bool nonzero_value(struct nx_decoder *d, uint32_t *ret)
{
    const char *start = d->s.p;
    if (!u32_value(d, "a nonzero u32", ret))
        return false;
    if (*ret != 0)
        return true;
    d->s.p = start;
    return nx_member_wrong_type(d, "a nonzero u32");
}

static bool i32_value(struct nx_decoder *d, int32_t *ret)
{
    struct nx_scan *s = &d->s;
    char c = nx_scan_peek(s);
    if (c != '-' && (unsigned char)(c - '0') >= 10)
        return nx_member_wrong_type(d, "i32");
    const char *start = s->p;
    struct nx_num num;
    if (!nx_scan_num(s, &num))
        return false;
    if (num.kind == NX_NUM_U64 && num.u <= INT32_MAX)
        *ret = (int32_t)num.u;
    else if (num.kind == NX_NUM_NEG && num.u <= (uint64_t)INT32_MAX + 1)
        *ret = (int32_t)-(int64_t)num.u;
    else {
        s->p = start;
        return nx_member_wrong_type(d, "i32");
    }
    return true;
}

/* --- strings --- */

bool nx_value_string(struct nx_decoder *d, const char *expected, struct nx_str *ret)
{
    struct nx_scan *s = &d->s;
    if ((s->p >= s->end || *s->p != '"') && nx_scan_peek(s) != '"')
        return nx_member_wrong_type(d, expected);
    return nx_scan_str(s, ret);
}

static bool word_value(struct nx_decoder *d, const char *const *words, uint32_t first, uint32_t *ret)
{
    struct nx_str str;
    if (!nx_value_string(d, "a word", &str))
        return false;
    for (uint32_t i = first; words[i]; i++) {
        if (str.n > 0 && words[i][0] == str.p[0] && strlen(words[i]) == str.n && memcmp(words[i], str.p, str.n) == 0) {
            *ret = i;
            return true;
        }
    }
    char list[240];
    size_t at = 0;
    for (uint32_t i = first; words[i] && at < sizeof list - 40; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s`%s`", i > first ? ", " : "", words[i]);
    return nx_scan_fail(&d->s, "unknown variant `%.*s`, expected one of %s", (int)(str.n < 80 ? str.n : 80), str.p,
                        list);
}

static bool ident_value(struct nx_decoder *d, bool group, struct nx_str *ret)
{
    if (!nx_value_string(d, "a string", ret))
        return false;
    struct nx_slice name = {ret->p, ret->n};
    if ((group && nx_slice_eq(name, NX_LIT("@global"))) || nx_ident_valid(name))
        return true;
    char text[100];
    snprintf(text, sizeof text, "%.*s", (int)(ret->n < 80 ? ret->n : 80), ret->p);
    return nx_member_odd(d, "invalid identifier", text);
}

static bool file_value(struct nx_decoder *d, struct nx_str *ret)
{
    if (!nx_value_string(d, "a string", ret))
        return false;
    if (nx_output_name_valid((struct nx_slice){ret->p, ret->n}))
        return true;
    return nx_scan_fail(&d->s, "invalid output file name: %.*s", (int)(ret->n < 80 ? ret->n : 80), ret->p);
}

static bool time_value(struct nx_decoder *d, struct nx_instant *ret)
{
    struct nx_str str;
    if (!nx_value_string(d, "an RFC 3339 formatted date and time string", &str))
        return false;
    int rc = nx_instant_parse((struct nx_slice){str.p, str.n}, ret);
    if (rc == 0)
        return true;
    return nx_scan_fail(&d->s, "%s: `%.*s`", nx_instant_why(rc), (int)(str.n < 60 ? str.n : 60), str.p);
}

static bool uuid_value(struct nx_decoder *d, char *ret)
{
    struct nx_str str;
    if (!nx_value_string(d, "a UUID string", &str))
        return false;
    if (nx_uuid_parse((struct nx_slice){str.p, str.n}, ret))
        return true;
    return nx_scan_fail(&d->s, "UUID parsing failed: `%.*s`", (int)(str.n < 60 ? str.n : 60), str.p);
}

/* --- durations: the commonest struct, so its usual form is read straight --- */

static bool duration_value(struct nx_decoder *d, struct nx_duration *ret)
{
    struct nx_scan *s = &d->s;
    const struct member *secs = &nx_schema_duration.v[0], *nanos = &nx_schema_duration.v[1];
    struct nx_duration v;
    bool plain = !d->general && s->end - s->p > 0 && *s->p == '{';
    if (plain) {
        const char *start = s->p++;
        uint64_t n;
        plain = nx_member_try(d, secs) && unsigned_int(d, UINT64_MAX, "u64", &v.secs) && s->p < s->end && *s->p == ',' &&
                (s->p++, nx_member_try(d, nanos)) && unsigned_int(d, UINT32_MAX, "u32", &n) && s->p < s->end &&
                *s->p == '}';
        if (s->failed)
            return false;
        if (plain) {
            v.nanos = (uint32_t)n;
            s->p++;
        } else {
            s->p = start;
        }
    }
    if (!plain && !nx_member_struct(d, &nx_schema_duration, &v))
        return false;
    if (v.nanos >= 1000000000u) {
        if (__builtin_add_overflow(v.secs, v.nanos / 1000000000u, &v.secs))
            return nx_scan_fail(s, "overflow deserializing Duration");
        v.nanos %= 1000000000u;
    }
    *ret = v;
    return true;
}

/* --- all types --- */

static bool bool_value(struct nx_decoder *d, bool *ret)
{
    char c = nx_scan_peek(&d->s);
    if (c != 't' && c != 'f')
        return nx_member_wrong_type(d, "a boolean");
    return nx_scan_bool(&d->s, ret);
}

/* Somewhere for values that are checked but not kept. */
union scratch {
    uint64_t u64;
    uint32_t u32;
    int32_t i32;
    bool b;
    struct nx_str str;
    struct nx_strs strs;
    struct nx_duration duration;
    struct nx_instant instant;
    char uuid[37];
};

static bool typed_value(struct nx_decoder *d, const struct member *m, void *at)
{
    switch ((enum value_type)m->type) {
    case V_U64:
        return unsigned_int(d, UINT64_MAX, "usize", at);
    case V_U32:
        return u32_value(d, "u32", at);
    case V_NONZERO:
        return nonzero_value(d, at);
    case V_I32:
        return i32_value(d, at);
    case V_BOOL:
        return bool_value(d, at);
    case V_STR:
        return nx_value_string(d, "a string", at);
    case V_IDENT:
        return ident_value(d, false, at);
    case V_GROUP:
        return ident_value(d, true, at);
    case V_FILE:
        return file_value(d, at);
    case V_STRS:
        return nx_value_strs(d, at);
    case V_DURATION:
        return duration_value(d, at);
    case V_TIME:
        return time_value(d, at);
    case V_UUID:
        return uuid_value(d, at);
    case V_WORD:
        return word_value(d, m->sub, 0, at);
    case V_CANCEL:
        return word_value(d, nx_cancel_reasons, 1, at);
    case V_STRUCT:
        return nx_member_struct(d, m->sub, at);
    case V_TAGGED:
        return nx_member_tagged(d, m->sub, at);
    case V_STATUSES:
        return nx_value_statuses(d);
    case V_STATUS:
        return nx_value_one_status(d);
    case V_TESTS:
        return nx_value_tests(d);
    case V_MAP:
        return nx_value_map(d);
    case V_ANY:
        return nx_scan_skip(&d->s, true, d->depth < 127 ? 127 - d->depth : 0);
    }
    return nx_scan_fail(&d->s, "no such type"); /* not reached: every type is above */
}

bool nx_member_value(struct nx_decoder *d, const struct member *m, void *out)
{
    struct nx_scan *s = &d->s;
    union scratch scratch;
    if (m->flags & M_OPT) {
        if (s->end - s->p >= 4 && memcmp(s->p, "null", 4) == 0) {
            s->p += 4;
            return true;
        }
        if (nx_scan_peek(s) == 'n')
            return nx_scan_word(s, "null", 4);
    }
    if (!typed_value(d, m, m->place == NO_PLACE ? (void *)&scratch : (char *)out + m->place))
        return false;
    if (m->has_place != NO_PLACE)
        *(bool *)((char *)out + m->has_place) = true;
    return true;
}
