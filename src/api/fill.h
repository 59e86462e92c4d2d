/*
 * Fills an index in memory run by run, newest first, for whoever needs no more than the newest.
 *
 *     struct nx_fill f;  nx_fill_init(&f, w, scope, NULL, NULL);
 *     while (deep < wanted && !nx_fill_done(&f)) nx_fill_more(&f, wanted - deep, &deep, &err);
 *
 * Runs that the index has already are not read again. One thread: the index's writer.
 */
#ifndef NX_API_FILL_H
#define NX_API_FILL_H

#include "api/world.h"

struct nx_fill {
    const struct nx_world *w;
    struct nx_scope scope;
    bool (*want)(void *want_arg, const struct nx_run *run); /* NULL: every run */
    void *want_arg;
    int (*step)(void *arg,
                const struct nx_run *run); /* before each run that is read; not 0: stop. May be NULL */
    void *arg;
    size_t at; /* in view->by_start */
};

void nx_fill_init(struct nx_fill *f, const struct nx_world *w, struct nx_scope scope,
                  int (*step)(void *arg, const struct nx_run *run), void *arg);

/* Takes up to `n` further runs (0: all). *ret_deep (may be NULL) is raised by how many of them have a log
 * that was read. NX_ESHUTDOWN when `step` stopped it; else as nx_reconcile(). */
NX_MUST_USE int nx_fill_more(struct nx_fill *f, size_t n, size_t *ret_deep, struct nx_err *err);
bool nx_fill_done(const struct nx_fill *f);

#endif
