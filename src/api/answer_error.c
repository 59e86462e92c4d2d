#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/answer.h"
#include "api/answer_put.h"

static void put_text(struct nx_json *w, const char *key, const char *text)
{
    nx_json_key(w, key);
    nx_json_strz(w, *text ? text : NULL);
}

static void put_place(struct nx_json *w, const char *key, uint64_t v)
{
    nx_json_key(w, key);
    if (v == NX_NOWHERE) {
        nx_json_null(w);
    } else {
        nx_json_u64(w, v);
    }
}

void nx_put_error(struct nx_json *w, const struct nx_err *e)
{
    nx_json_obj(w);
    put_text(w, "code", nx_code_text(e->code));
    put_text(w, "message", e->why);
    put_text(w, "hint", e->hint);
    put_text(w, "object", e->object);
    put_place(w, "line", e->line);
    put_place(w, "offset", e->offset);
    nx_json_end_obj(w);
}

void nx_answer_error(const struct nx_err *e, struct nx_strbuf *out)
{
    struct nx_json w;
    nx_json_init(&w, out);
    nx_json_obj(&w);
    nx_json_key(&w, "error");
    nx_put_error(&w, e);
    nx_json_end_obj(&w);
    nx_strbuf_addc(out, '\n');
}
