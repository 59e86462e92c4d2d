/*
 * Runs the daemon until it is told to end. See daemon.h for what the parts call.
 */
#ifndef NXD_LOOP_H
#define NXD_LOOP_H

#include "base/err.h"

struct nxd;

/* Returns when every handle was closed; the exit status is in d->status. Fails only before the loop runs. */
NX_MUST_USE int loop_run(struct nxd *d, struct nx_err *err);

#endif
