/*
 * A run's events into the index: every attempt of every test as a row, and the run's sums.
 *
 * Feed it the events of one log in order, then write. Of a log that goes on the same can be fed what comes later, and
 * written again: only what is new is then written. Rows are written in bulk; between whiles memory holds at most
 * ABSORB_BATCH rows and an entry a test. Used by one thread, inside a transaction of the index; after one that was
 * taken back there is no going on.
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

/* Writes what is new; tests without an end become rows that are running. Fills profile (borrowed from `a`),
 * tally, first_failure, stress and scripts of *row. */
NX_MUST_USE int nx_absorb_write(struct nx_absorb *a, struct nx_run_row *row, struct nx_err *err);

/* Would the rows be the same if all were read anew? Not where starts and ends of a test are out of order. */
bool nx_absorb_goes_on(const struct nx_absorb *a);

/* --- a log --- */

struct nx_logread;

/* Reads a recording's log into `a`. Borrows both, which must outlive it. A log that cannot be opened is one that has
 * nothing to read: nx_logread_more() says why. */
NX_MUST_USE int nx_logread_open(struct nx_absorb *a, struct nx_recording *rec, struct nx_logread **ret,
                                struct nx_err *err);
void nx_logread_close(struct nx_logread *r); /* takes NULL */

/* Feeds what there is, from where the last call ended; sets depth and bad_lines of *row. Where the log is damaged it
 * ends. Where the system refused to read on (NX_EIO), or the file has gone (NX_EGONE), *refused says so, else its code
 * is NX_OK; depth NX_DEPTH_LISTED: not one line was read. */
NX_MUST_USE int nx_logread_more(struct nx_logread *r, struct nx_run_row *row, struct nx_err *refused,
                                struct nx_err *err);

/* May there be more later? Else the end was reached, or what is there can never be read. */
bool nx_logread_goes_on(const struct nx_logread *r);
/* Compressed bytes read so far. */
uint64_t nx_logread_consumed(const struct nx_logread *r);

#endif
