/*
 * Asks a daemon over plain HTTP, as little as nxctl watch needs: HTTP/1.0, an answer that goes on until the
 * connection ends.
 */
#ifndef CLIENT_STREAM_H
#define CLIENT_STREAM_H

#include <stdio.h>

#include "base/strbuf.h"

/* GETs `path` from http://HOST[:PORT]; *ret is at the body, *ret_status its status. NX_EUSAGE for another
 * kind of address, NX_EIO. */
NX_MUST_USE int stream_open(const char *url, const char *path, FILE **ret, int *ret_status,
                            struct nx_err *err);

/* The same, whole, and not waiting for ever; an answer that is no 200 becomes the error that it tells. */
NX_MUST_USE int stream_get(const char *url, const char *path, struct nx_strbuf *out, struct nx_err *err);

/* Appends text as a part of an address: everything but letters, digits and -._~ percent-encoded. */
void stream_encode(struct nx_strbuf *b, const char *text);

#endif
