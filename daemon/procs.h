/*
 * Which tests run now, as watch/procs.h finds them: looked at once for all who ask within a fifth of a
 * second.
 *
 * Thread-safe; looking takes milliseconds, so it is done on the pool.
 */
#ifndef NXD_PROCS_H
#define NXD_PROCS_H

#include <stdbool.h>
#include <uv.h>

#include "base/arena.h"
#include "watch/procs.h"

struct procs_seen { /* immutable */
    unsigned refs;
    struct nx_proc_test *v; /* by run, binary, test, stress index and attempt */
    size_t n, cap;
    struct nx_arena texts;
    int r; /* 0, or what looking failed with, and err */
    struct nx_err err;
};

struct procs {
    bool off; /* --no-procs */
    uv_mutex_t lock;
    struct procs_seen *last;
    uint64_t at; /* uv_hrtime() */
};

void procs_init(struct procs *p, bool off);
/* A reference to what was seen within the last 200 ms. NULL: no memory. */
struct procs_seen *procs_look(struct procs *p);
void procs_release(struct procs *p, struct procs_seen *seen); /* takes NULL */
void procs_fini(struct procs *p);

bool procs_has_run(const struct procs_seen *seen, const char *run);

/* Does a process hold the log open? 1, 0, or -1: that cannot be told, and err says why. Any thread. */
int procs_holds(const struct procs *p, const char *log, struct nx_err *err);

#endif
