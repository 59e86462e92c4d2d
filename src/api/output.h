/*
 * What a test printed: one attempt's standard output or error, straight out of the recording.
 *
 * The index says on which line of the run log the attempt ended; that line names the entries in store.zip. Only these entries are
 * unpacked, with the recording's own dictionaries. Nothing is kept in the index.
 */
#ifndef NX_API_OUTPUT_H
#define NX_API_OUTPUT_H

#include "api/world.h"
#include "recording/recording.h"

enum nx_stream_choice { NX_STDOUT, NX_STDERR, NX_COMBINED };

struct nx_output_query {
    struct nx_slice binary, test;
    uint32_t stress, attempt; /* attempt 0: the one that decides */
    enum nx_stream_choice stream; /* combined: what nextest captured in one stream, else standard output, then error */
};

struct nx_output_found {
    char *p; /* owned (free()); bytes as printed, maybe no UTF-8 */
    size_t n;
    bool truncated;         /* nextest cut it when recording */
    uint64_t original_size; /* bytes, when truncated */
    uint32_t attempt;
};

/* NX_ENOTFOUND: no such test in the run, or no such attempt; NX_EGONE: its recording is gone; NX_EINCOMPLETE: still running, or no
 * store.zip yet. A stream that was not captured, or was empty, is n 0. */
NX_MUST_USE int nx_output_get(const struct nx_world *w, const struct nx_found *run, const struct nx_output_query *q,
                              struct nx_output_found *ret, struct nx_err *err);

#endif
