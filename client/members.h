/*
 * Reads a document of src/api: the members of an object that are wanted, by a table; what else is there is
 * passed over.
 *
 * Strings point into the document, or, where it escapes characters, into the scanner's arena.
 */
#ifndef CLIENT_MEMBERS_H
#define CLIENT_MEMBERS_H

#include "base/err.h"
#include "base/strbuf.h"
#include "json/scan.h"

enum member_kind {
    M_STR,    /* struct nx_slice; null is {NULL, 0} */
    M_U64,    /* uint64_t; null is 0 */
    M_DOUBLE, /* double; null is -1 */
    M_BOOL,   /* bool */
    M_OBJ,    /* an object, whose members `in` are read; null leaves them alone */
    M_LIST,   /* each(scan, to) is called at every element, and must read it */
};

struct member {
    const char *key;
    enum member_kind kind;
    void *to;
    const struct member *in; /* M_OBJ */
    size_t in_n;
    bool (*each)(struct nx_scan *s, void *to); /* M_LIST; false: the scan failed */
};

#define MEMBERS(v) (v), sizeof(v) / sizeof((v)[0])

/* Reads the object at the scanner's place. False when the scan failed. */
bool members_read(struct nx_scan *s, const struct member *m, size_t n);

/* Reads a whole document, which gets some bytes behind its end for the scanner. NX_EINTERNAL where it is not
 * as described. */
NX_MUST_USE int members_of(struct nx_strbuf *doc, struct nx_arena *arena, const struct member *m, size_t n,
                           struct nx_err *err);

/* One more element of `size` bytes in a growing array; NULL without memory (the scan has failed then). */
void *members_grow(struct nx_scan *s, void **v, size_t *n, size_t size);

#endif
