#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "json/number.h"

#include <stdbool.h>
#include <string.h>

/* --- integers --- */

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static unsigned digits_of(uint64_t v)
{
    static const uint64_t pow10[] = {
        0,         10,         100,         1000,         10000,         100000,         1000000,
        10000000,  100000000,  1000000000,  10000000000,  100000000000,  1000000000000,  10000000000000,
        100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
        10000000000000000000u};
    unsigned guess = (unsigned)(((64 - __builtin_clzll(v | 1)) * 1233) >> 12);
    return guess + (guess < 20 && v >= pow10[guess] ? 1 : 0);
}

/* Writes v as exactly n digits (n at least its length). */
static void put_digits(char *buf, uint64_t v, unsigned n)
{
    while (n >= 2) {
        n -= 2;
        memcpy(buf + n, pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (n)
        buf[0] = (char)('0' + v % 10);
}

size_t nx_number_u64(char *buf, uint64_t v)
{
    if (v < 10) {
        buf[0] = (char)('0' + v);
        return 1;
    }
    unsigned n = digits_of(v);
    put_digits(buf, v, n);
    return n;
}

size_t nx_number_i64(char *buf, int64_t v)
{
    if (v >= 0)
        return nx_number_u64(buf, (uint64_t)v);
    buf[0] = '-';
    return 1 + nx_number_u64(buf + 1, 0 - (uint64_t)v);
}

/* --- doubles: Raffaello Giulietti's Schubfach ("The Schubfach way to render doubles", 2020) --- */

struct decimal {
    uint64_t digits;
    int exponent; /* value = digits * 10^exponent */
};

struct pow10 {
    uint64_t hi, lo;
};

static const struct pow10 pow10_table[] = {
#include "json/pow10.inc"
};
enum { POW10_MIN = -292 };

__extension__ typedef unsigned __int128 u128;

/* floor(log2(10^e)) for the e that occur. */
static int log2_pow10(int e)
{
    return (e * 1741647) >> 19;
}

/* The high 64 bits of g * cp, with the last bit set if anything below is not zero ("round to odd"). */
static uint64_t round_to_odd(struct pow10 g, uint64_t cp)
{
    u128 x = (u128)g.lo * cp, y = (u128)g.hi * cp + (uint64_t)(x >> 64);
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* c * 2^q, with the neighbour below at half the distance if `closer`. */
static struct decimal shortest(uint64_t c, int q, bool closer)
{
    bool even = c % 2 == 0;
    uint64_t cbl = 4 * c - 2 + closer, cb = 4 * c, cbr = 4 * c + 2;
    int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22; /* floor(log10) of 2^q, or of 3/4 2^q */
    int h = q + log2_pow10(-k) + 1;
    struct pow10 g = pow10_table[-k - POW10_MIN];
    uint64_t vbl = round_to_odd(g, cbl << h), vb = round_to_odd(g, cb << h), vbr = round_to_odd(g, cbr << h);
    uint64_t lower = vbl + !even, upper = vbr - !even;
    uint64_t s = vb / 4;
    if (s >= 10) { /* one digit less, if exactly one such number is inside */
        uint64_t sp = s / 10;
        bool down = lower <= 40 * sp, up = 40 * sp + 40 <= upper;
        if (down != up)
            return (struct decimal){sp + up, k + 1};
    }
    bool down = lower <= 4 * s, up = 4 * s + 4 <= upper;
    if (down != up)
        return (struct decimal){s + up, k};
    uint64_t mid = 4 * s + 2;
    bool round_up = vb > mid || (vb == mid && (s & 1));
    return (struct decimal){s + round_up, k};
}

static struct decimal trim_zeros(struct decimal d)
{
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

static size_t put_exponent(char *buf, struct decimal d, unsigned n, int point)
{
    size_t len = 0;
    char all[20] = {0};
    put_digits(all, d.digits, n);
    buf[len++] = all[0];
    if (n > 1) {
        buf[len++] = '.';
        memcpy(buf + len, all + 1, n - 1);
        len += n - 1;
    }
    buf[len++] = 'e';
    int e = point - 1;
    buf[len++] = e < 0 ? '-' : '+';
    return len + nx_number_u64(buf + len, (uint64_t)(e < 0 ? -e : e));
}

/* Lays out a positive decimal without trailing zeros. */
static size_t put_decimal(char *buf, struct decimal d)
{
    unsigned n = digits_of(d.digits);
    int point = (int)n + d.exponent; /* digits before the decimal point */
    if (point > 16 || point <= -5)
        return put_exponent(buf, d, n, point);
    if (d.exponent >= 0) {
        put_digits(buf, d.digits, n);
        memset(buf + n, '0', (size_t)d.exponent);
        memcpy(buf + point, ".0", 2);
        return (size_t)point + 2;
    }
    if (point > 0) {
        put_digits(buf + 1, d.digits, n);
        memmove(buf, buf + 1, (size_t)point);
        buf[point] = '.';
        return n + 1u;
    }
    size_t zeros = (size_t)-point;
    memcpy(buf, "0.", 2);
    memset(buf + 2, '0', zeros);
    put_digits(buf + 2 + zeros, d.digits, n);
    return 2 + zeros + n;
}

size_t nx_number_double(char *buf, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    size_t sign = bits >> 63;
    if (sign)
        buf[0] = '-';
    uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    int exponent = (int)(bits >> 52 & 0x7ff);
    if (exponent == 0 && fraction == 0) {
        memcpy(buf + sign, "0.0", 3);
        return sign + 3;
    }
    uint64_t c = exponent ? fraction | (uint64_t)1 << 52 : fraction;
    int q = (exponent ? exponent : 1) - 1075;
    struct decimal dec;
    if (q <= 0 && q > -53 && (c & (((uint64_t)1 << -q) - 1)) == 0)
        dec = (struct decimal){c >> -q, 0}; /* a small integer is its own shortest form */
    else
        dec = shortest(c, q, fraction == 0 && exponent > 1);
    return sign + put_decimal(buf + sign, trim_zeros(dec));
}

/* --- durations --- */

/* d is near n / 10^scale; if it is the very double, its shortest form is that decimal: with up to 15 digits no two
 * decimals share a double. */
static size_t put_ratio(char *buf, double d, uint64_t n, double ten, int scale)
{
    if (n == 0 || n >= 1000000000000000u || d != (double)n / ten)
        return nx_number_double(buf, d);
    return put_decimal(buf, trim_zeros((struct decimal){n, -scale}));
}

static uint64_t total_nanos(uint64_t secs, uint32_t nanos)
{
    return secs < 1000000 ? secs * 1000000000u + nanos : UINT64_MAX;
}

size_t nx_number_secs(char *buf, uint64_t secs, uint32_t nanos)
{
    double d = (double)secs + (double)nanos / 1e9;
    return put_ratio(buf, d, total_nanos(secs, nanos), 1e9, 9);
}

size_t nx_number_millis(char *buf, uint64_t secs, uint32_t nanos)
{
    double d = ((double)secs + (double)nanos / 1e9) * 1000.0;
    return put_ratio(buf, d, total_nanos(secs, nanos), 1e6, 6);
}
