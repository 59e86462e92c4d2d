/*
 * What happened to runs, as server-sent events: a ring of the newest ones, and those who listen.
 *
 * Every event has an id, `<life>-<number>`, to go on from. Only the newest FEED_KEPT are kept; who asks for
 * an older one, or for one of another life of the daemon, gets the event `reset` and has to list anew. A
 * listener is a position in the ring and no more: one that does not read costs its connection, and that is
 * closed when the ring has gone past it. Used on the loop's thread.
 */
#ifndef NXD_FEED_H
#define NXD_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/strbuf.h"

struct nxd;
struct listener;

enum { FEED_KEPT = 1024 };

struct feed {
    uint64_t life; /* tells this daemon's ids from another's */
    uint64_t next; /* the number of the next event; from 1 */
    struct {
        char *text;
        size_t n;
    } ring[FEED_KEPT];
    struct listener *first;
    uv_timer_t heartbeat; /* only while somebody listens */
    uint64_t beat;
    bool ending;
};

void feed_init(struct nxd *d);
/* Appends an event; `data` is one line of JSON. Nobody is told before feed_wake(). */
void feed_push(struct nxd *d, const char *name, const struct nx_strbuf *data);
/* Sends what is new. Not from inside a callback of libmicrohttpd. */
void feed_wake(struct nxd *d);
/* Every stream ends, also of those who do not read. Not from inside a callback of libmicrohttpd. */
void feed_end(struct nxd *d);
void feed_fini(struct nxd *d);

#endif
