/*
 * A folder of one test's own and a watch of a state directory in it, for the unit tests of src/watch.
 */
#ifndef NX_TESTS_WATCHDIR_H
#define NX_TESTS_WATCHDIR_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watch/watch.h"

static char dir[512], state_dir[600];

static inline void sh(const char *cmd)
{
    char all[2048];
    snprintf(all, sizeof all, "cd '%s' && %s", dir, cmd);
    assert_int_equal(system(all), 0);
}

static inline int setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/nx-watch-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) {
        return -1;
    }
    snprintf(state_dir, sizeof state_dir, "%s/a/state", dir);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    sh("rm -rf a && cd / && rm -rf \"$OLDPWD\"");
    return 0;
}

static inline struct nx_watch *opened(void)
{
    struct nx_watch *w = NULL;
    struct nx_err err;
    assert_int_equal(nx_watch_open(state_dir, &w, &err), 0);
    assert_int_equal(nx_watch_refresh(w, &err), 0);
    return w;
}

/* Events of the local kernel are queued by the time that the call which made them returns. */
static inline bool dirty(struct nx_watch *w)
{
    struct nx_err err;
    bool is = false;
    struct pollfd p = {.fd = nx_watch_fd(w), .events = POLLIN};
    assert_int_equal(nx_watch_drain(w, &is, &err), 0);
    assert_int_equal(poll(&p, 1, 0), 0);
    return is;
}

static inline bool dirty_then_refresh(struct nx_watch *w)
{
    struct nx_err err;
    bool is = dirty(w);
    assert_int_equal(nx_watch_refresh(w, &err), 0);
    return is;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
