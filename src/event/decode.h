/*
 * One run log line in, one event out.
 *
 * Accepts what nextest's serde types accept: members in any order, unknown members, durations and structs as arrays,
 * white space; the order that nextest writes is tried first and costs no look-up. Refuses what it refuses: duplicate or missing
 * members, unknown variants, integers out of range, bad escapes, invalid UTF-8, anything behind the object.
 * Not strict: a member that nextest wants but a trace does without may be missing, and an identifier may be one that
 * nextest would not take; `odd` tells of it. Used by one thread.
 */
#ifndef NX_EVENT_DECODE_H
#define NX_EVENT_DECODE_H

#include "base/err.h"
#include "event/event.h"

struct nx_decoder;

/* NULL: no memory. */
struct nx_decoder *nx_decoder_new(bool strict);
void nx_decoder_free(struct nx_decoder *d);

/* Decodes `line` (NX_SCAN_PAD readable bytes must follow it) into *ret, which lives until the next call. *ret_odd is NULL, or a
 * sentence on what nextest would have refused (borrowed, until the next call). NX_EFORMAT with err->offset in the
 * line, NX_EVERSION for an event kind that is not known, NX_ELIMIT, NX_ENOMEM. */
NX_MUST_USE int nx_decode(struct nx_decoder *d, struct nx_slice line, const struct nx_event **ret,
                          const char **ret_odd, struct nx_err *err);

/* For tests: never try the order that nextest writes, look every member up. */
void nx_decoder_set_general(struct nx_decoder *d, bool on);

#endif
