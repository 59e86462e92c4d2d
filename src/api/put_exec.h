/*
 * The parts of answers about executions. For src/api alone.
 */
#ifndef NX_API_PUT_EXEC_H
#define NX_API_PUT_EXEC_H

#include "api/world.h"
#include "json/write.h"

void nx_put_key_strz(struct nx_json *w, const char *key, const char *value);
void nx_put_key_slice(struct nx_json *w, const char *key, struct nx_slice value);
void nx_put_key_u64(struct nx_json *w, const char *key, uint64_t v);
void nx_put_key_bool(struct nx_json *w, const char *key, bool v);
/* Nanoseconds as seconds; as an RFC 3339 time in UTC. */
void nx_put_key_secs(struct nx_json *w, const char *key, uint64_t ns);
void nx_put_key_time(struct nx_json *w, const char *key, int64_t ns);

/* "binary" and "test" of a test id. */
NX_MUST_USE int nx_put_test_name(struct nx_json *w, struct nx_index *ix, int64_t test, struct nx_err *err);

/* {"id","workspace","status",...}: a run as questions about executions see it. */
NX_MUST_USE int nx_put_found(struct nx_json *w, struct nx_index *ix, const struct nx_found *f, struct nx_err *err);

/* Passed, as nextest counts it: a flaky test may count as failed. */
static inline bool nx_exec_passed(const struct nx_exec_row *r)
{
    return nx_outcome_passed(r->outcome) && !r->flaky_fails;
}

/* The p-th percentile (nearest rank) of sorted v; n not 0. */
uint64_t nx_percentile(const uint64_t *v, size_t n, unsigned p);
void nx_sort_u64(uint64_t *v, size_t n);

#endif
