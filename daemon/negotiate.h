/*
 * What a client asks of a representation: encoding, freshness, a part of it. Pure functions over header
 * values (RFC 9110 sections 12.5.3, 13.1, 14); NULL is an absent header. Any thread.
 */
#ifndef NXD_NEGOTIATE_H
#define NXD_NEGOTIATE_H

#include <stdbool.h>
#include <stdint.h>

#include "io/encode.h"

/* The best of what we have: highest q, and of equal ones zstd, then gzip, then none. Where nothing is
 * acceptable to the client it gets the plain form, as the RFC allows. */
enum nx_encoding negotiate_encoding(const char *accept_encoding);

/* Does If-None-Match name `etag` (weakly compared), or is it `*`? */
bool negotiate_match(const char *if_none_match, const char *etag);

enum range { RANGE_WHOLE, RANGE_PART, RANGE_NOWHERE };

/* One range of bytes. RANGE_PART: *first to *last, both included. RANGE_NOWHERE: none of it lies in the
 * file (416). Several ranges, another unit and nonsense are passed over, as the RFC lets a server do: the
 * whole is sent. */
enum range negotiate_range(const char *range, uint64_t size, uint64_t *first, uint64_t *last);

/* May the range be used? If-Range must name `etag` (strongly compared); a date never matches. */
bool negotiate_if_range(const char *if_range, const char *etag);

#endif
