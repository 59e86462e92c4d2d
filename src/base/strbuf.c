#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nx_strbuf_init(struct nx_strbuf *b, size_t cap_max)
{
    *b = (struct nx_strbuf){.cap_max = cap_max};
}

void nx_strbuf_fini(struct nx_strbuf *b)
{
    free(b->p);
    *b = (struct nx_strbuf){.cap_max = b->cap_max};
}

void nx_strbuf_clear(struct nx_strbuf *b)
{
    b->n = 0;
    b->failed = false;
    if (b->p)
        b->p[0] = '\0';
}

/* Makes room for n more bytes and the NUL. */
static bool reserve(struct nx_strbuf *b, size_t n)
{
    if (b->failed)
        return false;
    size_t most = b->cap_max ? b->cap_max : SIZE_MAX / 2;
    if (b->n > most || n > most - b->n) {
        b->failed = true;
        return false;
    }
    size_t need = b->n + n + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap < 64 ? 64 : b->cap + b->cap / 2;
    if (cap < need)
        cap = need;
    char *p = realloc(b->p, cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void nx_strbuf_add(struct nx_strbuf *b, const void *p, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void nx_strbuf_adds(struct nx_strbuf *b, const char *z)
{
    nx_strbuf_add(b, z, strlen(z));
}

void nx_strbuf_addc(struct nx_strbuf *b, char c)
{
    nx_strbuf_add(b, &c, 1);
}

void nx_strbuf_addf(struct nx_strbuf *b, const char *fmt, ...)
{
    va_list ap, again;
    if (b->failed)
        return;
    va_start(ap, fmt);
    va_copy(again, ap);
    size_t room = b->cap - b->n;
    int n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, ap);
    if (n < 0) {
        b->failed = true;
    } else if (reserve(b, (size_t)n)) {
        if ((size_t)n >= room)
            vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    /* What a refused text left behind the end is cut off again. */
    if (b->failed && b->cap > b->n)
        b->p[b->n] = '\0';
    va_end(again);
    va_end(ap);
}

char *nx_strbuf_take(struct nx_strbuf *b, size_t *ret_n)
{
    char *p = NULL;
    size_t n = b->n;
    if (reserve(b, 0)) {
        p = b->p;
        p[n] = '\0';
        b->p = NULL;
        if (ret_n)
            *ret_n = n;
    }
    nx_strbuf_fini(b);
    return p;
}
