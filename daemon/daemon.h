/*
 * What the parts of the daemon share. Everything here belongs to the loop's thread, unless a comment says
 * otherwise.
 */
#ifndef NXD_DAEMON_H
#define NXD_DAEMON_H

#include <uv.h>

#include "catalog/stores.h"
#include "catalog/view.h"
#include "daemon/answers.h"
#include "daemon/convert.h"
#include "daemon/feed.h"
#include "daemon/follows.h"
#include "daemon/http.h"
#include "daemon/indexer.h"
#include "daemon/keeper.h"
#include "daemon/live.h"
#include "daemon/options.h"
#include "daemon/policy.h"
#include "daemon/procs.h"
#include "daemon/watcher.h"
#include "daemon/www.h"
#include "state/traces.h"

enum {
    NXD_BODY_MAX = 64 * 1024, /* bytes of a request's body; they are thrown away */
    NXD_TARGET_MAX = 8 * 1024,
};

struct nxd {
    struct options opt;
    struct policy policy;
    uv_loop_t loop;
    uv_signal_t term, intr, hup;
    uv_timer_t deadline;
    struct http http;
    struct watcher watcher;
    struct convs convs;
    struct answers answers;
    struct feed feed;
    struct follows follows;
    struct live live;
    struct procs procs; /* thread-safe */
    struct www www;
    struct nx_traces *traces; /* thread-safe; NULL: no cache folder, every trace is converted anew */
    struct indexer *indexer; /* NULL: no index */
    struct keeper *keeper;   /* NULL: nothing is kept, and nothing may go */
    struct nx_stores stores;  /* set once; views point at them */
    char *scratch_dir;        /* for traces that are not kept */
    struct nx_view *view;     /* what exists; NULL before the first scan */
    uint64_t build;           /* tells this build's traces from another's */
    char base[96];            /* http://127.0.0.1:9001 */
    int listen_fd;            /* until the first scan is done, then libmicrohttpd has it */
    unsigned jobs;            /* on the pool, or back and not yet told of */
    bool terminal;            /* we run on one, so SIGHUP says that it goes */
    bool delivered;           /* a trace was sent whole, or the client has it already */
    bool draining, stopped;
    int status;               /* the exit status */
};

/* Begins the end (idempotent); ends at once when there is nothing left to do. daemon/loop.c */
void nxd_shutdown(struct nxd *d);
/* Called whenever a request or job ended. */
void nxd_check_drained(struct nxd *d);

/* Everything to serve with was set up: tells whoever started us, and starts to serve. */
void nxd_ready(struct nxd *d);

#endif
