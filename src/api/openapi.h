/*
 * The description of this API, as OpenAPI 3.1: src/api/openapi.json, built in.
 */
#ifndef NX_API_OPENAPI_H
#define NX_API_OPENAPI_H

#include "base/strbuf.h"

NX_MUST_USE int nx_answer_openapi(struct nx_strbuf *out, struct nx_err *err);

#endif
