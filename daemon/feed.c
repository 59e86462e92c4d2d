#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/feed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "daemon/daemon.h"
#include "daemon/handlers.h"
#include "daemon/reply.h"

enum {
    HEARTBEAT_MS = 15000,
    BLOCK = 4096,
    /* The kernel's, for each listener; without a bound it lets one that never reads have megabytes. */
    SEND_BUFFER = 16 * 1024,
    RETRY_MS = 1000,
    OWN = 96,
};

#define MAGIC 0x6e784c53u /* nxLS */

/* One stream. Made with its response, and freed with it. */
struct listener {
    uint32_t magic;
    struct nxd *d;
    struct MHD_Connection *conn;
    int fd; /* libmicrohttpd's */
    struct listener *prev, *next;
    uint64_t at;   /* the number of the event to send next ... */
    size_t off;    /* ... and how much of it was sent */
    char own[OWN]; /* goes before that: what this listener alone is told */
    size_t own_n, own_off;
    uint64_t beat;
    bool suspended, hung_up;
};

static uint64_t oldest(const struct feed *f)
{
    return f->next > FEED_KEPT ? f->next - FEED_KEPT : 1;
}

static void say_own(struct listener *l, const char *text)
{
    l->own_n = (size_t)snprintf(l->own, sizeof l->own, "%s", text);
    assert(l->own_n < sizeof l->own);
    l->own_off = 0;
}

/* Goes on at the present. */
static void reset(struct listener *l)
{
    char text[OWN];
    const struct feed *f = &l->d->feed;
    snprintf(text, sizeof text, "id: %" PRIx64 "-%" PRIu64 "\nevent: reset\ndata: {}\n\n", f->life,
             f->next - 1);
    say_own(l, text);
    l->at = f->next;
    l->off = 0;
}

/* The next piece of what the listener has not been told yet; n == 0: there is none. */
static struct nx_slice piece(struct listener *l)
{
    const struct feed *f = &l->d->feed;
    if (l->own_off == l->own_n && l->off == 0) {
        if (l->at < oldest(f)) {
            reset(l);
        } else if (l->at == f->next && l->beat != f->beat) {
            say_own(l, ":\n\n");
        }
        l->beat = f->beat;
    }
    if (l->own_off < l->own_n) {
        return (struct nx_slice){l->own + l->own_off, l->own_n - l->own_off};
    }
    if (l->at == f->next) {
        return (struct nx_slice){NULL, 0};
    }
    size_t i = l->at % FEED_KEPT;
    return (struct nx_slice){f->ring[i].text + l->off, f->ring[i].n - l->off};
}

static void took(struct listener *l, size_t n)
{
    if (l->own_off < l->own_n) {
        l->own_off += n;
        return;
    }
    l->off += n;
    if (l->off == l->d->feed.ring[l->at % FEED_KEPT].n) {
        l->at++;
        l->off = 0;
    }
}

static ssize_t on_read(void *cls, uint64_t pos, char *buf, size_t max)
{
    struct listener *l = cls;
    assert(l->magic == MAGIC);
    (void)pos;
    size_t n = 0;
    if (l->d->feed.ending) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (l->off > 0 && l->at < oldest(&l->d->feed)) {
        return MHD_CONTENT_READER_END_WITH_ERROR; /* the rest of what it has a part of is gone */
    }
    while (n < max) {
        struct nx_slice s = piece(l);
        if (s.n == 0) {
            break;
        }
        size_t part = s.n < max - n ? s.n : max - n;
        memcpy(buf + n, s.p, part);
        took(l, part);
        n += part;
    }
    if (n == 0) {
        l->suspended = true;
        MHD_suspend_connection(l->conn);
    }
    return (ssize_t)n;
}

static void on_freed(void *cls)
{
    struct listener *l = cls;
    struct feed *f = &l->d->feed;
    assert(l->magic == MAGIC);
    *(l->prev ? &l->prev->next : &f->first) = l->next;
    if (l->next) {
        l->next->prev = l->prev;
    }
    if (!f->first) {
        uv_timer_stop(&f->heartbeat);
    }
    l->magic = 0;
    free(l);
}

static void on_heartbeat(uv_timer_t *t)
{
    struct nxd *d = t->data;
    d->feed.beat++;
    feed_wake(d);
}

void feed_init(struct nxd *d)
{
    struct feed *f = &d->feed;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    f->life = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    f->next = 1;
    uv_timer_init(&d->loop, &f->heartbeat);
    f->heartbeat.data = d;
}

void feed_push(struct nxd *d, const char *name, const struct nx_strbuf *data)
{
    struct feed *f = &d->feed;
    struct nx_strbuf text;
    nx_strbuf_init(&text, 0);
    nx_strbuf_addf(&text, "id: %" PRIx64 "-%" PRIu64 "\nevent: %s\ndata: ", f->life, f->next, name);
    nx_strbuf_add(&text, data->p, data->n);
    nx_strbuf_adds(&text, "\n\n");
    size_t n = 0, i = f->next % FEED_KEPT;
    char *p = data->failed ? NULL : nx_strbuf_take(&text, &n);
    nx_strbuf_fini(&text);
    if (!p) {
        return; /* no memory: nobody is told of this one */
    }
    free(f->ring[i].text);
    f->ring[i].text = p;
    f->ring[i].n = n;
    f->next++;
}

