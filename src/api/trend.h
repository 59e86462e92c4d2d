/*
 * Tests over the newest runs of a scope: one pass over their executions, sums per test. For src/api alone.
 */
#ifndef NX_API_TREND_H
#define NX_API_TREND_H

#include "api/world.h"

enum { TREND_SAMPLES = 64 }; /* durations kept of one test */

struct trend { /* of one test */
    int64_t test;       /* 0: free slot */
    uint32_t runs;      /* in which it ended */
    uint32_t failed, flaky, slow; /* runs in which it did */
    uint32_t flips;     /* changes between passed and failed from one run to the next */
    uint32_t samples_n; /* of `samples`, newest first */
    bool seen_failed;   /* in the run seen last */
    uint64_t max, total; /* ns, of deciding attempts */
    int64_t last_flaky; /* start of the newest run in which it was flaky, ns since 1970; 0: none */
    uint64_t *samples;  /* ns, owned */
};

struct trends {
    struct trend *v; /* open addressing */
    size_t mask, n;
    size_t runs;     /* runs that were looked at */
};

/* Looks at the newest `runs` runs of the scope that started at or before `until` (0: all); workspace 0: all. */
NX_MUST_USE int nx_trends_take(struct nx_index *ix, int64_t workspace, int64_t until, size_t runs, struct trends *ret,
                               struct nx_err *err);
void nx_trends_fini(struct trends *t);

/* NULL: never seen. */
const struct trend *nx_trends_find(const struct trends *t, int64_t test);

/* The taken tests as a list in the order of cmp (owned, free()); NULL with n 0, or without memory. */
const struct trend **nx_trends_sorted(const struct trends *t, bool (*want)(const struct trend *),
                                      int (*cmp)(const void *, const void *), size_t *ret_n);

#endif
