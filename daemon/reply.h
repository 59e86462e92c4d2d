/*
 * Responses: their headers, in one place.
 *
 * Every answer carries nosniff, a resource policy, and, for pages of an allowed origin, the CORS headers; and
 * `Vary: Origin`, since it could have been otherwise.
 */
#ifndef NXD_REPLY_H
#define NXD_REPLY_H

#include "daemon/req.h"

/* Adds a header; a failure (no memory) is told by false. */
bool reply_header(struct MHD_Response *resp, const char *name, const char *value);

/* The headers that all answers have. `vary_encoding`: it also depends on Accept-Encoding. `origin` is an
 * allowed one, or NULL. */
void reply_common(struct MHD_Response *resp, const char *origin, bool vary_encoding);

/* The allowed origin that asks, or NULL. */
const char *reply_origin(const struct req *r);

/* A JSON error document; takes the buffer's memory. */
struct MHD_Response *reply_error(struct req *r, struct nx_strbuf *doc, unsigned status);

/* 204 with Allow, and with the CORS permissions for an allowed origin's preflight. */
struct MHD_Response *reply_options(struct req *r);

/* "gzip", "zstd", or NULL. */
const char *reply_encoding_name(enum nx_encoding enc);

#endif
