/*
 * What the user's own processes tell of runs that go on: which tests run now, and whether nextest itself is
 * alive.
 *
 * A young run's log is empty for its first 128 KiB, but every test process carries nextest's variables in its
 * environment (Linux: /proc/PID/environ), and nextest holds its run log open (/proc/PID/fd). No privileges:
 * only processes of the same user are looked at. Elsewhere, or where /proc is not mounted or hides processes,
 * the functions fail with NX_EIO and say why. Any thread.
 */
#ifndef NX_WATCH_PROCS_H
#define NX_WATCH_PROCS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* A test attempt that runs now; strings are borrowed for the callback. NULL or 0 where nextest gave no
 * variable. */
struct nx_proc_test {
    pid_t pid;
    const char *run_id;     /* NEXTEST_RUN_ID, never NULL */
    const char *attempt_id; /* NEXTEST_ATTEMPT_ID: the run, the test and the attempt, unlike any other */
    const char *binary, *test; /* NEXTEST_BINARY_ID, NEXTEST_TEST_NAME */
    const char *group;      /* NEXTEST_TEST_GROUP */
    const char *workspace;  /* NEXTEST_WORKSPACE_ROOT */
    uint32_t attempt, total_attempts;
    bool has_slot;
    uint64_t slot;          /* NEXTEST_TEST_GLOBAL_SLOT */
    bool stress;
    uint32_t stress_index;  /* NEXTEST_STRESS_CURRENT */
    int64_t started;        /* ns since 1970, to a clock tick */
};

/* Calls fn once for each attempt that runs, in no order: of a test and what it started itself, the test. fn
 * returns 0 to go on. */
NX_MUST_USE int nx_procs_tests(int (*fn)(void *arg, const struct nx_proc_test *t), void *arg,
                               struct nx_err *err);

/* Does a process of this user, other than this one, have the file open? 1 with its pid, 0, or negative. */
NX_MUST_USE int nx_procs_holding(const char *path, pid_t *ret_pid, struct nx_err *err);

#endif
