/*
 * Times as a person writes them on a command line.
 */
#ifndef CLIENT_WHEN_H
#define CLIENT_WHEN_H

#include "base/err.h"

enum { WHEN_TEXT = 48 };

/* `2h` ago (s, m, h, d, w), `2026-11-24` (midnight here), `2026-11-24 10:13[:17]` (here), or RFC 3339, as RFC
 * 3339 in buf of WHEN_TEXT. What it cannot read it copies: src/api refuses it. NX_EUSAGE where it is too long
 * for a time. */
NX_MUST_USE int when_read(const char *word, char *buf, struct nx_err *err);

#endif
