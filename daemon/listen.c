#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/systemd.h"

#define DEFAULT_LISTEN "127.0.0.1:9001"

enum { BACKLOG = 511 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

static int bad_address(const char *s, struct nx_err *err)
{
    int r = nx_fail(err, NX_EUSAGE, s, "not an address to listen at");
    nx_err_hint(err, "write 127.0.0.1:9001, [::1]:9001 or localhost:9001; port 0 takes a free one");
    return r;
}

static int parse(const char *s, union address *a, socklen_t *len, struct nx_err *err)
{
    char host[64];
    const char *colon = strrchr(s, ':');
    size_t n = colon ? (size_t)(colon - s) : 0;
    if (!colon || n >= sizeof host) {
        return bad_address(s, err);
    }
    memcpy(host, s, n);
    host[n] = 0;
    char *end;
    errno = 0;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || errno || port > 65535) {
        return bad_address(s, err);
    }
    memset(a, 0, sizeof *a);
    if (host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = 0;
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons((uint16_t)port);
        *len = sizeof a->v6;
        return inet_pton(AF_INET6, host + 1, &a->v6.sin6_addr) == 1 ? 0 : bad_address(s, err);
    }
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons((uint16_t)port);
    *len = sizeof a->v4;
    const char *ip = n == 0 || strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    return inet_pton(AF_INET, ip, &a->v4.sin_addr) == 1 ? 0 : bad_address(s, err);
}

static int cannot(const char *s, int sys, bool *taken, struct nx_err *err)
{
    *taken = sys == EADDRINUSE;
    int r = nx_fail_sys(err, NX_EIO, sys, s, "cannot listen");
    if (*taken) {
        nx_err_hint(err, "another nxtraced may run already; on port 9001 it is usually Perfetto's: "
                         "trace_processor_shell, or open_trace_in_ui. End it, or take another port with --listen "
                         "127.0.0.1:0 (ui.perfetto.dev reads from port 9001 only; `ss -ltnp 'sport = 9001'` shows "
                         "who has it)");
    }
    return r;
}

/* Says where we are in d->base, and which address is ours in the policy. */
static void name_address(struct nxd *d, int fd)
{
    union address a;
    socklen_t len = sizeof a;
    char ip[INET6_ADDRSTRLEN];
    memset(&a, 0, sizeof a);
    if (getsockname(fd, &a.any, &len) < 0 || (a.any.sa_family != AF_INET && a.any.sa_family != AF_INET6)) {
        snprintf(d->base, sizeof d->base, "http://127.0.0.1");
        return;
    }
    bool v6 = a.any.sa_family == AF_INET6, loopback;
    inet_ntop(a.any.sa_family, v6 ? (const void *)&a.v6.sin6_addr : (const void *)&a.v4.sin_addr, ip,
              sizeof ip);
    unsigned port = ntohs(v6 ? a.v6.sin6_port : a.v4.sin_port);
    if (v6) {
        loopback = IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
        d->policy.wildcard = IN6_IS_ADDR_UNSPECIFIED(&a.v6.sin6_addr);
    } else {
        loopback = (ntohl(a.v4.sin_addr.s_addr) >> 24) == 127;
        d->policy.wildcard = a.v4.sin_addr.s_addr == htonl(INADDR_ANY);
    }
    snprintf(d->policy.address, sizeof d->policy.address, "%s", ip);
    const char *show = !d->policy.wildcard ? ip : v6 ? "::1" : "127.0.0.1";
    snprintf(d->base, sizeof d->base, v6 ? "http://[%s]:%u" : "http://%s:%u", show, port);
    if (!loopback) {
        log_say(LOG_LEVEL_WARN, "listening at %s: everybody who reaches it can read every run", ip);
    }
}

int listen_open(struct nxd *d, int *ret_fd, bool *ret_taken, struct nx_err *err)
{
    union address a;
    socklen_t len = 0;
    int one = 1, fd = -1;
    *ret_taken = false;
    int r = systemd_socket(&fd, err);
    if (r < 0) {
        return r;
    }
    if (fd >= 0) {
        if (d->opt.listen) {
            log_say(LOG_LEVEL_WARN, "--listen is not used: systemd handed over a socket");
        }
        name_address(d, fd);
        *ret_fd = fd;
        return 0;
    }
    const char *where = d->opt.listen ? d->opt.listen : DEFAULT_LISTEN;
    r = parse(where, &a, &len, err);
    if (r < 0) {
        return r;
    }
    fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return nx_fail_sys(err, NX_EIO, errno, where, "cannot make a socket");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (a.any.sa_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    }
    if (bind(fd, &a.any, len) < 0 || listen(fd, BACKLOG) < 0) {
        r = cannot(where, errno, ret_taken, err);
        close(fd);
        return r;
    }
    name_address(d, fd);
    *ret_fd = fd;
    return 0;
}
