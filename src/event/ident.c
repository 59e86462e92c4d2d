#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "event/ident.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool plain_ident(struct nx_slice s)
{
    if (s.n == 0 || !is_letter(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++) {
        char c = s.p[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-')
            return false;
    }
    return true;
}

bool nx_ident_valid(struct nx_slice name)
{
    if (name.n < 6 || memcmp(name.p, "@tool:", 6) != 0)
        return plain_ident(name);
    const char *rest = name.p + 6, *end = name.p + name.n;
    const char *colon = memchr(rest, ':', (size_t)(end - rest));
    return colon && plain_ident((struct nx_slice){rest, (size_t)(colon - rest)}) &&
           plain_ident((struct nx_slice){colon + 1, (size_t)(end - colon - 1)});
}

bool nx_output_name_valid(struct nx_slice name)
{
    if (name.n < 16)
        return false;
    for (size_t i = 0; i < 16; i++) {
        char c = name.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    struct nx_slice rest = {name.p + 16, name.n - 16};
    return nx_slice_eq(rest, NX_LIT("-stdout")) || nx_slice_eq(rest, NX_LIT("-stderr")) ||
           nx_slice_eq(rest, NX_LIT("-combined"));
}

static char hex_lower(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return c;
    return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : '\0';
}

static bool dash_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool nx_uuid_parse(struct nx_slice text, char ret[37])
{
    if (text.n == 45 && memcmp(text.p, "urn:uuid:", 9) == 0)
        text = (struct nx_slice){text.p + 9, 36};
    else if (text.n == 38 && text.p[0] == '{' && text.p[37] == '}')
        text = (struct nx_slice){text.p + 1, 36};
    if (text.n != 36 && text.n != 32)
        return false;
    char out[37];
    size_t from = 0;
    for (size_t i = 0; i < 36; i++) {
        if (dash_at(i)) {
            if (text.n == 36 && text.p[from++] != '-')
                return false;
            out[i] = '-';
        } else if ((out[i] = hex_lower(text.p[from++])) == '\0') {
            return false;
        }
    }
    out[36] = '\0';
    memcpy(ret, out, sizeof out);
    return true;
}
