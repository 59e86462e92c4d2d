/*
 * The pieces that answers about tests are shown with.
 */
#ifndef CLIENT_SHOW_H
#define CLIENT_SHOW_H

#include "client/asking.h"
#include "client/members.h"
#include "client/table.h"

/* A run as answers about tests give it. */
struct shown_run {
    struct nx_slice id, status, started_at, profile;
    uint64_t tests, passed, flaky, failed, running, skipped, slow;
    bool stress, whole, on_disk;
};
enum { SHOWN_RUN = 8 };
/* The table that reads one: SHOWN_RUN members, and 7 more for its counts. Both must live as long as the
 * reading. */
void show_run_members(struct shown_run *run, struct member m[SHOWN_RUN], struct member counts[7]);

/* Its line: `Run 1234abcd: 10 tests: 7 passed (5 flaky), 3 failed`. */
void show_run(struct nx_strbuf *out, const struct asking *a, const char *label, const struct shown_run *run);

/* So many characters of the id that it means no other run of the store; at least 8. */
size_t show_id_width(const struct asking *a, struct nx_slice id);

/* When a run began: as the store has it, else as the answer does. buf of SHOW_TIME. */
enum { SHOW_TIME = 48 };
const char *show_started(const struct asking *a, struct nx_slice id, struct nx_slice started_at, char *buf);

/* A number of seconds as nextest writes it. buf of SHOW_TIME; negative is "". */
const char *show_secs(double secs, char *buf);

/* A cell of an outcome, in its colour. */
void show_outcome(struct table *t, const char *word, bool passed, bool flaky);

/* Prints and frees. Returns the exit status. */
int show_end(struct nx_strbuf *out, struct nx_arena *arena, const struct asking *a, int rc,
             struct nx_err *err);

#endif
