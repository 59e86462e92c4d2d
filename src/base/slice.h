/*
 * A slice of bytes that somebody else owns: a pointer and a length, no terminator.
 * A value; comparing and hashing go by content.
 */
#ifndef NX_BASE_SLICE_H
#define NX_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct nx_slice {
    const char *p;
    size_t n;
};

#define NX_LIT(s) ((struct nx_slice){(s), sizeof(s) - 1})

static inline struct nx_slice nx_slice_of(const char *z)
{
    return (struct nx_slice){z, z ? strlen(z) : 0};
}

static inline bool nx_slice_eq(struct nx_slice a, struct nx_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool nx_slice_is(struct nx_slice a, const char *z)
{
    return nx_slice_eq(a, nx_slice_of(z));
}

#endif
