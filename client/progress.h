/*
 * A line on a terminal that tells how far a long export, or anything else that takes its time, is.
 *
 * Nothing appears within the first half second, on a standard error that is no terminal, or with --quiet.
 */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include "client/ui.h"

struct progress {
    bool on, drawn;
    bool interruptible;  /* progress_tell() asks to stop once a signal came in */
    uint64_t total;      /* compressed bytes, 0 where unknown */
    uint64_t count;      /* of progress_count() */
    int64_t start, last; /* monotonic milliseconds */
};

void progress_init(struct progress *p, const struct ui *ui, uint64_t total);

/* For nx_export_opts: arg is the struct progress. Not 0 once SIGINT, SIGTERM or SIGHUP came in. */
int progress_tell(void *arg, uint64_t consumed);

/* One more of something of which it is not known how many there are. */
void progress_count(struct progress *p, const char *doing);

/* Takes the line away again. */
void progress_clear(struct progress *p);

/* From now on those signals are noted instead of ending the process, so that a half-written file is removed
 * first. */
void progress_catch_signals(struct progress *p);

/* Ends the process by the signal that was noted, if there was one. */
void progress_die_of_signal(void);

#endif
