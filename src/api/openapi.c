#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/openapi.h"

#include <stdio.h>
#include <string.h>

#include "api/openapi_faults.h"
#include "api/questions.h"
#include "json/write.h"

/* --- the tables, as texts --- */

static const struct {
    const char *name, *text;
} schemas[] = {
#define NX_SCHEMA(name, ...) {#name, #__VA_ARGS__},
#include "api/schemas.def"
};

static const struct {
    const char *name, *text;
} param_schemas[] = {
#define NX_PARAM_SCHEMA(name, ...) {name, #__VA_ARGS__},
#include "api/schemas.def"
};

static const struct {
    enum nx_question question;
    const char *media, *text;
} replies[] = {
#define NX_REPLY(question, media, ...) {NX_Q_##question, media, #__VA_ARGS__},
#include "api/schemas.def"
};

static const struct live {
    const char *word, *route, *help, *media, *text;
} live[] = {
#define NX_LIVE(word, route, help, media, ...) {#word, route, help, media, #__VA_ARGS__},
#include "api/schemas.def"
};

static const struct {
    const char *word, *name, *in, *help;
} live_params[] = {
#define NX_LIVE_PARAM(word, name, in, help) {#word, name, in, help},
#include "api/schemas.def"
};

enum {
    SCHEMAS = sizeof(schemas) / sizeof(schemas[0]),
    PARAMS = sizeof(param_schemas) / sizeof(param_schemas[0]),
    REPLIES = sizeof(replies) / sizeof(replies[0]),
    LIVE = sizeof(live) / sizeof(live[0]),
    LIVE_PARAMS = sizeof(live_params) / sizeof(live_params[0]),
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

static void put_one_param(struct nx_json *w, const char *name, const char *in, const char *help,
                          bool required)
{
    nx_json_obj(w);
    put_key_str(w, "name", name);
    put_key_str(w, "in", in);
    put_key_str(w, "description", help);
    nx_json_key(w, "required");
    nx_json_bool(w, required);
    nx_json_key(w, "schema");
    put_raw(w, schema_of(name));
    nx_json_end_obj(w);
}

static bool is_in_path(const char *name, const char *path)
{
    char braced[64];
    snprintf(braced, sizeof(braced), "{%s}", name);
    return strstr(path, braced) != NULL;
}

/* A parameter stands in this spelling's path, in its query, or, as .slot, not at all. Returns its traits. */
static unsigned put_param(struct nx_json *w, const struct nx_param *p, const char *path)
{
    bool in_path = is_in_path(p->name, path);
    if (!in_path && p->where == NX_IN_PATH && strcmp(p->name, "workspace") != 0) {
        return 0;
    }
    if (!in_path && p->question == NX_Q_TRACE) {
        return 0;
    }
    put_one_param(w, p->name, in_path ? "path" : "query", p->help,
                  in_path || strcmp(p->name, "base") == 0 || strcmp(p->name, "head") == 0);
    return nx_openapi_traits_of(p->name);
}

static void put_content(struct nx_json *w, const char *media, const char *schema)
{
    nx_json_key(w, media);
    nx_json_obj(w);
    nx_json_key(w, "schema");
    put_raw(w, schema);
    nx_json_end_obj(w);
}

/* Up to and into "content" of the good answer, and from there to the end. */
static void begin_replies(struct nx_json *w)
{
    nx_json_end_arr(w); /* of the parameters */
    nx_json_key(w, "responses");
    nx_json_obj(w);
    nx_json_key(w, "200");
    nx_json_obj(w);
    put_key_str(w, "description", "the answer");
    nx_json_key(w, "content");
    nx_json_obj(w);
}

static void end_replies(struct nx_json *w, unsigned traits)
{
    nx_json_end_obj(w);
    nx_json_end_obj(w);
    nx_openapi_put_faults(w, traits);
    nx_json_end_obj(w);
    nx_json_end_obj(w); /* of the operation */
    nx_json_end_obj(w); /* of the path */
}

/* Up to and into the parameters. */
static void begin_operation(struct nx_json *w, const char *word, const char *help, unsigned with,
                            const char *path)
{
    char id[64];
    snprintf(id, sizeof(id), with ? "%s-%u" : "%s", word, with);
    nx_json_key(w, path);
    nx_json_obj(w);
    nx_json_key(w, "get");
    nx_json_obj(w);
    put_key_str(w, "operationId", id);
    put_key_str(w, "summary", help);
    nx_json_key(w, "parameters");
    nx_json_arr(w);
}

static void put_question(struct nx_json *w, enum nx_question q, unsigned with, const char *path)
{
    const struct nx_param *p;
    unsigned traits = NX_OPENAPI_TAGGED | (q == NX_Q_TRACE ? NX_OPENAPI_RANGES : 0);
    begin_operation(w, nx_question_word(q), nx_question_help(q), with, path);
    for (size_t i = 0; (p = nx_question_param(i)) != NULL; i++) {
        if (p->question == q) {
            traits |= put_param(w, p, path);
        }
    }
    begin_replies(w);
    for (size_t i = 0; i < REPLIES; i++) {
        if (replies[i].question == q) {
            put_content(w, replies[i].media, replies[i].text);
        }
    }
    end_replies(w, traits);
}

static void put_live(struct nx_json *w, const struct live *l, unsigned with, const char *path)
{
    unsigned traits = strcmp(l->media, "application/json") == 0 ? NX_OPENAPI_TAGGED : 0;
    begin_operation(w, l->word, l->help, with, path);
    for (size_t i = 0; i < LIVE_PARAMS; i++) {
        if (strcmp(live_params[i].word, l->word) == 0) {
            bool in_path = is_in_path(live_params[i].name, path);
            put_one_param(w, live_params[i].name, in_path ? "path" : live_params[i].in, live_params[i].help,
                          in_path);
            traits |= nx_openapi_traits_of(live_params[i].name);
        }
    }
    begin_replies(w);
    put_content(w, l->media, l->text);
    end_replies(w, traits);
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
            put_question(w, (enum nx_question)q, with, path);
        }
    }
    for (size_t i = 0; i < LIVE; i++) {
        unsigned parts = spell(live[i].route, 0, path);
        for (unsigned with = 0; parts <= OPTIONAL && with < 1u << parts; with++) {
            spell(live[i].route, with, path);
            put_live(w, &live[i], with, path);
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
    nx_openapi_put_fault_components(&w);
    nx_json_end_obj(&w);
    nx_json_end_obj(&w);
    nx_strbuf_addc(out, '\n');
    return out->failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory for the answer") : 0;
}
