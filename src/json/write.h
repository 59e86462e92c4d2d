/*
 * Writes JSON documents into a strbuf: commas and escapes are taken care of, nesting is checked by assert.
 *
 * For API answers; the trace has an emitter of its own (trace/emit.h) that shares the escaping.
 * Strings must be valid UTF-8; what is not is written as U+FFFD. Errors are the strbuf's sticky failure.
 */
#ifndef NX_JSON_WRITE_H
#define NX_JSON_WRITE_H

#include "base/strbuf.h"

struct nx_json {
    struct nx_strbuf *out;
    uint64_t first; /* bit d: nothing written yet at depth d */
    unsigned depth; /* up to 60 */
    bool after_key;
};

void nx_json_init(struct nx_json *w, struct nx_strbuf *out);
void nx_json_obj(struct nx_json *w);
void nx_json_end_obj(struct nx_json *w);
void nx_json_arr(struct nx_json *w);
void nx_json_end_arr(struct nx_json *w);
void nx_json_key(struct nx_json *w, const char *key); /* key needs no escaping */
void nx_json_key_slice(struct nx_json *w, struct nx_slice key); /* any key */
void nx_json_str(struct nx_json *w, struct nx_slice s);
void nx_json_strz(struct nx_json *w, const char *z);  /* NULL: null */
void nx_json_u64(struct nx_json *w, uint64_t v);
void nx_json_i64(struct nx_json *w, int64_t v);
void nx_json_double(struct nx_json *w, double v);     /* shortest form, as serde_json; not finite: null */
void nx_json_bool(struct nx_json *w, bool v);
void nx_json_null(struct nx_json *w);
void nx_json_raw(struct nx_json *w, struct nx_slice json); /* a value that is JSON already */

#endif
