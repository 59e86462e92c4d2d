#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/policy.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* Takes the port off, and the brackets of an IPv6 address. False for what is no host at all. */
static bool split(struct nx_slice host, char *name, size_t cap, bool *v6)
{
    size_t n;
    const char *p = host.p, *rest;
    while (host.n > 0 && (p[host.n - 1] == ' ' || p[host.n - 1] == '\t')) {
        host.n--; /* libmicrohttpd leaves the white space behind a value */
    }
    *v6 = host.n > 0 && p[0] == '[';
    if (*v6) {
        const char *end = memchr(p, ']', host.n);
        if (!end) {
            return false;
        }
        p++;
        n = (size_t)(end - p);
        rest = end + 1;
    } else {
        const char *colon = memchr(p, ':', host.n);
        n = colon ? (size_t)(colon - p) : host.n;
        rest = p + n;
    }
    if (n == 0 || n >= cap) {
        return false;
    }
    const char *end = host.p + host.n;
    if (rest < end && *rest++ != ':') {
        return false;
    }
    for (; rest < end; rest++) {
        if (*rest < '0' || *rest > '9') {
            return false;
        }
    }
    memcpy(name, p, n);
    name[n] = 0;
    return true;
}

static bool same_address(const char *a, const char *b, bool v6)
{
    struct in6_addr x, y;
    int family = v6 ? AF_INET6 : AF_INET;
    return inet_pton(family, a, &x) == 1 && inet_pton(family, b, &y) == 1 &&
           memcmp(&x, &y, v6 ? sizeof x : sizeof(struct in_addr)) == 0;
}

static bool is_address(const char *a, bool v6)
{
    struct in6_addr x;
    return inet_pton(v6 ? AF_INET6 : AF_INET, a, &x) == 1;
}

bool policy_host(const struct policy *p, struct nx_slice host)
{
    char name[256];
    bool v6;
    if (!split(host, name, sizeof name, &v6)) {
        return false;
    }
    if (v6 ? same_address(name, "::1", true)
           : strcasecmp(name, "localhost") == 0 || same_address(name, "127.0.0.1", false)) {
        return true;
    }
    /* Rebinding needs a name. An address in the Host header is where the browser really connected to. */
    if (p->wildcard ? is_address(name, v6) : same_address(name, p->address, v6)) {
        return true;
    }
    for (size_t i = 0; i < p->hosts_n; i++) {
        if (strcasecmp(name, p->hosts[i]) == 0) {
            return true;
        }
    }
    return false;
}

int policy_origin(const struct policy *p, const char *origin)
{
    for (size_t i = 0; origin && i < p->origins_n; i++) {
        if (strcmp(origin, p->origins[i]) == 0) {
            return (int)i;
        }
    }
    return -1;
}
