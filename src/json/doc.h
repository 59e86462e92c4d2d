/*
 * Reads a JSON document into a cJSON tree: the one place that calls cJSON's parser.
 *
 * Checked before the tree is trusted, with serde_json's rules (json/scan.h): syntax, depth (NX_LIMIT(JSON_DEPTH)),
 * valid UTF-8, nothing after the document; and no U+0000 in strings, where cJSON would cut them. The size is the
 * caller's to limit before. Any thread.
 *
 * cJSON turns every number into a double. Here a number's item also keeps its text as written in `valuestring`
 * (cJSON_Delete frees it), so the getters below tell 1 from 1.0 and lose no digit of a 64-bit integer.
 */
#ifndef NX_JSON_DOC_H
#define NX_JSON_DOC_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"

/* Returns owned (cJSON_Delete). `name` is for messages. NX_EFORMAT with the byte offset, NX_ELIMIT, NX_ENOMEM. */
NX_MUST_USE int nx_doc_parse(const char *p, size_t n, const char *name, cJSON **ret, struct nx_err *err);

/* Member of an object, NULL if absent or not an object; the first where there are several. Case-sensitive. */
const cJSON *nx_doc_get(const cJSON *obj, const char *key);

/* How many members have that key: serde refuses a known member that is there twice. */
size_t nx_doc_count(const cJSON *obj, const char *key);

/* An integer as written without fraction or exponent, of at most `max` (or between min and max); false otherwise.
 * Takes NULL. */
bool nx_doc_u64(const cJSON *v, uint64_t max, uint64_t *ret);
bool nx_doc_i64(const cJSON *v, int64_t min, int64_t max, int64_t *ret);

/* Any number, as a double. */
bool nx_doc_double(const cJSON *v, double *ret);

#endif
