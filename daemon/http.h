/*
 * libmicrohttpd inside the libuv loop.
 *
 * http_pump() is the one caller of MHD_run(). It must not be called from inside a callback of libmicrohttpd;
 * whoever resumes a connection pumps afterwards, because nothing else wakes libmicrohttpd (its wake-up
 * channel is dropped in this mode).
 */
#ifndef NXD_HTTP_H
#define NXD_HTTP_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "daemon/conns.h"

struct MHD_Daemon;
struct nxd;

struct http {
    struct MHD_Daemon *mhd;
    uv_poll_t poll;   /* libmicrohttpd's epoll descriptor */
    uv_timer_t timer; /* its next timeout */
    struct conns conns;
    unsigned
        active; /* requests between their last byte and that of their answer; others hold no shutdown up */
    bool pumping;
};

/* Takes listen_fd, also on failure. */
NX_MUST_USE int http_start(struct nxd *d, int listen_fd, struct nx_err *err);
void http_pump(struct nxd *d);

/* No new connections from now on. */
void http_quiesce(struct nxd *d);
/* No request may be active. Closes every connection. */
void http_stop(struct nxd *d);

#endif
