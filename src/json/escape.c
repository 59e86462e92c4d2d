#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "json/escape.h"

#include "json/scan.h"

#define SIX6(n) [n] = 6, [n + 1] = 6, [n + 2] = 6, [n + 3] = 6, [n + 4] = 6, [n + 5] = 6
const unsigned char nx_escape_len[256] = {
    SIX6(0), [6] = 6, [7] = 6, ['\b'] = 2, ['\t'] = 2, ['\n'] = 2, [0x0b] = 6, ['\f'] = 2, ['\r'] = 2,
    SIX6(0x0e), SIX6(0x14), SIX6(0x1a), ['"'] = 2, ['\\'] = 2,
};

size_t nx_escape_put(char *buf, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[128] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                     ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    buf[0] = '\\';
    if (nx_escape_len[c] == 2) {
        buf[1] = shorts[c];
        return 2;
    }
    memcpy(buf + 1, "u00", 3);
    buf[4] = hex[c >> 4];
    buf[5] = hex[c & 15];
    return 6;
}

/* How many bytes at p, none of them escaped, are valid UTF-8; 0 if the first is not. */
static size_t good_run(const char *p, size_t n)
{
    size_t i = 0;
    while (i < n && nx_escape_len[(unsigned char)p[i]] == 0) {
        unsigned char c = (unsigned char)p[i];
        size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if (len > 1 && (len > n - i || !nx_utf8_valid(p + i, len)))
            break;
        i += len;
    }
    return i;
}

void nx_escape_str(struct nx_strbuf *out, struct nx_slice s)
{
    nx_strbuf_addc(out, '"');
    while (s.n > 0) {
        size_t run = good_run(s.p, s.n);
        nx_strbuf_add(out, s.p, run);
        s.p += run;
        s.n -= run;
        if (s.n == 0)
            break;
        if (nx_escape_len[(unsigned char)*s.p]) {
            char esc[6];
            nx_strbuf_add(out, esc, nx_escape_put(esc, (unsigned char)*s.p));
            s.p++;
            s.n--;
            continue;
        }
        /* One replacement for the bad byte and the continuation bytes behind it. */
        do {
            s.p++;
            s.n--;
        } while (s.n > 0 && ((unsigned char)*s.p & 0xc0) == 0x80);
        nx_strbuf_adds(out, "\xef\xbf\xbd");
    }
    nx_strbuf_addc(out, '"');
}
