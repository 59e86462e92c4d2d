/*
 * Connections between requests: closes those whose client is gone, and, when there are too many, those idle
 * for longest.
 *
 * libmicrohttpd 0.9.75 waits for edges on its sockets: an end that comes together with bytes makes none of
 * its own, and it would only be found when the connection times out. So idle connections are looked at once a
 * second. Used on the loop's thread.
 */
#ifndef NXD_CONNS_H
#define NXD_CONNS_H

#include <microhttpd.h>
#include <stdbool.h>
#include <uv.h>

struct nxd;
struct conn;

struct conns {
    uv_timer_t timer;         /* active while there is a connection */
    struct conn *first, *last; /* idle for longest first; busy ones anywhere */
    unsigned n, limit;
    bool room; /* one was closed: libmicrohttpd accepts again, had it stopped, with its next run only */
};

void conns_init(struct nxd *d, unsigned limit);

/* libmicrohttpd's callback; cls is the struct nxd. */
void conns_on_notify(void *cls, struct MHD_Connection *c, void **ctx,
                     enum MHD_ConnectionNotificationCode what);

/* A request of that connection is being answered, or is so no more. */
void conns_busy(struct nxd *d, struct MHD_Connection *c, bool busy);

#endif
