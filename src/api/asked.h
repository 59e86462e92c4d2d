/*
 * Answers about test executions. As those of api/answer.h: one JSON document and an LF, the same bytes from daemon and nxctl.
 *
 * Durations are in seconds (doubles), times RFC 3339 in UTC. doc/API.md describes every member.
 */
#ifndef NX_API_ASKED_H
#define NX_API_ASKED_H

#include "api/world.h"
#include "base/strbuf.h"

struct nx_tests_query {
    enum nx_exec_order order;
    const char *text;     /* part of `binary test`; NULL: any */
    const char *outcome;  /* a word of index/outcomes.def, or passed, failed, flaky, slow, running; NULL: any */
    bool all_attempts;    /* every attempt, not only the last of each test */
    size_t limit;         /* 0: all */
    const char *after;    /* cursor of the answer before; NULL: from the first */
};
/* {"run":{...},"tests":[...],"next"} */
NX_MUST_USE int nx_answer_tests(const struct nx_world *w, const struct nx_found *run, const struct nx_tests_query *q,
                                struct nx_strbuf *out, struct nx_err *err);

/* {"tests":[{"binary","test"}],"next"}: every test ever seen, by name. */
NX_MUST_USE int nx_answer_search(const struct nx_world *w, const char *text, size_t limit, const char *after,
                                 struct nx_strbuf *out, struct nx_err *err);

/* {"test","summary","runs":[...]}: newest first, at most `runs` runs. NX_ENOTFOUND for a test never seen. */
NX_MUST_USE int nx_answer_history(const struct nx_world *w, struct nx_scope scope, struct nx_slice binary,
                                  struct nx_slice test, size_t runs, struct nx_strbuf *out, struct nx_err *err);

/* Over the newest `runs` runs of the scope: tests that pass and fail without a pattern, and those that take longest. */
NX_MUST_USE int nx_answer_flaky(const struct nx_world *w, struct nx_scope scope, size_t runs, size_t limit,
                                struct nx_strbuf *out, struct nx_err *err);
NX_MUST_USE int nx_answer_slowest(const struct nx_world *w, struct nx_scope scope, size_t runs, size_t limit,
                                  struct nx_strbuf *out, struct nx_err *err);

/* What is different in `head`. */
NX_MUST_USE int nx_answer_compare(const struct nx_world *w, const struct nx_found *base, const struct nx_found *head,
                                  struct nx_strbuf *out, struct nx_err *err);

#endif
