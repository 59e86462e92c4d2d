#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/openapi.h"

#include <stdio.h>
#include <string.h>

#include "api/questions.h"
#include "json/write.h"

/* --- the tables, as texts --- */

static const struct {
    const char *name, *text;
} schemas[] = {
#define NX_SCHEMA(name, ...) {#name, #__VA_ARGS__},
#define NX_PARAM_SCHEMA(name, ...)
#define NX_REPLY(question, media, ...)
#include "api/schemas.def"
#undef NX_SCHEMA
#undef NX_PARAM_SCHEMA
#undef NX_REPLY
};

static const struct {
    const char *name, *text;
} param_schemas[] = {
#define NX_SCHEMA(name, ...)
#define NX_PARAM_SCHEMA(name, ...) {name, #__VA_ARGS__},
#define NX_REPLY(question, media, ...)
#include "api/schemas.def"
#undef NX_SCHEMA
#undef NX_PARAM_SCHEMA
#undef NX_REPLY
};

static const struct {
    enum nx_question question;
    const char *media, *text;
} replies[] = {
#define NX_SCHEMA(name, ...)
#define NX_PARAM_SCHEMA(name, ...)
#define NX_REPLY(question, media, ...) {NX_Q_##question, media, #__VA_ARGS__},
#include "api/schemas.def"
#undef NX_SCHEMA
#undef NX_PARAM_SCHEMA
#undef NX_REPLY
};

enum {
    SCHEMAS = sizeof(schemas) / sizeof(schemas[0]),
    PARAMS = sizeof(param_schemas) / sizeof(param_schemas[0]),
    REPLIES = sizeof(replies) / sizeof(replies[0])
};

/* A value that is JSON already, without the spaces that the preprocessor left in it. */
static void put_raw(struct nx_json *w, const char *text)
{
    bool quoted = false;
    nx_json_raw(w, NX_LIT(""));
    for (; *text; text++) {
        if (*text == '"') {
            quoted = !quoted;
        }
        if (quoted && *text == '\\' && text[1]) {
            nx_strbuf_addc(w->out, *text++);
        } else if (!quoted && *text == ' ') {
            continue;
        }
        nx_strbuf_addc(w->out, *text);
    }
}

static void put_key_str(struct nx_json *w, const char *key, const char *value)
{
    nx_json_key(w, key);
    nx_json_strz(w, value);
}

/* --- routes --- */

enum { ROUTE = 160, OPTIONAL = 4 };

/* The route with those of its bracketed parts that `with` has a bit for. Returns how many such parts there
 * are. */
static unsigned spell(const char *route, unsigned with, char *buf)
{
    unsigned parts = 0;
    size_t n = 0;
    bool skip = false;
    for (; *route && n + 1 < ROUTE; route++) {
        if (*route == '[') {
            skip = !(with & 1u << parts);
            parts++;
        } else if (*route == ']') {
            skip = false;
        } else if (!skip) {
            buf[n++] = *route;
        }
    }
    buf[n] = '\0';
    return parts;
}

static const char *schema_of(const char *name)
{
    for (size_t i = 0; i < PARAMS; i++) {
        if (strcmp(param_schemas[i].name, name) == 0) {
            return param_schemas[i].text;
        }
    }
    return "{}";
}

/* A parameter stands in this spelling's path, in its query, or, as .slot, not at all. */
static void put_param(struct nx_json *w, const struct nx_param *p, const char *path)
{
    char braced[64];
    snprintf(braced, sizeof(braced), "{%s}", p->name);
    bool in_path = strstr(path, braced) != NULL;
    if (!in_path && p->where == NX_IN_PATH && strcmp(p->name, "workspace") != 0) {
        return;
    }
    if (!in_path && p->question == NX_Q_TRACE) {
        return;
    }
    nx_json_obj(w);
    put_key_str(w, "name", p->name);
    put_key_str(w, "in", in_path ? "path" : "query");
    put_key_str(w, "description", p->help);
    nx_json_key(w, "required");
    nx_json_bool(w, in_path || strcmp(p->name, "base") == 0 || strcmp(p->name, "head") == 0);
    nx_json_key(w, "schema");
    put_raw(w, schema_of(p->name));
    nx_json_end_obj(w);
}

static void put_replies(struct nx_json *w, enum nx_question q)
{
    nx_json_key(w, "responses");
    nx_json_obj(w);
    nx_json_key(w, "200");
    nx_json_obj(w);
    put_key_str(w, "description", "the answer");
    nx_json_key(w, "content");
    nx_json_obj(w);
    for (size_t i = 0; i < REPLIES; i++) {
        if (replies[i].question == q) {
            nx_json_key(w, replies[i].media);
            nx_json_obj(w);
            nx_json_key(w, "schema");
            put_raw(w, replies[i].text);
            nx_json_end_obj(w);
        }
    }
    nx_json_end_obj(w);
    nx_json_end_obj(w);
    nx_json_key(w, "default");
    put_raw(w, "{\"description\":\"an error\",\"content\":{\"application/json\":{\"schema\":"
               "{\"$ref\":\"#/components/schemas/Error\"}}}}");
    nx_json_end_obj(w);
}

static void put_operation(struct nx_json *w, enum nx_question q, unsigned with, const char *path)
{
    char id[64];
    const struct nx_param *p;
    snprintf(id, sizeof(id), with ? "%s-%u" : "%s", nx_question_word(q), with);
    nx_json_key(w, path);
    nx_json_obj(w);
    nx_json_key(w, "get");
    nx_json_obj(w);
    put_key_str(w, "operationId", id);
    put_key_str(w, "summary", nx_question_help(q));
    nx_json_key(w, "parameters");
    nx_json_arr(w);
    for (size_t i = 0; (p = nx_question_param(i)) != NULL; i++) {
        if (p->question == q) {
            put_param(w, p, path);
        }
    }
    nx_json_end_arr(w);
    put_replies(w, q);
    nx_json_end_obj(w);
    nx_json_end_obj(w);
}

static void put_paths(struct nx_json *w)
{
    char path[ROUTE];
    nx_json_key(w, "paths");
    nx_json_obj(w);
    for (int q = 0; q < NX_Q_COUNT; q++) {
        const char *route = nx_question_route((enum nx_question)q);
        unsigned parts = spell(route, 0, path);
        for (unsigned with = 0; route[0] && parts <= OPTIONAL && with < 1u << parts; with++) {
            spell(route, with, path);
            put_operation(w, (enum nx_question)q, with, path);
        }
    }
    nx_json_end_obj(w);
}

int nx_answer_openapi(struct nx_strbuf *out, struct nx_err *err)
{
    struct nx_json w;
    nx_json_init(&w, out);
    nx_json_obj(&w);
    put_key_str(&w, "openapi", "3.1.0");
    nx_json_key(&w, "info");
    put_raw(&w, "{\"title\":\"nxtrace\",\"version\":\"1\",\"description\":"
                "\"What cargo-nextest recorded: runs, tests, outputs, and what follows from many runs.\"}");
    put_paths(&w);
    nx_json_key(&w, "components");
    nx_json_obj(&w);
    nx_json_key(&w, "schemas");
    nx_json_obj(&w);
    for (size_t i = 0; i < SCHEMAS; i++) {
        nx_json_key(&w, schemas[i].name);
        put_raw(&w, schemas[i].text);
    }
    nx_json_end_obj(&w);
    nx_json_end_obj(&w);
    nx_json_end_obj(&w);
    nx_strbuf_addc(out, '\n');
    return out->failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory for the answer") : 0;
}
