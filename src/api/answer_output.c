#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/answer_output.h"

#include "api/answer_put.h"
#include "api/put_exec.h"
#include "base/utf8.h"
#include "json/scan.h"

/* Each byte that belongs to no character becomes one U+FFFD. */
static void add_lossy(struct nx_strbuf *out, const char *p, size_t n)
{
    while (n > 0) {
        uint32_t c;
        size_t k = nx_utf8_char(p, n, &c);
        if (k > 0) {
            nx_strbuf_add(out, p, k);
        } else {
            nx_strbuf_adds(out, "\xef\xbf\xbd");
            k = 1;
        }
        p += k;
        n -= k;
    }
}

static int put_document(const struct nx_found *run, const struct nx_output_query *q,
                        const struct nx_output_found *o, bool utf8, struct nx_strbuf *out, struct nx_err *err)
{
    static const char *const streams[] = {
        [NX_STDOUT] = "stdout", [NX_STDERR] = "stderr", [NX_COMBINED] = "combined"};
    struct nx_json w;
    nx_json_init(&w, out);
    nx_json_obj(&w);
    nx_put_key_strz(&w, "run", run->uuid);
    nx_put_key_slice(&w, "binary", q->binary);
    nx_put_key_slice(&w, "test", q->test);
    nx_json_key(&w, "stress_index");
    if (run->stress) {
        nx_json_u64(&w, q->stress);
    } else {
        nx_json_null(&w);
    }
    nx_put_key_u64(&w, "attempt", o->attempt);
    nx_put_key_strz(&w, "stream", streams[q->stream]);
    nx_put_key_bool(&w, "truncated", o->truncated);
    nx_json_key(&w, "original_size");
    if (o->truncated) {
        nx_json_u64(&w, o->original_size);
    } else {
        nx_json_null(&w);
    }
    nx_put_key_u64(&w, "bytes", o->n);
    nx_put_key_bool(&w, "utf8", utf8);
    nx_put_key_slice(&w, "text", (struct nx_slice){o->p, o->n});
    nx_json_end_obj(&w);
    return nx_put_end(out, err);
}

int nx_answer_output(const struct nx_found *run, const struct nx_output_query *q,
                     const struct nx_output_found *o, enum nx_as as, struct nx_strbuf *out,
                     enum nx_media *ret_media, struct nx_err *err)
{
    bool utf8 = nx_utf8_valid(o->p, o->n);
    if (as == NX_AS_JSON) {
        *ret_media = NX_MEDIA_JSON;
        return put_document(run, q, o, utf8, out, err);
    }
    *ret_media = utf8 || as == NX_AS_TEXT ? NX_MEDIA_TEXT : NX_MEDIA_BYTES;
    if (as == NX_AS_TEXT && !utf8) {
        add_lossy(out, o->p, o->n);
    } else {
        nx_strbuf_add(out, o->p, o->n);
    }
    return out->failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory for an output") : 0;
}
