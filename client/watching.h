/*
 * nxctl watch: what happens to runs, told line by line, until the run that is waited for has ended.
 */
#ifndef CLIENT_WATCHING_H
#define CLIENT_WATCHING_H

#include "api/scope.h"
#include "client/opt.h"
#include "client/ui.h"

/* As the daemon's events name it (doc/HTTP.md). Strings are borrowed. */
struct happening {
    const char *event;
    const char *run, *store, *workspace, *status; /* store "": a daemon that knows of one only */
    int alive; /* 1, 0, or -1: not known */
    bool ended;
    int exit_code; /* when it has ended */
    bool counted;
    uint64_t passed, failed, running;
};

struct watching {
    const struct opts *o;
    const struct ui *ui;
    char target[37];       /* the run that is waited for; "": none, or the next one with --exit-status */
    struct nx_scope scope; /* only runs of this one workspace, or of all */
    int status;            /* the exit status, once it is done */
};

/* Prints it, if it is wanted. true: there is nothing more to wait for, and w->status is set. */
bool watching_tell(struct watching *w, const struct happening *h);

/* By the store itself. Both return the exit status. */
int watching_store(struct watching *w);
/* By a daemon's events. */
int watching_server(struct watching *w, const char *url);

#endif
