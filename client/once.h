/*
 * An nxtraced of nxctl's own, which serves until one trace has been fetched: on 127.0.0.1:9001, from which Perfetto's page
 * reads by a link, or where that is taken on a free port.
 *
 * The program is the one beside nxctl, else the one in PATH. It dies with nxctl. While it is there, SIGINT, SIGTERM and SIGHUP
 * are blocked, and once_wait() sees to them. One at a time, one thread.
 */
#ifndef CLIENT_ONCE_H
#define CLIENT_ONCE_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

enum { ONCE_BASE = 96 };

struct once {
    pid_t pid;            /* 0: none */
    bool usual;           /* it is at 127.0.0.1:9001 */
    char base[ONCE_BASE]; /* http://127.0.0.1:9001 */
    sigset_t waited, before;
};

/* Starts it on the store, without an index or a cache, and waits until it answers. NX_EIO: there is no such program, or it did
 * not start, of which it has said why on standard error. */
NX_MUST_USE int once_start(struct once *o, const char *state_dir, struct nx_err *err);

/* Until it has ended: 0 when a trace was fetched. A signal ends it, and then this process. NX_EIO. */
NX_MUST_USE int once_wait(struct once *o, struct nx_err *err);

/* Ends it, if it is there. */
void once_stop(struct once *o);

#endif
