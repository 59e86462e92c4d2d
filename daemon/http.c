#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/http.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/req.h"

enum {
    IDLE_SECONDS = 60,        /* a connection on which nothing moves is closed */
    CONNECTIONS_MAX = 10000,
    CONNECTION_MEMORY = 32 * 1024,
    BACKLOG = 511,
    ROUNDS = 4,               /* runs in a row before other handles of the loop get their turn */
};

static void on_mhd_log(void *cls, const char *fmt, va_list ap) NX_PRINTF(2, 0);

static void on_mhd_log(void *cls, const char *fmt, va_list ap)
{
    (void)cls;
    log_vsay(LOG_LEVEL_DEBUG, fmt, ap);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
    (void)status;
    (void)events;
    http_pump(p->data);
}

static void on_timer(uv_timer_t *t)
{
    http_pump(t->data);
}

/* Two descriptors a connection (the socket, and the file that is sent), and some for ourselves. */
static unsigned connection_limit(void)
{
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) < 0) {
        return 256;
    }
    rlim_t want = 2 * CONNECTIONS_MAX + 128;
    if (lim.rlim_cur != RLIM_INFINITY && lim.rlim_cur < want) {
        rlim_t had = lim.rlim_cur;
        lim.rlim_cur = lim.rlim_max == RLIM_INFINITY || lim.rlim_max > want ? want : lim.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &lim) < 0) {
            lim.rlim_cur = had;
        }
    }
    if (lim.rlim_cur == RLIM_INFINITY || lim.rlim_cur >= want) {
        return CONNECTIONS_MAX;
    }
    if (lim.rlim_cur > 256) {
        return (unsigned)(lim.rlim_cur - 128) / 2;
    }
    return lim.rlim_cur > 48 ? (unsigned)(lim.rlim_cur - 32) / 3 : 4;
}

int http_start(struct nxd *d, int listen_fd, struct nx_err *err)
{
    struct http *h = &d->http;
    conns_init(d, connection_limit());
    /* The logger comes first, so that it gets the complaints about the rest. SIGPIPE_HANDLED_BY_APP (main()
     * ignores the signal): without it files are read 4 KiB at a time instead of going out by sendfile. */
    h->mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, req_on_access, d,
        MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_CONNECTION_LIMIT, h->conns.limit,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_URI_LOG_CALLBACK, req_on_line, d,
        MHD_OPTION_NOTIFY_COMPLETED, req_on_completed, d,
        MHD_OPTION_NOTIFY_CONNECTION, conns_on_notify, d,
        MHD_OPTION_END);
    if (!h->mhd) {
        int sys = errno;
        close(listen_fd);
        return nx_fail_sys(err, NX_EIO, sys, d->base, "cannot start the HTTP server");
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    int r = info ? uv_poll_init(&d->loop, &h->poll, info->epoll_fd) : UV_EINVAL;
    if (r < 0) {
        MHD_stop_daemon(h->mhd);
        h->mhd = NULL;
        return nx_fail(err, NX_EIO, d->base, "cannot start the HTTP server: %s", uv_strerror(r));
    }
    h->poll.data = d;
    uv_timer_init(&d->loop, &h->timer);
    h->timer.data = d;
    uv_poll_start(&h->poll, UV_READABLE, on_poll);
    http_pump(d);
    return 0;
}

/* The timer may ring early, never late: most calls find it set already and leave it. */
static void arm(struct http *h, uint64_t ms)
{
    if (uv_is_active((uv_handle_t *)&h->timer) && uv_timer_get_due_in(&h->timer) <= ms) {
        return;
    }
    uv_timer_start(&h->timer, on_timer, ms, 0);
}

void http_pump(struct nxd *d)
{
    struct http *h = &d->http;
    if (!h->mhd || d->stopped) {
        return;
    }
    assert(!h->pumping);
    h->pumping = true;
    MHD_UNSIGNED_LONG_LONG ms = 0;
    enum MHD_Result runs = MHD_YES, waits = MHD_NO;
    for (int i = 0; i < ROUNDS; i++) {
        runs = MHD_run(h->mhd);
        waits = runs == MHD_YES ? MHD_get_timeout(h->mhd, &ms) : MHD_NO;
        if (h->conns.room) {
            h->conns.room = false;
            ms = 0;
            waits = MHD_YES;
        } else if (waits != MHD_YES || ms > 0) {
            break;
        }
    }
    h->pumping = false;
    if (runs != MHD_YES) {
        /* Its epoll descriptor does not work, which nothing here can mend: a service manager can. */
        log_say(LOG_LEVEL_ERR, "the HTTP server does not run any more");
        d->status = nx_code_exit(NX_EINTERNAL);
        uv_poll_stop(&h->poll);
        nxd_shutdown(d);
        return;
    }
    if (waits == MHD_YES) {
        arm(h, ms);
    } else {
        uv_timer_stop(&h->timer);
    }
    if (d->opt.once && d->delivered && !d->draining) {
        log_say(LOG_LEVEL_INFO, "the trace has been fetched");
        nxd_shutdown(d);
        return;
    }
    nxd_check_drained(d);
}

void http_quiesce(struct nxd *d)
{
    struct http *h = &d->http;
    if (h->mhd) {
        MHD_socket fd = MHD_quiesce_daemon(h->mhd);
        if (fd != MHD_INVALID_SOCKET) {
            close(fd);
        }
    }
}

void http_stop(struct nxd *d)
{
    struct http *h = &d->http;
    if (h->mhd) {
        assert(h->active == 0 && !h->pumping);
        uv_poll_stop(&h->poll);
        uv_timer_stop(&h->timer);
        uv_timer_stop(&h->conns.timer);
        MHD_stop_daemon(h->mhd);
        h->mhd = NULL;
    }
}
