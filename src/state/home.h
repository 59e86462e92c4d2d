/*
 * Where nxtrace keeps what is its own by default: the folder of a user, and the index in it. The daemon writes there,
 * nxctl looks there. Any thread, as far as the environment stays as it is.
 */
#ifndef NX_STATE_HOME_H
#define NX_STATE_HOME_H

#include "base/err.h"

/* The index's file in such a folder. */
#define NX_HOME_INDEX "index.db"

/* $XDG_STATE_HOME/nxtrace, else ~/.local/state/nxtrace; it need not be there. Returned owned. NX_ENOTFOUND where the
 * environment does not say. */
NX_MUST_USE int nx_home_dir(char **ret, struct nx_err *err);

#endif
