/*
 * Numbers as text, as Rust's serde_json 1.0.151 prints them: shortest form that reads back as the same double.
 *
 * Each writes into buf, without a terminator, and returns the length. NX_NUMBER_MAX bytes are always enough.
 * Any thread.
 */
#ifndef NX_JSON_NUMBER_H
#define NX_JSON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { NX_NUMBER_MAX = 40 };

size_t nx_number_u64(char *buf, uint64_t v);
size_t nx_number_i64(char *buf, int64_t v);

/* d must be finite. "0.0", "12.5", "1e-6", "1.5e+16". */
size_t nx_number_double(char *buf, double d);

/* Seconds and nanoseconds as serde_json prints what nextest computes from a duration, in doubles:
 * secs + nanos / 1e9, and that times 1000. The result is the same as nx_number_double() of it, only sooner. */
size_t nx_number_secs(char *buf, uint64_t secs, uint32_t nanos);
size_t nx_number_millis(char *buf, uint64_t secs, uint32_t nanos);

#endif
