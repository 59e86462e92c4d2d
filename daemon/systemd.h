/*
 * The two halves of systemd's protocol that a service needs: sockets in, readiness out. Both are a few lines
 * over the environment (sd_listen_fds(3), sd_notify(3)), so that no library is needed for them.
 */
#ifndef NXD_SYSTEMD_H
#define NXD_SYSTEMD_H

#include "base/err.h"

/* The listening socket that LISTEN_FDS hands over, or -1 in *ret_fd when there is none. Removes the
 * variables. */
NX_MUST_USE int systemd_socket(int *ret_fd, struct nx_err *err);

/* Tells the service manager, e.g. "READY=1". Does nothing without one. */
void systemd_notify(const char *state);

#endif
