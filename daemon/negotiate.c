#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/negotiate.h"

#include <string.h>
#include <strings.h>

static const char *skip_blank(const char *p)
{
    return p + strspn(p, " \t");
}

/* A weight in thousandths: "0", "0.5", "1", "1.000". -1 for nonsense. */
static int weight(const char *p, size_t n)
{
    if (n == 0 || n > 5 || (p[0] != '0' && p[0] != '1') || (n > 1 && p[1] != '.')) {
        return -1;
    }
    int v = (p[0] - '0') * 1000, unit = 100;
    for (size_t i = 2; i < n; i++, unit /= 10) {
        if (p[i] < '0' || p[i] > '9') {
            return -1;
        }
        v += (p[i] - '0') * unit;
    }
    return v <= 1000 ? v : -1;
}

/* The weight among the parameters [p, end) of one coding; 1000 when there is none, -1 for nonsense. */
static int weight_of(const char *p, const char *end)
{
    while (p < end && *p == ';') {
        p = skip_blank(p + 1);
        size_t n = strcspn(p, ";,");
        while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t')) {
            n--;
        }
        if (n >= 2 && (p[0] | 0x20) == 'q' && p[1] == '=') {
            return weight(p + 2, n - 2);
        }
        p += strcspn(p, ";,");
    }
    return 1000;
}

static bool is(const char *p, size_t n, const char *word)
{
    return n == strlen(word) && strncasecmp(p, word, n) == 0;
}

enum nx_encoding negotiate_encoding(const char *accept_encoding)
{
    int q[NX_ENC_COUNT] = {-1, -1, -1}, any = -1;
    if (!accept_encoding) {
        return NX_ENC_IDENTITY;
    }
    for (const char *p = accept_encoding; *p;) {
        p = skip_blank(p);
        size_t all = strcspn(p, ","), n = strcspn(p, ",; \t");
        const char *params = skip_blank(p + n);
        int w = weight_of(params, p + all);
        if (w >= 0) {
            if (is(p, n, "*")) {
                any = w;
            } else if (is(p, n, "gzip") || is(p, n, "x-gzip")) {
                q[NX_ENC_GZIP] = w;
            } else if (is(p, n, "zstd")) {
                q[NX_ENC_ZSTD] = w;
            } else if (is(p, n, "identity")) {
                q[NX_ENC_IDENTITY] = w;
            }
        }
        p += all;
        p += *p == ',';
    }
    static const enum nx_encoding order[] = {NX_ENC_ZSTD, NX_ENC_GZIP, NX_ENC_IDENTITY};
    enum nx_encoding best = NX_ENC_IDENTITY;
    int best_q = 0;
    for (size_t i = 0; i < 3; i++) {
        int w = q[order[i]] >= 0 ? q[order[i]] : order[i] == NX_ENC_IDENTITY ? (any == 0 ? 0 : 1) : any;
        if (w > best_q) {
            best_q = w;
            best = order[i];
        }
    }
    return best;
}

bool negotiate_match(const char *if_none_match, const char *etag)
{
    if (!if_none_match || !etag) {
        return false;
    }
    const char *p = skip_blank(if_none_match);
    if (*p == '*') {
        return *skip_blank(p + 1) == 0;
    }
    while (*p) {
        if (strncmp(p, "W/", 2) == 0) {
            p += 2;
        }
        if (*p != '"') {
            return false;
        }
        size_t n = strcspn(p + 1, "\"") + 2;
        if (n == strlen(etag) && memcmp(p, etag, n) == 0) {
            return true;
        }
        if (strlen(p) < n) {
            return false;
        }
        p = skip_blank(p + n);
        if (*p == ',') {
            p = skip_blank(p + 1);
        }
    }
    return false;
}

/* Digits at *p, at least one; too large a number is the largest. */
static bool digits(const char **p, uint64_t *ret)
{
    uint64_t v = 0;
    const char *s = *p;
    while (**p >= '0' && **p <= '9') {
        uint64_t d = (uint64_t)(**p - '0');
        v = v > (UINT64_MAX - d) / 10 ? UINT64_MAX : v * 10 + d;
        ++*p;
    }
    *ret = v;
    return *p > s;
}

enum range negotiate_range(const char *range, uint64_t size, uint64_t *first, uint64_t *last)
{
    if (!range || strncasecmp(range, "bytes=", 6) != 0) {
        return RANGE_WHOLE;
    }
    const char *p = skip_blank(range + 6);
    uint64_t a = 0, b = UINT64_MAX;
    bool has_a = digits(&p, &a);
    if (*p++ != '-') {
        return RANGE_WHOLE;
    }
    bool has_b = digits(&p, &b);
    if (!has_b) {
        b = UINT64_MAX;
    }
    if ((!has_a && !has_b) || *skip_blank(p) || (has_a && b < a)) {
        return RANGE_WHOLE;
    }
    if (!has_a) { /* the last b bytes */
        if (b == 0 || size == 0) {
            return RANGE_NOWHERE;
        }
        a = b < size ? size - b : 0;
        b = size - 1;
    }
    if (a >= size) {
        return RANGE_NOWHERE;
    }
    *first = a;
    *last = b < size ? b : size - 1;
    return RANGE_PART;
}

bool negotiate_if_range(const char *if_range, const char *etag)
{
    return !if_range || (etag && strcmp(if_range, etag) == 0);
}
