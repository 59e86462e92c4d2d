/*
 * An output as it is answered: the bytes, a text, or a document. For src/api alone.
 */
#ifndef NX_API_ANSWER_OUTPUT_H
#define NX_API_ANSWER_OUTPUT_H

#include "api/ask_args.h"

/* As JSON: {"run","binary","test","stress_index","attempt","stream","truncated","original_size","bytes",
 * "utf8","text"}. */
NX_MUST_USE int nx_answer_output(const struct nx_found *run, const struct nx_output_query *q,
                                 const struct nx_output_found *o, enum nx_as as, struct nx_strbuf *out,
                                 enum nx_media *ret_media, struct nx_err *err);

#endif
