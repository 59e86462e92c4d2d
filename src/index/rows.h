/*
 * What the index remembers: workspaces, runs, test executions. Values; strings are borrowed for the call.
 *
 * Times are in nanoseconds since 1970 UTC; durations in nanoseconds.
 */
#ifndef NX_INDEX_ROWS_H
#define NX_INDEX_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* How one attempt of a test ended. The numbers are in the database: append only. */
enum nx_outcome {
#define NX_OUTCOME(name, text, passed) NX_OUTCOME_##name,
#include "index/outcomes.def"
#undef NX_OUTCOME
    NX_OUTCOME_COUNT
};
const char *nx_outcome_text(enum nx_outcome o);
bool nx_outcome_passed(enum nx_outcome o);

struct nx_exec_row {
    int64_t test;         /* id, see nx_index_test() */
    uint32_t stress;      /* stress sub-run, from 0 */
    uint32_t attempt;     /* from 1 */
    enum nx_outcome outcome;
    bool slow;            /* over the slow-timeout */
    bool last;            /* the attempt that decides (or the only one) */
    bool flaky_fails;     /* passed after retries, but the profile counts that as failed */
    int64_t start;        /* ns since the run's start */
    uint64_t duration;    /* ns; what is running has the time known so far */
    uint32_t slot;        /* global slot */
    int64_t group;        /* id of a test group, see nx_index_group(); 0: none */
    uint64_t line;        /* of the run log, from 1: the event that ended the attempt; its output is found there */
};

/* Outcomes over the tests of a run (not over attempts). */
struct nx_tally {
    uint64_t tests;   /* distinct, over all sub-runs */
    uint64_t passed, flaky, failed, running, skipped;
    uint64_t executions, slow;
    uint64_t slots;   /* highest global slot used, plus 1 */
};

enum nx_depth { /* how much of a run is in the index */
    NX_DEPTH_LISTED, /* its list entry */
    NX_DEPTH_PART,   /* executions of a log that goes on or was cut */
    NX_DEPTH_WHOLE,  /* everything in its log */
    NX_DEPTH_CLOSED, /* its log is gone, or of a format that cannot be read */
};

struct nx_run_row {
    int64_t id;             /* 0: not yet in the index */
    int64_t workspace;
    const char *uuid;       /* 36 characters */
    int64_t started, last_written; /* ns since 1970 */
    const char *status;     /* nextest's word */
    const char *entry;      /* its list entry as this nxtrace answers it (JSON object, compact) */
    bool on_disk;           /* false: pruned by nextest, kept as history */
    /* From the log; the rest is only set when depth is PART or WHOLE. */
    enum nx_depth depth;
    uint64_t log_size;      /* identity of what was read: bytes, mtime in ns */
    int64_t log_mtime;
    const char *profile;    /* NULL: not known */
    struct nx_tally tally;
    int64_t first_failure;  /* test id, 0: none */
    bool stress;
    uint64_t scripts, scripts_failed;
    uint64_t bad_lines;     /* lines of the log that could not be read */
};

#endif
