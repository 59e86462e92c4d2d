#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/utf8.h"

#include <stdbool.h>

size_t nx_utf8_char(const char *p, size_t n, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = (unsigned char)p[0];
    size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (len == 0 || len > n)
        return 0;
    uint32_t v = len == 1 ? c : c & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | ((unsigned char)p[i] & 0x3f);
    }
    if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 0;
    *ret = v;
    return len;
}

size_t nx_utf8_whole(const char *p, size_t n)
{
    size_t back = 0;
    while (back < n && back < 3 && ((unsigned char)p[n - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back == n)
        return n;
    unsigned char lead = (unsigned char)p[n - 1 - back];
    size_t want = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return want > back + 1 ? n - 1 - back : n;
}

static bool is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

size_t nx_utf8_space(const char *p, size_t n)
{
    uint32_t c = 0;
    size_t len = n > 0 ? nx_utf8_char(p, n, &c) : 0;
    return len > 0 && is_space(c) ? len : 0;
}

size_t nx_utf8_space_before(const char *p, size_t n)
{
    /* None is longer than three bytes. */
    for (size_t len = 1; len <= 3 && len <= n; len++)
        if (nx_utf8_space(p + n - len, len) == len)
            return len;
    return 0;
}
