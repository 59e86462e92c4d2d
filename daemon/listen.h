/*
 * The listening socket: bound to an address, or handed over by systemd.
 */
#ifndef NXD_LISTEN_H
#define NXD_LISTEN_H

#include <stdbool.h>

#include "base/err.h"

struct nxd;

/* Opens it, fills d->base and the policy's address. *ret_taken: somebody else listens there (the error
 * says who that usually is). */
NX_MUST_USE int listen_open(struct nxd *d, int *ret_fd, bool *ret_taken, struct nx_err *err);

#endif
