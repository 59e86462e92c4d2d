#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/perfetto.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A name or address, [..] around one of IPv6. Returns its length, 0 for none. */
static size_t host(const char *s)
{
    size_t n = 0;
    if (*s == '[') {
        n = 1 + strspn(s + 1, "0123456789abcdefABCDEF:.");
        return n > 1 && s[n] == ']' ? n + 1 : 0;
    }
    while (is_letter(s[n]) || is_digit(s[n]) || s[n] == '-' || (s[n] == '.' && n > 0)) {
        n++;
    }
    return n;
}

/* `:port` at s: its length, 0 for none, SIZE_MAX for nonsense. */
static size_t port(const char *s, unsigned long *ret)
{
    if (*s != ':') {
        return 0;
    }
    size_t n = strspn(s + 1, "0123456789");
    *ret = n >= 1 && n <= 5 ? strtoul(s + 1, NULL, 10) : 0;
    return *ret >= 1 && *ret <= 65535 ? n + 1 : SIZE_MAX;
}

bool perfetto_parse(const char *text, char **ret_url, char **ret_origin)
{
    bool tls = strncasecmp(text, "https://", 8) == 0;
    size_t scheme = tls ? 8 : 7, whole = strlen(text);
    unsigned long number = 0;
    if (!tls && strncasecmp(text, "http://", 7) != 0) {
        return false;
    }
    size_t name_n = host(text + scheme), port_n = port(text + scheme + name_n, &number);
    if (name_n == 0 || port_n == SIZE_MAX) {
        return false;
    }
    const char *path = text + scheme + name_n + port_n;
    if ((*path && *path != '/') || strpbrk(path, "?#\\\"<>` \t\r\n")) {
        return false;
    }
    while (text[whole - 1] == '/') {
        whole--;
    }
    if (number == (tls ? 443 : 80)) {
        port_n = 0; /* a browser does not say it */
    }
    char *url = strndup(text, whole), *origin = strndup(text, scheme + name_n + port_n);
    if (!url || !origin) {
        free(url);
        free(origin);
        return false;
    }
    for (char *p = origin; *p; p++) {
        *p = is_letter(*p) ? (char)(*p | 0x20) : *p;
    }
    *ret_url = url;
    *ret_origin = origin;
    return true;
}
