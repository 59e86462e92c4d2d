/*
 * A growing byte buffer, always followed by a NUL that is not counted.
 *
 * Embedded: nx_strbuf_init()/nx_strbuf_fini(). Growing can fail: the buffer then goes sticky
 * (`failed`), later appends do nothing, and the caller checks once, at the end.
 * `cap_max` bounds it (0: no bound); passing it sets `failed` too. Not for two threads at once.
 */
#ifndef NX_BASE_STRBUF_H
#define NX_BASE_STRBUF_H

#include "base/err.h"
#include "base/slice.h"

struct nx_strbuf {
    char *p;
    size_t n, cap, cap_max;
    bool failed;
};

void nx_strbuf_init(struct nx_strbuf *b, size_t cap_max);
void nx_strbuf_fini(struct nx_strbuf *b);
void nx_strbuf_clear(struct nx_strbuf *b); /* keeps the memory */
void nx_strbuf_add(struct nx_strbuf *b, const void *p, size_t n);
void nx_strbuf_adds(struct nx_strbuf *b, const char *z);
void nx_strbuf_addc(struct nx_strbuf *b, char c);
void nx_strbuf_addf(struct nx_strbuf *b, const char *fmt, ...) NX_PRINTF(2, 3);

/* Returns the memory, owned by the caller (free()), and empties the buffer; NULL when it failed. */
char *nx_strbuf_take(struct nx_strbuf *b, size_t *ret_n);

#endif
