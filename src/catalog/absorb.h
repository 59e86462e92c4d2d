/*
 * A run's events into the index: every attempt of every test as a row, and the run's sums.
 *
 * Feed it the events of one log in order, then finish. Rows are written in bulk; between whiles memory holds
 * at most ABSORB_BATCH rows and the tests that are open. Used by one thread, inside a transaction of the
 * index.
 */
#ifndef NX_CATALOG_ABSORB_H
#define NX_CATALOG_ABSORB_H

#include "event/event.h"
#include "index/index.h"
#include "recording/recording.h"

struct nx_absorb;

/* How an attempt, or a setup script, ended. */
enum nx_outcome nx_outcome_of(const struct nx_result *r);

/* The run `run_id` is in the index; its executions are replaced. `started`: ns since 1970, the zero of the
 * rows' times. */
NX_MUST_USE int nx_absorb_new(struct nx_index *ix, int64_t run_id, int64_t started, struct nx_absorb **ret,
                              struct nx_err *err);
void nx_absorb_free(struct nx_absorb *a); /* takes NULL */

/* `line`: of the run log. */
NX_MUST_USE int nx_absorb_event(struct nx_absorb *a, const struct nx_event *ev, uint64_t line,
                                struct nx_err *err);

/* Feeds the whole log of a recording; sets depth and bad_lines of *row. Where it is damaged it ends. Where
 * the system refused to read on (NX_EIO), or the file has gone (NX_EGONE), *refused says so, else its code is
 * NX_OK; depth NX_DEPTH_LISTED: not one line was read. */
NX_MUST_USE int nx_absorb_log(struct nx_absorb *a, struct nx_recording *rec, struct nx_run_row *row,
                              struct nx_err *refused, struct nx_err *err);

/* Writes what is left; tests without an end become rows that are running. Fills profile (borrowed from `a`),
 * tally, first_failure, stress and scripts of *row. */
NX_MUST_USE int nx_absorb_finish(struct nx_absorb *a, struct nx_run_row *row, struct nx_err *err);

#endif
