/*
 * Who may read: which Host names are ours (a rebound name is not), and which origins' pages get CORS headers.
 *
 * Built once at start, then read only.
 */
#ifndef NXD_POLICY_H
#define NXD_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct policy {
    const char *const *origins; /* borrowed */
    size_t origins_n;
    const char *const *hosts;   /* --allow-host; borrowed */
    size_t hosts_n;
    char address[64];           /* the address we listen at, without port and brackets; "" for none */
    bool wildcard;              /* that is 0.0.0.0 or :: */
};

/* `host` is a Host header's value or an authority: name or address, and perhaps a port. */
bool policy_host(const struct policy *p, struct nx_slice host);

/* Index of an allowed origin, or -1. NULL: no Origin header. */
int policy_origin(const struct policy *p, const char *origin);

#endif
