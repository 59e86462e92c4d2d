/*
 * Which of the recorded runs: the filters of a list of runs. As the answers of api/answer.h.
 */
#ifndef NX_API_RUNS_H
#define NX_API_RUNS_H

#include "api/world.h"
#include "base/strbuf.h"

struct nx_runs_query {
    const char *status;          /* a word of api/words.h, or passed, failed; NULL: any */
    bool has_since, has_until;
    struct nx_instant since, until; /* started in [since, until) */
    const char *profile;         /* NULL: any */
    const char *test;            /* its name, or `binary name`; NULL: any */
    bool pruned;                 /* those too that nextest has pruned, from the index */
    size_t limit;                /* 0: all */
    const char *after;           /* cursor of the answer before; NULL: from the first */
};

/* Is it a word that `status` may be? */
bool nx_runs_status_known(const char *word);

/* By what its list entry says: does the run pass status, since and until? */
bool nx_runs_pass(const struct nx_runs_query *q, const struct nx_run *run);

/* `profile` and `test` are in run logs only; runs whose log the index has not read have neither. */
static inline bool nx_runs_need_logs(const struct nx_runs_query *q)
{
    return q->profile || q->test;
}

static inline bool nx_runs_need_index(const struct nx_runs_query *q)
{
    return nx_runs_need_logs(q) || q->pruned;
}

/* {"runs":[...],"next","problems"}, see nx_answer_runs(). */
NX_MUST_USE int nx_answer_runs_where(const struct nx_world *w, struct nx_scope scope,
                                     const struct nx_runs_query *q, struct nx_strbuf *out,
                                     struct nx_err *err);

#endif
