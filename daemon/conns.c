#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/conns.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/daemon.h"

#define MAGIC 0x6e78434eu /* nxCN */

enum { LOOK_MS = 1000 };

struct conn {
    uint32_t magic;
    bool busy, told; /* told: it was shut down, libmicrohttpd will close it */
    int fd;          /* libmicrohttpd's; open for as long as this lives */
    uint64_t since;  /* the loop's milliseconds when it became idle */
    struct conn *prev, *next;
};

static void take_out(struct conns *l, struct conn *c)
{
    *(c->prev ? &c->prev->next : &l->first) = c->next;
    *(c->next ? &c->next->prev : &l->last) = c->prev;
}

static void put_last(struct conns *l, struct conn *c)
{
    c->prev = l->last;
    c->next = NULL;
    *(l->last ? &l->last->next : &l->first) = c;
    l->last = c;
}

/* The hang-up that libmicrohttpd then sees makes it close the connection. */
static void hang_up(struct conn *c)
{
    c->told = true;
    (void)shutdown(c->fd, SHUT_RDWR);
}

static bool is_gone(const struct conn *c)
{
    char byte;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void on_look(uv_timer_t *t)
{
    struct nxd *d = t->data;
    struct conns *l = &d->http.conns;
    uint64_t now = uv_now(&d->loop);
    /* Well below the limit at once, since those who wait to be accepted are as many as they like. */
    unsigned spare = l->n >= l->limit - l->limit / 8 ? l->n - l->limit / 2 : 0;
    for (struct conn *c = l->first; c; c = c->next) {
        if (c->busy || c->told || now - c->since < LOOK_MS / 2) {
            continue;
        }
        if (spare > 0 || is_gone(c)) {
            spare -= spare > 0;
            hang_up(c);
        }
    }
}

void conns_init(struct nxd *d, unsigned limit)
{
    struct conns *l = &d->http.conns;
    l->limit = limit;
    uv_timer_init(&d->loop, &l->timer);
    l->timer.data = d;
}

static void opened(struct nxd *d, struct MHD_Connection *mc, void **ctx)
{
    struct conns *l = &d->http.conns;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct conn *c = info ? calloc(1, sizeof *c) : NULL;
    *ctx = c;
    if (!c) {
        return; /* then only the time-out ends it */
    }
    c->magic = MAGIC;
    c->fd = info->connect_fd;
    c->since = uv_now(&d->loop);
    put_last(l, c);
    if (l->n++ == 0) {
        uv_timer_start(&l->timer, on_look, LOOK_MS, LOOK_MS);
    }
}

void conns_on_notify(void *cls, struct MHD_Connection *mc, void **ctx,
                     enum MHD_ConnectionNotificationCode what)
{
    struct nxd *d = cls;
    struct conns *l = &d->http.conns;
    struct conn *c = *ctx;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        opened(d, mc, ctx);
    } else if (c) {
        assert(c->magic == MAGIC);
        take_out(l, c);
        c->magic = 0;
        free(c);
        *ctx = NULL;
        l->room = true;
        if (--l->n == 0) {
            uv_timer_stop(&l->timer);
        }
    }
}

void conns_busy(struct nxd *d, struct MHD_Connection *mc, bool busy)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct conn *c = info ? info->socket_context : NULL;
    if (c) {
        assert(c->magic == MAGIC);
        c->busy = busy;
        c->since = uv_now(&d->loop);
        if (!busy && d->http.conns.last != c) {
            take_out(&d->http.conns, c);
            put_last(&d->http.conns, c);
        }
    }
}