static void hang_up(struct listener *l)
{
    if (!l->hung_up) {
        l->hung_up = true;
        (void)shutdown(l->fd, SHUT_RDWR);
    }
}

static void resume(struct listener *l)
{
    if (l->suspended) {
        l->suspended = false;
        MHD_resume_connection(l->conn);
    }
}

void feed_wake(struct nxd *d)
{
    struct feed *f = &d->feed;
    if (!f->first) {
        return;
    }
    for (struct listener *l = f->first; l; l = l->next) {
        if (l->suspended) {
            resume(l);
        } else if (l->at < oldest(f)) {
            hang_up(l); /* it still has not taken what it was sent long ago */
        }
    }
    http_pump(d);
}

void feed_end(struct nxd *d)
{
    struct feed *f = &d->feed;
    f->ending = true;
    for (struct listener *l = f->first; l; l = l->next) {
        resume(l);
    }
    if (f->first) {
        http_pump(d);
    }
    for (struct listener *l = f->first; l; l = l->next) {
        hang_up(l);
    }
    if (f->first) {
        http_pump(d);
    }
}

void feed_fini(struct nxd *d)
{
    struct feed *f = &d->feed;
    assert(!f->first);
    for (size_t i = 0; i < FEED_KEPT; i++) {
        free(f->ring[i].text);
    }
}

/* --- GET /api/v1/events --- */

/* "" or NULL: from now on. */
static void start_at(struct listener *l, const char *id)
{
    const struct feed *f = &l->d->feed;
    uint64_t life = 0, number = 0;
    char text[OWN], end = 0;
    l->at = f->next;
    if (id && id[0]) {
        if (sscanf(id, "%16" SCNx64 "-%19" SCNu64 "%c", &life, &number, &end) != 2 || life != f->life ||
            number >= f->next || number + 1 < oldest(f)) {
            reset(l);
            return;
        }
        l->at = number + 1;
    }
    /* An id without data is no event: it only says from where to go on when the connection breaks before the
     * first one. */
    snprintf(text, sizeof text, "retry: %d\nid: %" PRIx64 "-%" PRIu64 "\n\n", (int)RETRY_MS, f->life,
             l->at - 1);
    say_own(l, text);
}

static int read_after(struct req *r, char **ret, struct nx_err *err)
{
    const char *at = r->url.query;
    char *name, *value;
    bool bad = false;
    int rc = 0;
    while (rc == 0 && url_next_param(&at, &name, &value, &bad)) {
        if (strcmp(name, "after") != 0 || *ret) {
            rc = nx_fail(err, NX_EUSAGE, NULL, *ret ? "`after` twice" : "no such parameter: `%.60s`", name);
            nx_err_hint(err, "`after` alone is known here: the id of an event");
            free(value);
        } else {
            *ret = value;
        }
        free(name);
    }
    return rc < 0 || !bad ? rc : nx_fail(err, NX_EUSAGE, NULL, "not an address that can be read");
}

static struct MHD_Response *make_stream(struct req *r, const char *after)
{
    struct feed *f = &r->d->feed;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->conn,
                                                                   MHD_CONNECTION_INFO_CONNECTION_FD);
    struct listener *l = info ? calloc(1, sizeof *l) : NULL;
    if (!l) {
        return NULL;
    }
    *l = (struct listener){.magic = MAGIC, .d = r->d, .conn = r->conn, .fd = info->connect_fd,
                           .beat = f->beat};
    start_at(l, after ? after : r->last_event_id);
    struct MHD_Response *resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read, l,
                                                                  on_freed);
    if (!resp) {
        free(l);
        return NULL;
    }
    int size = SEND_BUFFER;
    (void)setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (!f->first) {
        uv_timer_start(&f->heartbeat, on_heartbeat, HEARTBEAT_MS, HEARTBEAT_MS);
    } else {
        f->first->prev = l;
    }
    l->next = f->first;
    f->first = l;
    return resp;
}

void events_get(struct req *r, const struct match *m)
{
    struct nx_err err;
    char *after = NULL;
    (void)m;
    if (read_after(r, &after, &err) < 0) {
        req_error(r, &err);
    } else {
        struct MHD_Response *resp = make_stream(r, after);
        if (resp) {
            reply_header(resp, "Content-Type", "text/event-stream");
            reply_header(resp, "Cache-Control", "no-store");
            reply_header(resp, "X-Accel-Buffering", "no"); /* a proxy must not hold it back */
            reply_common(resp, reply_origin(r), false);
        }
        req_reply(r, MHD_HTTP_OK, resp);
    }
    free(after);
}
