/*
 * Reads a JSON document into a cJSON tree: the one place that calls cJSON_Parse.
 *
 * Checked before the tree is trusted: size by the caller's limit, depth (NX_LIMIT(JSON_DEPTH)), valid UTF-8, no
 * U+0000 in strings (cJSON cuts there), nothing after the document, no duplicate keys in one object (serde refuses them for known members).
 * Integers beyond 2^53 lose digits in cJSON, so nx_doc_u64() refuses them.
 */
#ifndef NX_JSON_DOC_H
#define NX_JSON_DOC_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/slice.h"

/* Returns owned (cJSON_Delete). `name` is for messages. */
NX_MUST_USE int nx_doc_parse(const char *p, size_t n, const char *name, cJSON **ret, struct nx_err *err);

/* Member of an object, NULL if absent or not an object. Iterates; case-sensitive. */
const cJSON *nx_doc_get(const cJSON *obj, const char *key);

/* Non-negative integer of at most `max` exactly; false otherwise. Refuses fractions, and values of 2^53 and over. */
bool nx_doc_u64(const cJSON *v, uint64_t max, uint64_t *ret);

#endif
