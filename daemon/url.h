/*
 * Request targets: a path in segments, decoded once, and a query.
 *
 * A segment is a word to compare, never a piece of a file's path: "..", "." and an encoded slash are names
 * like any other, and name nothing that there is. No state; any thread.
 */
#ifndef NXD_URL_H
#define NXD_URL_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/strbuf.h"

enum { URL_SEGMENTS = 10 };

struct url {
    char *mem;                       /* owned: the segments lie in it */
    struct nx_slice seg[URL_SEGMENTS]; /* decoded, without slashes; NUL-terminated, and without NUL inside */
    size_t n;
    struct nx_slice authority;       /* of an absolute target (http://host:port/...), else empty */
    const char *query;               /* behind the first `?`, raw; "" for none; borrowed from the target */
};

/* `target` is borrowed while `u` lives. 0, or -1 for a bad escape, a NUL, or no path at all. A path of
 * more segments than any of ours has n == URL_SEGMENTS + 1 and is to be found nowhere. */
int url_parse(const char *target, struct url *u);
void url_fini(struct url *u);

/* The next `name=value` of a query, decoded, as owned strings; false at the end. Moves *at. *bad is set
 * when one cannot be decoded or there is no memory. */
bool url_next_param(const char **at, char **name, char **value, bool *bad);

/* Appends `s` with all but letters, digits and -._~ as %XX. */
void url_encode(struct nx_strbuf *out, struct nx_slice s);

#endif
