/*
 * Errors: one code from err.def, and the detail that a person needs.
 *
 * Functions that can fail return 0 (or a count) on success and a negative code, -NX_E<name>, on
 * failure, and then have filled the caller's struct nx_err. Outputs stay untouched on failure.
 * The struct is a value: the caller owns it, nothing in it needs freeing. Not shared between threads.
 *
 * A message reads `what 'object': why`, lower case, without a full stop; `hint` is the remedy.
 * Libraries report, programs log: nothing here prints.
 */
#ifndef NX_BASE_ERR_H
#define NX_BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

enum nx_code {
    NX_OK = 0,
#define NX_ERR(name, text, http, exit) NX_E##name,
#include "base/err.def"
#undef NX_ERR
    NX_ECOUNT
};

enum { NX_ERR_OBJECT = 4096, NX_ERR_WHY = 1024, NX_ERR_HINT = 512 };

#define NX_NOWHERE UINT64_MAX

struct nx_err {
    enum nx_code code;
    int sys;         /* errno, or 0 */
    uint64_t line;   /* 1-based line in the object, or NX_NOWHERE */
    uint64_t offset; /* byte offset in the object (or in the line, where one is given), or NX_NOWHERE */
    char object[NX_ERR_OBJECT]; /* the file or thing it is about, whole; "" for none */
    char why[NX_ERR_WHY];
    char hint[NX_ERR_HINT];
};

#if defined(__GNUC__)
#define NX_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NX_MUST_USE __attribute__((warn_unused_result))
#else
#define NX_PRINTF(f, a)
#define NX_MUST_USE
#endif

/* Empties `err`: code NX_OK, no place, no text. */
void nx_err_clear(struct nx_err *err);

/* Fills `err` (which may be NULL) and returns -code. Borrows `object` (may be NULL). */
int nx_fail(struct nx_err *err, enum nx_code code, const char *object, const char *fmt, ...)
    NX_PRINTF(4, 5);

/* The same for a failed system call: appends strerror(sys) to the text. */
int nx_fail_sys(struct nx_err *err, enum nx_code code, int sys, const char *object,
                const char *fmt, ...) NX_PRINTF(5, 6);

/* Adds the remedy, or the place, to an error already filled. `err` may be NULL. */
void nx_err_hint(struct nx_err *err, const char *fmt, ...) NX_PRINTF(2, 3);
void nx_err_at(struct nx_err *err, uint64_t line, uint64_t offset);

/* Puts what was being done before the text of an error already filled: `text: why`. `err` may be NULL. */
void nx_err_wrap(struct nx_err *err, const char *fmt, ...) NX_PRINTF(2, 3);

/* Names the object of an error that has none yet. */
void nx_err_object(struct nx_err *err, const char *object);

/* Writes `'object': why (line N, offset M)` into buf, always terminated; returns buf.
 * Control characters that came out of a file are escaped, so it may go to a terminal. */
const char *nx_err_text(const struct nx_err *err, char *buf, size_t cap);

/* The row of err.def: code text, HTTP status, exit status. Any thread. */
const char *nx_code_text(enum nx_code code);
int nx_code_http(enum nx_code code);
int nx_code_exit(enum nx_code code);

#endif
