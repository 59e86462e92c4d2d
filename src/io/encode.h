/*
 * Content encodings of HTTP: compresses what a sink would have got.
 *
 * An encoder is a sink in front of a sink: write into nx_encoder_sink(), then end it. One thread per encoder.
 * Levels are chosen for speed: the other end is mostly the same machine. Compressed bytes are the same for
 * the same input within one version of the libraries, which is all that an entity tag promises.
 */
#ifndef NX_IO_ENCODE_H
#define NX_IO_ENCODE_H

#include "io/sink.h"

enum nx_encoding { NX_ENC_IDENTITY, NX_ENC_GZIP, NX_ENC_ZSTD, NX_ENC_COUNT };

struct nx_encoder;

/* `to` (borrowed) gets the compressed bytes. Not for NX_ENC_IDENTITY. Returns owned. */
NX_MUST_USE int nx_encoder_open(enum nx_encoding enc, struct nx_sink *to, struct nx_encoder **ret,
                                struct nx_err *err);
struct nx_sink *nx_encoder_sink(struct nx_encoder *e); /* borrowed */

/* Writes what is still held back, and the trailer. */
NX_MUST_USE int nx_encoder_end(struct nx_encoder *e, struct nx_err *err);
void nx_encoder_close(struct nx_encoder *e); /* takes NULL */

/* The whole of a regular file, from its first byte, whatever its descriptor's offset. */
NX_MUST_USE int nx_encode_fd(enum nx_encoding enc, int fd, const char *name, struct nx_sink *to,
                             struct nx_err *err);

#endif
