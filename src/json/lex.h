/*
 * The tokens that reading and passing over share. Private to src/json.
 */
#ifndef NX_JSON_LEX_H
#define NX_JSON_LEX_H

#include "json/scan.h"

static inline bool nx_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Moves to `at` and fails there. */
bool nx_scan_fail_at(struct nx_scan *s, const char *at, const char *why);

/* Runs from p to the closing quote, checking every byte; NULL on an error. Counts the escapes. */
const char *nx_scan_to_quote(struct nx_scan *s, const char *p, bool checked, size_t *ret_escapes);

/* The end of the number at p by JSON's grammar, or NULL; *ret_float: it has a fraction or an exponent. */
const char *nx_scan_number_end(const char *p, const char *end, bool *ret_float);

/* The double of the number [p, q); not finite is an error. */
bool nx_scan_to_double(struct nx_scan *s, const char *p, const char *q, double *ret);

/* The length of the valid multi-byte character at p (before end), or 0. */
unsigned nx_utf8_len(const char *p, const char *end);

/* Writes the character c (up to 4 bytes); returns how many. */
size_t nx_utf8_put(char *out, uint32_t c);

#endif
