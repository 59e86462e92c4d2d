/*
 * Writing a string's characters as JSON, as serde_json does: quotes, backslashes and control characters are escaped
 * (short forms where JSON has one, else \u00xx in lower case), everything else is written as it is.
 * Any thread.
 */
#ifndef NX_JSON_ESCAPE_H
#define NX_JSON_ESCAPE_H

#include "base/strbuf.h"

/* The escape of byte c: its text and length, or 0 where c stands for itself. */
extern const unsigned char nx_escape_len[256];
size_t nx_escape_put(char *buf, unsigned char c); /* at most 6 bytes; c must have nx_escape_len > 0 */

/* Appends s between quotes. Invalid UTF-8 becomes U+FFFD, a maximal bad part each. */
void nx_escape_str(struct nx_strbuf *out, struct nx_slice s);

#endif
