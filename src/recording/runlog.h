/*
 * A run log as lines: JSON lines in zstd.
 *
 * Source: nextest-runner/src/record/reader.rs (RecordEventIter). Lines are cut at LF, white space at both
 * ends (Unicode's, as Rust's trim()) is taken off, blank lines are passed over but counted. Memory is one
 * block plus the longest line. A log that ends early hands out every line before the end, then fails (see
 * io/zstd.h); the rest of a line that was cut is never handed out as a line in that case. A whole stream's
 * last line needs no LF.
 */
#ifndef NX_RECORDING_RUNLOG_H
#define NX_RECORDING_RUNLOG_H

#include <stdbool.h>

#include "base/slice.h"
#include "io/reader.h"

struct nx_runlog;

/* Takes `compressed`, also on failure. Returns owned. */
NX_MUST_USE int nx_runlog_open(struct nx_reader *compressed, struct nx_runlog **ret, struct nx_err *err);
void nx_runlog_close(struct nx_runlog *log); /* takes NULL */

/* The next line: 1 and *ret (valid until the next call) and its 1-based number; 0 at the end; or a
 * negative code: NX_ETRUNC, NX_EFORMAT, NX_ELIMIT, NX_EIO. err->line is set. After NX_ELIMIT for a line too
 * long the next call goes on behind it; after every other error it fails again (nx_runlog_ended()). At least
 * NX_RUNLOG_PAD readable bytes follow the line in memory, whatever they hold. UTF-8 is not checked here:
 * event/decode.h does. */
enum { NX_RUNLOG_PAD = 64 };
NX_MUST_USE int nx_runlog_next(struct nx_runlog *log, struct nx_slice *ret, uint64_t *ret_line,
                               struct nx_err *err);

/* After the end or NX_ETRUNC: a log that has grown since can be read on, from the line that was cut. */
void nx_runlog_retry(struct nx_runlog *log);

/* True when no line comes any more: the end was reached, or an error that stays. */
bool nx_runlog_ended(const struct nx_runlog *log);

/* Compressed bytes read so far, for progress. */
uint64_t nx_runlog_consumed(const struct nx_runlog *log);

#endif
