/*
 * One recorded run, as runs.json.zst and a portable recording's manifest describe it.
 *
 * Source of the format: nextest-runner/src/record/format.rs (RecordedRun), list format 2, store format 2.1.
 * A struct nx_run owns its strings; nx_run_fini() frees them. Strings are UTF-8, NUL-terminated; a
 * string that held U+0000 is refused when read.
 */
#ifndef NX_STORE_RUN_H
#define NX_STORE_RUN_H

#include <stdbool.h>

#include "base/err.h"
#include "event/instant.h"

enum { NX_STORE_MAJOR = 2, NX_STORE_MINOR = 1, NX_LIST_VERSION = 2 };

enum nx_run_status {
    NX_RUN_INCOMPLETE, /* going on, or killed: nextest has not written its end */
    NX_RUN_UNKNOWN,    /* a status that this version does not know */
    NX_RUN_COMPLETED,
    NX_RUN_CANCELLED,
    NX_RUN_STRESS_COMPLETED,
    NX_RUN_STRESS_CANCELLED,
};

struct nx_sizes {
    uint64_t compressed, uncompressed, entries; /* bytes, bytes, count */
};

struct nx_run {
    char id[37]; /* UUID, lower case, with dashes */
    uint32_t store_major, store_minor;
    char *nextest_version; /* semver, as written */
    struct nx_instant started_at, last_written_at;
    bool has_duration;
    double duration_secs;
    char **cli_args, **build_scope_args; /* n strings each, then NULL */
    size_t cli_args_n, build_scope_args_n;
    struct nx_env {
        char *name, *value;
    } * env; /* in order of name */
    size_t env_n;
    char parent_id[37]; /* "" for none */
    struct nx_sizes log, store;
    enum nx_run_status status;
    char *status_text;       /* as written, e.g. "completed"; owned */
    bool has_initial;        /* the stress forms may have none (infinite) */
    uint64_t initial_count;  /* initial-run-count, or initial-iteration-count */
    uint64_t passed, failed; /* tests, or sub-runs (success-count, failed-count) */
    int32_t exit_code;       /* valid for the four ended states */
    bool kept;               /* of an archive of nxtrace's own, and in no list of nextest's (catalog/view.h) */
    void *memory; /* the one block that all of this points into; NULL: it points at what others own */
};

struct nx_pull;

/* Reads one run object, the next value of `p`, whose error it fills: NX_EFORMAT names the member. `run` is
 * untouched on failure. */
NX_MUST_USE int nx_run_parse(struct nx_pull *p, struct nx_run *run);
void nx_run_fini(struct nx_run *run);

/* Deep copy, also of a run that does not own its strings. NX_ENOMEM. */
NX_MUST_USE int nx_run_copy(struct nx_run *to, const struct nx_run *from, struct nx_err *err);

static inline bool nx_run_ended(const struct nx_run *r)
{
    return r->status >= NX_RUN_COMPLETED;
}

/* Can this version read the run? 0, or -NX_EVERSION with what nextest says and what to do.
 * A newer minor is an error only when strict; else 0 and *ret_newer_minor (if not NULL) is set. */
NX_MUST_USE int nx_run_check_version(const struct nx_run *run, bool strict, bool *ret_newer_minor,
                                     struct nx_err *err);

#endif
