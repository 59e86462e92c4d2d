/*
 * When a test ran, as the trace has it: the slice that Perfetto is asked to show.
 */
#ifndef NX_API_SPAN_H
#define NX_API_SPAN_H

#include "recording/recording.h"

struct nx_span {
    int64_t from, to; /* whole microseconds since 1970: where its slice begins, and its end, if it has ended; else the same */
};

/* Reads the log to its end, as far as that can be read, for the test's last attempt (of a stress run's last sub-run that has
 * it). NX_ENOTFOUND: it is not in the log. NX_ENOMEM, and errors of nx_recording_log(). */
NX_MUST_USE int nx_span_of_test(struct nx_recording *rec, const char *binary, const char *test, struct nx_span *ret,
                                struct nx_err *err);

#endif
