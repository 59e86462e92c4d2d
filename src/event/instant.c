#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "event/instant.h"

#include <endian.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/utf8.h"

enum { YEAR_MIN = -262143, YEAR_MAX = 262142 }; /* of chrono's NaiveDate */

/* Days from 1970-01-01 in the proleptic Gregorian calendar; the year begins in March, so that February's
 * length matters to nothing behind it. */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
    /* Moved up by whole eras of 400 years, more than chrono's years go below 0: all that follows is unsigned.
     */
    enum { ERAS = 660, DAYS = 146097 };
    uint32_t n = (uint32_t)(y + ERAS * 400 - (m <= 2));
    uint32_t of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return (int64_t)(n * 365 + n / 4 - n / 100 + n / 400 + of_year) - (ERAS * DAYS + 719468);
}

static void civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int64_t)yoe + era * 400 + (*m <= 2);
}

static unsigned days_in_month(int64_t y, unsigned m)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return days[m - 1] + (unsigned)(m == 2 && leap);
}

struct fields {
    int64_t year;
    unsigned month, day, hour, min, sec, nano;
    int offset;
};

static int64_t seconds_of(const struct fields *f)
{
    return days_from_civil(f->year, f->month, f->day) * 86400 + f->hour * 3600 + f->min * 60 + f->sec;
}

/* --- the form that nextest writes --- */

static uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

#define EVERY(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool all_digits(uint64_t v)
{
    return ((v & EVERY(0xf0)) | (((v + EVERY(0x06)) & EVERY(0xf0)) >> 4)) == EVERY(0x33);
}

