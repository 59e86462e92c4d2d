/*
 * Rendered answers, kept as long as they are true: until the view changes, and at most a second, since
 * answers also tell whether a run's files are there, of which no event tells.
 *
 * An answer is one body with its libmicrohttpd responses, one for each allowed origin and one for none, made
 * when first asked for. A repeated question then costs a look into a table. Bounded in number and bytes. Used
 * on the loop's thread.
 */
#ifndef NXD_ANSWERS_H
#define NXD_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "io/encode.h"

struct MHD_Response;
struct nxd;
struct req;

enum { ANSWERS_BUCKETS = 256 };

struct answer;
struct ask;

struct answers {
    struct answer *buckets[ANSWERS_BUCKETS];
    struct ask *asking; /* on the pool now */
    size_t n, bytes;
    uint64_t generation; /* counts the changes of the view */
};

/* What an answer says of itself. The strings are static, or copied. */
struct answer_meta {
    const char *type;       /* Content-Type */
    const char *cache;      /* Cache-Control */
    const char *csp;        /* Content-Security-Policy, or NULL */
    enum nx_encoding enc;   /* how the body is encoded */
    bool encodable;         /* it could be, so it varies with Accept-Encoding */
    unsigned status;
};

void answers_fini(struct nxd *d);

/* The view changed: nothing kept is true any more. */
void answers_clear(struct nxd *d);

/* The kept answer to `target` in that encoding, or NULL. Borrowed until the loop's next turn. */
struct answer *answers_find(struct nxd *d, const char *target, enum nx_encoding enc);

/* Makes an answer of a body (whose memory is taken): one reference, for answer_release(). NULL: no memory.
 * `target` is copied. */
struct answer *answer_new(struct nxd *d, const char *target, const struct answer_meta *meta,
                          struct nx_strbuf *body);
void answer_release(struct answer *a); /* takes NULL */
/* Keeps it (takes a reference of its own). */
void answers_keep(struct nxd *d, struct answer *a, enum nx_encoding enc, uint64_t keep_ms);

/* Replies with it: 200, or 304 where the client has it. */
void answer_reply(struct req *r, struct answer *a);

#endif
