#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/url.h"

#include <stdlib.h>
#include <strings.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes [p, p+n) into `to`, which has room for n bytes and a NUL. The length, or -1. */
static long decode(const char *p, size_t n, char *to, bool plus)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (c == '%') {
            int hi = n - i > 2 ? hex(p[i + 1]) : -1, lo = n - i > 2 ? hex(p[i + 2]) : -1;
            if (hi < 0 || lo < 0) {
                return -1;
            }
            c = (char)(hi * 16 + lo);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (c == 0) {
            return -1;
        }
        to[k++] = c;
    }
    to[k] = 0;
    return (long)k;
}

int url_parse(const char *target, struct url *u)
{
    *u = (struct url){.query = ""};
    if (strncasecmp(target, "http://", 7) == 0) {
        target += 7;
        u->authority = (struct nx_slice){target, strcspn(target, "/?")};
        target += u->authority.n;
    }
    if (*target != '/') {
        return -1;
    }
    size_t n = strcspn(target, "?");
    if (target[n] == '?') {
        u->query = target + n + 1;
    }
    u->mem = malloc(n + 2);
    if (!u->mem) {
        return -1;
    }
    char *to = u->mem;
    for (size_t at = 1; at <= n;) {
        size_t len = strcspn(target + at, "/?");
        if (len > n - at) {
            len = n - at;
        }
        if (u->n >= URL_SEGMENTS) {
            u->n = URL_SEGMENTS + 1;
            return 0;
        }
        long k = decode(target + at, len, to, false);
        if (k < 0) {
            url_fini(u);
            return -1;
        }
        u->seg[u->n++] = (struct nx_slice){to, (size_t)k};
        to += k + 1;
        at += len + 1;
    }
    return 0;
}

void url_fini(struct url *u)
{
    free(u->mem);
    u->mem = NULL;
    u->n = 0;
}

static char *decoded(const char *p, size_t n)
{
    char *to = malloc(n + 1);
    if (to && decode(p, n, to, true) < 0) {
        free(to);
        to = NULL;
    }
    return to;
}

bool url_next_param(const char **at, char **name, char **value, bool *bad)
{
    while (**at == '&') {
        ++*at;
    }
    if (!**at) {
        return false;
    }
    size_t n = strcspn(*at, "&"), k = strcspn(*at, "=&");
    *name = decoded(*at, k);
    *value = k < n ? decoded(*at + k + 1, n - k - 1) : strdup("");
    *at += n;
    if (!*name || !*value) {
        free(*name);
        free(*value);
        *bad = true;
        return false;
    }
    return true;
}

void url_encode(struct nx_strbuf *out, struct nx_slice s)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c && strchr(plain, c)) {
            nx_strbuf_addc(out, (char)c);
        } else {
            char e[3] = {'%', digits[c >> 4], digits[c & 15]};
            nx_strbuf_add(out, e, 3);
        }
    }
}
