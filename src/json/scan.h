/*
 * A pull scanner over one JSON text in memory: slices instead of copies, exact integers, byte offsets in errors.
 *
 * The text must be followed by NX_SCAN_PAD readable bytes (their content is never used): the string kernels load in
 * blocks. The rules are those of Rust's serde_json 1.0.151, which reads the same texts in nextest: raw control characters in strings, lone
 * surrogates, leading zeros, invalid UTF-8 are errors. A scanner that failed stays failed; its error is in `why`, `at`.
 * Strings without escapes point into the text, others into the arena; both live until the arena is reset.
 * Used by one thread; different scanners may run at once.
 */
#ifndef NX_JSON_SCAN_H
#define NX_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

enum { NX_SCAN_PAD = 64, NX_SCAN_WHY = 400 };

/* A decoded string. `plain`: needs no escaping when it is written as JSON again. */
struct nx_str {
    const char *p;
    uint32_t n;
    bool plain;
};

struct nx_scan {
    const char *p, *end, *start;
    struct nx_arena *arena; /* borrowed */
    bool failed, no_memory, too_deep;
    const char *at;         /* where the first error is */
    char why[NX_SCAN_WHY];
};

void nx_scan_init(struct nx_scan *s, struct nx_slice text, struct nx_arena *arena);

/* Records the first error and returns false. */
bool nx_scan_fail(struct nx_scan *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void nx_scan_ws(struct nx_scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
        s->p++;
}

/* The next byte after white space, or 0 at the end. Does not consume it. */
static inline char nx_scan_peek(struct nx_scan *s)
{
    nx_scan_ws(s);
    return s->p < s->end ? *s->p : '\0';
}

/* Each reads one value at p (white space before it is passed over) and moves behind it. */
bool nx_scan_str(struct nx_scan *s, struct nx_str *ret);

enum nx_num_kind { NX_NUM_U64, NX_NUM_NEG, NX_NUM_FLOAT };
struct nx_num {
    enum nx_num_kind kind;
    uint64_t u; /* NX_NUM_U64: the value; NX_NUM_NEG: its magnitude (value is -u, u <= 2^63) */
    double d;   /* NX_NUM_FLOAT */
};
bool nx_scan_num(struct nx_scan *s, struct nx_num *ret);
bool nx_scan_bool(struct nx_scan *s, bool *ret);

/* Consumes the word, e.g. "null"; false (failed) if it is not there. */
bool nx_scan_word(struct nx_scan *s, const char *word, size_t n);

/* Passes over any value, checking its syntax. `checked`: as serde buffers a value (numbers must be finite,
 * escapes must be whole characters, nesting at most `depth_left`); else as serde ignores one (any nesting up to
 * NX_SCAN_SKIP_DEPTH, looser escapes and numbers). */
enum { NX_SCAN_SKIP_DEPTH = 1 << 20 };
bool nx_scan_skip(struct nx_scan *s, bool checked, unsigned depth_left);

/* The string kernel: the first byte at or behind p that is a quote, a backslash, a control character or not ASCII.
 * May look at up to NX_SCAN_PAD bytes behind end, and may return a pointer behind end. */
typedef const char *(*nx_scan_kernel)(const char *p, const char *end);

/* The kernels that run on this machine, best first; the last is the portable one. Returns how many. For tests:
 * nx_scan_use() makes all scanners use one of them (by default the best). Not while other threads scan. */
struct nx_scan_kernel_info {
    const char *name;
    nx_scan_kernel fn;
};
size_t nx_scan_kernels(const struct nx_scan_kernel_info **ret);
void nx_scan_use(nx_scan_kernel fn);

/* Is [p, p+n) valid UTF-8 (no surrogates, no overlong forms, nothing over U+10FFFF)? */
bool nx_utf8_valid(const char *p, size_t n);

#endif
