/*
 * A point in time as nextest writes it: RFC 3339 with nanoseconds and the offset it was written in.
 *
 * Reads what nextest reads, chrono 0.4.45's FromStr of DateTime<FixedOffset>: besides the canonical form also white
 * space between the parts, `t`, `z`, `UTC`, one-digit fields, years with a sign, any number of fractional digits
 * (those after the ninth are dropped), offsets without a colon, a leap second. Values; any thread.
 */
#ifndef NX_EVENT_INSTANT_H
#define NX_EVENT_INSTANT_H

#include <stdint.h>

#include "base/slice.h"

struct nx_instant {
    int64_t sec;    /* seconds since 1970, UTC; years -262143 to 262142 */
    uint32_t nsec;  /* 0 to 999,999,999; up to 1,999,999,999 in a leap second */
    int32_t offset; /* seconds east of UTC, whole minutes, less than a day */
};

/* 0, or one of the negative codes below; *ret is untouched then. */
enum {
    NX_INSTANT_INVALID = -1,
    NX_INSTANT_SHORT = -2,
    NX_INSTANT_LONG = -3,
    NX_INSTANT_RANGE = -4,
    NX_INSTANT_IMPOSSIBLE = -5,
};
int nx_instant_parse(struct nx_slice s, struct nx_instant *ret);

/* What chrono says to such a code, e.g. "premature end of input". Static. */
const char *nx_instant_why(int code);

/* As nextest writes it (Z for offset 0; 0, 3, 6 or 9 fractional digits) into buf of NX_INSTANT_TEXT; returns buf. */
enum { NX_INSTANT_TEXT = 48 };
const char *nx_instant_text(struct nx_instant t, char *buf);

/* Earlier, same, later: negative, 0, positive. The offset does not count. */
int nx_instant_cmp(struct nx_instant a, struct nx_instant b);

/* Whole microseconds since 1970, rounded down, as chrono's timestamp_micros(): a leap second runs into the next. */
static inline int64_t nx_instant_micros(struct nx_instant t)
{
    return t.sec * 1000000 + t.nsec / 1000;
}

/* Nanoseconds since 1970. Years that 64 bits do not reach (before 1677, after 2262) end at the edge, and so do sums and
 * differences: times come out of files. */
static inline int64_t nx_instant_nanos(struct nx_instant t)
{
    int64_t ns;
    if (__builtin_mul_overflow(t.sec, 1000000000, &ns) || __builtin_add_overflow(ns, t.nsec, &ns))
        return t.sec < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

static inline int64_t nx_nanos_add(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? INT64_MIN : INT64_MAX) : sum;
}

static inline int64_t nx_nanos_sub(int64_t a, int64_t b)
{
    int64_t difference;
    return __builtin_sub_overflow(a, b, &difference) ? (a < 0 ? INT64_MIN : INT64_MAX) : difference;
}

#endif