/* Eight digits, the first in the lowest byte. */
static uint32_t eight(uint64_t v)
{
    v = (v & EVERY(0x0f)) * 2561 >> 8;
    v = (v & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
    return (uint32_t)((v & UINT64_C(0x0000ffff0000ffff)) * UINT64_C(42949672960001) >> 32);
}

#define AT(c, i) ((uint64_t)(unsigned char)(c) << (8 * (i)))

/* YYYY-MM-DDTHH:MM:SS.nnnnnnnnn, then Z or +hh:mm; anything else, also what is out of range, is left to
 * relaxed(). */
static bool canonical(struct nx_slice s, struct nx_instant *ret)
{
    if (s.n != 30 && s.n != 35)
        return false;
    uint64_t date = load8(s.p), time = load8(s.p + 8), frac = load8(s.p + 20);
    uint64_t date_marks = AT('-', 4) | AT('-', 7), time_marks = AT('T', 2) | AT(':', 5);
    if ((date & (AT(0xff, 4) | AT(0xff, 7))) != date_marks ||
        (time & (AT(0xff, 2) | AT(0xff, 5))) != time_marks)
        return false;
    /* The marks become zeros. */
    date ^= date_marks ^ (AT('0', 4) | AT('0', 7));
    time ^= time_marks ^ (AT('0', 2) | AT('0', 5));
    unsigned s1 = (unsigned char)s.p[17] - 48u, s0 = (unsigned char)s.p[18] - 48u,
             n0 = (unsigned char)s.p[28] - 48u;
    if (!all_digits(date) || !all_digits(time) || !all_digits(frac) || s.p[16] != ':' || s.p[19] != '.' ||
        s1 > 5 || s0 > 9 || n0 > 9)
        return false;
    uint32_t ymd = eight(date), hm = eight(time); /* YYYY0MM0, DD0HH0MM */
    struct fields f = {
        .year = ymd / 10000,
        .month = ymd / 10 % 1000,
        .day = hm / 1000000,
        .hour = hm / 1000 % 1000,
        .min = hm % 1000,
        .sec = s1 * 10 + s0,
        .nano = eight(frac) * 10 + n0,
    };
    if (f.month - 1 > 11 || f.day - 1 >= days_in_month(f.year, f.month) || f.hour > 23 || f.min > 59)
        return false;
    if (s.n == 35) {
        const char *o = s.p + 29;
        unsigned h1 = (unsigned char)o[1] - 48u, h0 = (unsigned char)o[2] - 48u,
                 m1 = (unsigned char)o[4] - 48u, m0 = (unsigned char)o[5] - 48u;
        if ((o[0] != '+' && o[0] != '-') || o[3] != ':' || h1 > 2 || h0 > 9 || m1 > 5 || m0 > 9 ||
            h1 * 10 + h0 > 23)
            return false;
        f.offset = (int)((h1 * 10 + h0) * 3600 + (m1 * 10 + m0) * 60);
        if (o[0] == '-')
            f.offset = -f.offset;
    } else if (s.p[29] != 'Z') {
        return false;
    }
    *ret = (struct nx_instant){seconds_of(&f) - f.offset, f.nano, f.offset};
    return true;
}

/* --- everything else that chrono reads --- */

static void skip_spaces(struct nx_slice *s)
{
    size_t len;
    while ((len = nx_utf8_space(s->p, s->n)) > 0) {
        s->p += len;
        s->n -= len;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void advance(struct nx_slice *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

/* One to `most` digits. */
static int number(struct nx_slice *s, size_t most, int64_t *ret)
{
    if (s->n == 0)
        return NX_INSTANT_SHORT;
    if (!is_digit(*s->p))
        return NX_INSTANT_INVALID;
    int64_t v = 0;
    size_t i = 0;
    for (; i < s->n && i < most && is_digit(s->p[i]); i++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, s->p[i] - '0', &v))
            return NX_INSTANT_RANGE;
    advance(s, i);
    *ret = v;
    return 0;
}

static int literal(struct nx_slice *s, char c)
{
    skip_spaces(s);
    if (s->n == 0)
        return NX_INSTANT_SHORT;
    if (*s->p != c)
        return NX_INSTANT_INVALID;
    advance(s, 1);
    return 0;
}

static int field(struct nx_slice *s, int64_t least, int64_t most, unsigned *ret)
{
    int64_t v;
    skip_spaces(s);
    int rc = number(s, 2, &v);
    if (rc < 0)
        return rc;
    if (v < least || v > most)
        return NX_INSTANT_RANGE;
    *ret = (unsigned)v;
    return 0;
}

/* More than four digits need a sign. */
static int year(struct nx_slice *s, int64_t *ret)
{
    skip_spaces(s);
    bool minus = s->n > 0 && *s->p == '-', sign = minus || (s->n > 0 && *s->p == '+');
    if (sign)
        advance(s, 1);
    int rc = number(s, sign ? SIZE_MAX : 4, ret);
    if (rc < 0)
        return rc;
    if (minus)
        *ret = -*ret;
    return *ret < INT32_MIN || *ret > INT32_MAX ? NX_INSTANT_RANGE : 0;
}

static int fraction(struct nx_slice *s, unsigned *ret)
{
    if (s->n == 0 || *s->p != '.')
        return 0;
    advance(s, 1);
    int64_t v;
    size_t before = s->n;
    int rc = number(s, 9, &v);
    if (rc < 0)
        return rc;
    for (size_t digits = before - s->n; digits < 9; digits++)
        v *= 10;
    while (s->n > 0 && is_digit(*s->p))
        advance(s, 1);
    *ret = (unsigned)v;
    return 0;
}

static int two_digits(struct nx_slice *s, int *ret)
{
    if (s->n < 2)
        return NX_INSTANT_SHORT;
    if (!is_digit(s->p[0]) || !is_digit(s->p[1]))
        return NX_INSTANT_INVALID;
    *ret = (s->p[0] - '0') * 10 + s->p[1] - '0';
    advance(s, 2);
    return 0;
}

static bool starts_with_utc(struct nx_slice s)
{
    return s.n >= 3 && (s.p[0] | 32) == 'u' && (s.p[1] | 32) == 't' && (s.p[2] | 32) == 'c';
}

static int offset(struct nx_slice *s, int *ret)
{
    static const char minus_sign[] = "\xe2\x88\x92"; /* U+2212, which RFC 3339 knows too */
    if (s->n == 0)
        return NX_INSTANT_SHORT;
    char c = *s->p;
    if (c == 'Z' || c == 'z' || starts_with_utc(*s)) {
        advance(s, c == 'Z' || c == 'z' ? 1 : 3);
        *ret = 0;
        return 0;
    }
    bool wide = s->n >= 3 && memcmp(s->p, minus_sign, 3) == 0;
    if (c != '+' && c != '-' && !wide)
        return NX_INSTANT_INVALID;
    advance(s, wide ? 3 : 1);
    int hours = 0, minutes = 0, rc = two_digits(s, &hours);
    if (rc < 0)
        return rc;
    size_t before;
    do {
        before = s->n;
        skip_spaces(s);
        if (s->n > 0 && *s->p == ':')
            advance(s, 1);
    } while (s->n != before);
    rc = two_digits(s, &minutes);
    if (rc < 0)
        return rc;
    if (minutes > 59)
        return NX_INSTANT_RANGE;
    *ret = (hours * 60 + minutes) * (c == '+' ? 60 : -60);
    return 0;
}

static int date_and_time(struct nx_slice *s, struct fields *f)
{
    int rc;
    if ((rc = year(s, &f->year)) < 0 || (rc = literal(s, '-')) < 0 || (rc = field(s, 1, 12, &f->month)) < 0 ||
        (rc = literal(s, '-')) < 0 || (rc = field(s, 1, 31, &f->day)) < 0)
        return rc;
    if (s->n == 0)
        return NX_INSTANT_SHORT;
    if (*s->p != 'T' && *s->p != 't' && *s->p != ' ')
        return NX_INSTANT_INVALID;
    advance(s, 1);
    if ((rc = field(s, 0, 23, &f->hour)) < 0 || (rc = literal(s, ':')) < 0 ||
        (rc = field(s, 0, 59, &f->min)) < 0 || (rc = literal(s, ':')) < 0 ||
        (rc = field(s, 0, 60, &f->sec)) < 0)
        return rc;
    return fraction(s, &f->nano);
}

static int relaxed(struct nx_slice s, struct nx_instant *ret)
{
    struct fields f = {0};
    int rc = date_and_time(&s, &f);
    if (rc < 0)
        return rc;
    skip_spaces(&s);
    rc = offset(&s, &f.offset);
    if (rc < 0)
        return rc;
    skip_spaces(&s);
    if (s.n > 0)
        return NX_INSTANT_LONG;
    if (f.sec == 60) {
        f.sec = 59;
        f.nano += 1000000000;
    }
    if (f.year < YEAR_MIN || f.year > YEAR_MAX || f.day > days_in_month(f.year, f.month) ||
        f.offset <= -86400 || f.offset >= 86400)
        return NX_INSTANT_RANGE;
    int64_t sec = seconds_of(&f) - f.offset;
    if (sec < days_from_civil(YEAR_MIN, 1, 1) * 86400 || sec >= days_from_civil(YEAR_MAX + 1, 1, 1) * 86400)
        return NX_INSTANT_IMPOSSIBLE;
    *ret = (struct nx_instant){sec, f.nano, f.offset};
    return 0;
}

int nx_instant_parse(struct nx_slice s, struct nx_instant *ret)
{
    return canonical(s, ret) ? 0 : relaxed(s, ret);
}

const char *nx_instant_why(int code)
{
    switch (code) {
    case NX_INSTANT_SHORT:
        return "premature end of input";
    case NX_INSTANT_LONG:
        return "trailing input";
    case NX_INSTANT_RANGE:
        return "input is out of range";
    case NX_INSTANT_IMPOSSIBLE:
        return "no possible date and time matching input";
    default:
        return "input contains invalid characters";
    }
}

/* --- and back --- */

const char *nx_instant_text(struct nx_instant t, char *buf)
{
    int64_t local = t.sec + t.offset, y;
    int64_t days = (local >= 0 ? local : local - 86399) / 86400;
    unsigned rest = (unsigned)(local - days * 86400), m, d;
    civil_from_days(days, &y, &m, &d);
    unsigned leap = t.nsec >= 1000000000, nano = t.nsec - leap * 1000000000;
    int n = snprintf(buf, NX_INSTANT_TEXT, y >= 0 && y <= 9999 ? "%04d-" : "%+05d-", (int)y);
    n += snprintf(buf + n, NX_INSTANT_TEXT - (size_t)n, "%02u-%02uT%02u:%02u:%02u", m, d, rest / 3600,
                  rest / 60 % 60, rest % 60 + leap);
    int digits = nano == 0 ? 0 : nano % 1000000 == 0 ? 3 : nano % 1000 == 0 ? 6 : 9;
    if (digits > 0)
        n += snprintf(buf + n, NX_INSTANT_TEXT - (size_t)n, ".%0*u", digits,
                      digits == 3   ? nano / 1000000
                      : digits == 6 ? nano / 1000
                                    : nano);
    unsigned off = t.offset < 0 ? (unsigned)-t.offset : (unsigned)t.offset;
    if (off == 0)
        snprintf(buf + n, NX_INSTANT_TEXT - (size_t)n, "Z");
    else
        snprintf(buf + n, NX_INSTANT_TEXT - (size_t)n, "%c%02u:%02u", t.offset < 0 ? '-' : '+', off / 3600,
                 off / 60 % 60);
    return buf;
}

int nx_instant_cmp(struct nx_instant a, struct nx_instant b)
{
    if (a.sec != b.sec)
        return a.sec < b.sec ? -1 : 1;
    return (a.nsec > b.nsec) - (a.nsec < b.nsec);
}
