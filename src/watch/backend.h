/*
 * What the kernel has to do for a watch: one of inotify.c, kqueue.c, poll.c is built. Private to src/watch.
 *
 * watch.c decides which directories matter and knows no kernel; a backend knows directories one by one.
 */
#ifndef NX_WATCH_BACKEND_H
#define NX_WATCH_BACKEND_H

#include <sys/types.h>

#include "watch/watch.h"

struct ident { /* which file it is, whatever its name */
    bool there;
    dev_t dev;
    ino_t ino;
};

struct watched {
    int id;     /* inotify: watch descriptor; kqueue: the open directory */
    char *only; /* events about this name alone matter; NULL: about any name */
    struct ident self, child; /* kqueue: the directory, and what `only` named when it was looked at last */
};

struct watched_set {
    struct watched *v; /* in order of id */
    size_t n, cap;
};

struct nx_watch {
    char *state_dir;
    int fd;
    int peer; /* poll: the other end */
    struct watched_set set;
};

/* A refresh under way: what is to be watched from now on, and the first failure; watching goes on with what
 * is left. */
struct refresh {
    struct nx_watch *w;
    struct watched_set set;
    struct nx_err *err;
    int rc;
};

/* Found, or NULL. */
struct watched *watched_find(const struct watched_set *s, int id);
/* A directory that is reached by two ways has one entry: what matters to either then matters. NULL: no
 * memory. */
struct watched *watched_add(struct watched_set *s, int id, const char *only);

/* --- the backend --- */

/* Opens w->fd (-1 before). */
NX_MUST_USE int backend_open(struct nx_watch *w, struct nx_err *err);
void backend_close(struct nx_watch *w);
/* Watches a directory, which may be watched already, and puts it into f->set. 1: watched. 0: there is no such
 * directory. -1: failed, f->rc says why. */
int backend_add(struct refresh *f, const char *path, const char *only);
/* Stops watching what is in `old` and not in `now`. */
void backend_drop(struct nx_watch *w, const struct watched_set *old, const struct watched_set *now);

#endif
