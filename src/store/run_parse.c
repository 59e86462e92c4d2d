/* Reading a run out of JSON, as strict and as lax as nextest's serde types are. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "event/ident.h"
#include "json/doc.h"
#include "store/fields.h"
#include "store/run.h"

static int bad(struct nx_err *err, const char *name, const char *wanted)
{
    return nx_fail(err, NX_EFORMAT, NULL, "field `%s` is not %s", name, wanted);
}

int nx_fields_of(const cJSON *v, const char *what, struct nx_err *err)
{
    return cJSON_IsObject(v) || cJSON_IsArray(v)
               ? 0
               : nx_fail(err, NX_EFORMAT, NULL, "%s is not an object", what);
}

int nx_field(const cJSON *obj, int place, const char *name, bool required, const cJSON **ret,
             struct nx_err *err)
{
    if (cJSON_IsArray(obj)) {
        *ret = obj->child;
        for (int i = 0; i < place && *ret; i++)
            *ret = (*ret)->next;
    } else if (nx_doc_count(obj, name) > 1) {
        return nx_fail(err, NX_EFORMAT, NULL, "duplicate field `%s`", name);
    } else {
        *ret = nx_doc_get(obj, name);
    }
    if (!*ret && required)
        return nx_fail(err, NX_EFORMAT, NULL, "missing field `%s`", name);
    return 0;
}

int nx_field_u64(const cJSON *obj, int place, const char *name, bool required, uint64_t max, uint64_t *ret,
                 struct nx_err *err)
{
    const cJSON *v;
    int rc = nx_field(obj, place, name, required, &v, err);
    if (rc < 0 || !v)
        return rc;
    return nx_doc_u64(v, max, ret) ? 0 : bad(err, name, "a whole number in range");
}

static int field_u32(const cJSON *obj, int place, const char *name, bool required, uint32_t *ret,
                     struct nx_err *err)
{
    uint64_t v = *ret;
    int rc = nx_field_u64(obj, place, name, required, UINT32_MAX, &v, err);
    *ret = (uint32_t)v;
    return rc;
}

static int keep(char **ret, const char *z, struct nx_err *err)
{
    *ret = strdup(z);
    return *ret ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory for a run");
}

/* --- strings with a form --- */

static int uuid(const cJSON *v, const char *name, char ret[37], struct nx_err *err)
{
    if (cJSON_IsString(v) && nx_uuid_parse(nx_slice_of(v->valuestring), ret))
        return 0;
    return bad(err, name, "a UUID");
}

static int instant(const cJSON *obj, int place, const char *name, struct nx_instant *ret, struct nx_err *err)
{
    const cJSON *v;
    int rc = nx_field(obj, place, name, true, &v, err);
    if (rc < 0)
        return rc;
    if (!cJSON_IsString(v))
        return bad(err, name, "a time");
    rc = nx_instant_parse(nx_slice_of(v->valuestring), ret);
    return rc < 0 ? nx_fail(err, NX_EFORMAT, NULL, "field `%s` is not a time: %s", name, nx_instant_why(rc))
                  : 0;
}

/* A number of a version: no leading zero, and it fits in 64 bits. NULL: it is none. */
static const char *version_number(const char *p)
{
    uint64_t v = 0;
    const char *start = p;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
            return NULL;
    return p == start || (*start == '0' && p > start + 1) ? NULL : p;
}

/* Identifiers between dots; those of a pre-release that are all digits have no leading zero. */
static const char *version_idents(const char *p, bool pre)
{
    for (;;) {
        const char *start = p;
        bool digits = true;
        for (; (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '-';
             p++)
            digits = digits && *p >= '0' && *p <= '9';
        if (p == start || (pre && digits && *start == '0' && p > start + 1))
            return NULL;
        if (*p != '.')
            return p;
        p++;
    }
}

/* Semantic versioning, as Rust's semver crate reads it. */
static bool is_version(const char *p)
{
    for (int i = 0; i < 3; i++) {
        if (!(p = version_number(p)))
            return false;
        if (i < 2 && *p++ != '.')
            return false;
    }
    if (*p == '-' && !(p = version_idents(p + 1, true)))
        return false;
    if (*p == '+' && !(p = version_idents(p + 1, false)))
        return false;
    return *p == '\0';
}

/* --- lists --- */

static int strings(const cJSON *obj, int place, const char *name, char ***ret, size_t *ret_n,
                   struct nx_err *err)
{
    const cJSON *v;
    int rc = nx_field(obj, place, name, false, &v, err);
    if (rc < 0)
        return rc;
    if (v && !cJSON_IsArray(v))
        return bad(err, name, "a list of strings");
    size_t n = 0;
    for (const cJSON *s = v ? v->child : NULL; s; s = s->next, n++)
        if (!cJSON_IsString(s))
            return bad(err, name, "a list of strings");
    *ret = calloc(n + 1, sizeof **ret);
    if (!*ret)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for a run");
    for (const cJSON *s = v ? v->child : NULL; s; s = s->next, ++*ret_n)
        if ((rc = keep(&(*ret)[*ret_n], s->valuestring, err)) < 0)
            return rc;
    return 0;
}

struct var {
    const cJSON *item;
    size_t place;
};

static int by_name(const void *a, const void *b)
{
    const struct var *x = a, *y = b;
    int c = strcmp(x->item->string, y->item->string);
    /* Of equal names the last one counts: it comes to the front, and the first of equals is kept. */
    return c != 0 ? c : x->place < y->place ? 1 : -1;
}

static int keep_env(struct nx_run *run, const struct var *vars, size_t n, struct nx_err *err)
{
    run->env = calloc(n ? n : 1, sizeof *run->env);
    if (!run->env)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for a run");
    for (size_t i = 0; i < n; i++) {
        const cJSON *item = vars[i].item;
        if (i > 0 && strcmp(item->string, vars[i - 1].item->string) == 0)
            continue;
        struct nx_env *e = &run->env[run->env_n++];
        int rc = keep(&e->name, item->string, err);
        if (rc == 0)
            rc = keep(&e->value, item->valuestring, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int env(const cJSON *obj, int place, struct nx_run *run, struct nx_err *err)
{
    const cJSON *v;
    int rc = nx_field(obj, place, "env-vars", false, &v, err);
    if (rc < 0)
        return rc;
    if (v && !cJSON_IsObject(v))
        return bad(err, "env-vars", "an object of strings");
    size_t n = 0;
    for (const cJSON *m = v ? v->child : NULL; m; m = m->next, n++)
        if (!cJSON_IsString(m))
            return bad(err, "env-vars", "an object of strings");
    struct var *vars = calloc(n ? n : 1, sizeof *vars);
    if (!vars)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for a run");
    n = 0;
    for (const cJSON *m = v ? v->child : NULL; m; m = m->next, n++)
        vars[n] = (struct var){m, n};
    if (n > 1)
        qsort(vars, n, sizeof *vars, by_name);
    rc = keep_env(run, vars, n, err);
    free(vars);
    return rc;
}

/* --- sizes, status --- */

static int component(const cJSON *sizes, int place, const char *name, struct nx_sizes *ret,
                     struct nx_err *err)
{
    const cJSON *v;
    int rc;
    if ((rc = nx_field(sizes, place, name, true, &v, err)) < 0 || (rc = nx_fields_of(v, name, err)) < 0 ||
        (rc = nx_field_u64(v, 0, "compressed", true, UINT64_MAX, &ret->compressed, err)) < 0 ||
        (rc = nx_field_u64(v, 1, "uncompressed", true, UINT64_MAX, &ret->uncompressed, err)) < 0)
        return rc;
    return nx_field_u64(v, 2, "entries", false, UINT64_MAX, &ret->entries, err);
}

static int sizes(const cJSON *obj, int place, struct nx_run *run, struct nx_err *err)
{
    const cJSON *v;
    int rc;
    if ((rc = nx_field(obj, place, "sizes", true, &v, err)) < 0 || (rc = nx_fields_of(v, "sizes", err)) < 0 ||
        (rc = component(v, 0, "log", &run->log, err)) < 0)
        return rc;
    return component(v, 1, "store", &run->store, err);
}

static int counts(const cJSON *v, bool stress, struct nx_run *run, struct nx_err *err)
{
    uint64_t max = stress ? UINT32_MAX : UINT64_MAX;
    const cJSON *initial, *code;
    const char *name = stress ? "initial-iteration-count" : "initial-run-count";
    int64_t exit_code;
    int rc = nx_field(v, 1, name, !stress, &initial, err);
    if (rc < 0)
        return rc;
    run->has_initial = initial && !(stress && cJSON_IsNull(initial));
    if (run->has_initial &&
        (!nx_doc_u64(initial, max, &run->initial_count) || (stress && run->initial_count == 0)))
        return bad(err, name, "a whole number in range");
    if ((rc = nx_field_u64(v, 2, stress ? "success-count" : "passed", true, max, &run->passed, err)) < 0 ||
        (rc = nx_field_u64(v, 3, stress ? "failed-count" : "failed", true, max, &run->failed, err)) < 0 ||
        (rc = nx_field(v, 4, "exit-code", true, &code, err)) < 0)
        return rc;
    if (!nx_doc_i64(code, INT32_MIN, INT32_MAX, &exit_code))
        return bad(err, "exit-code", "a whole number in range");
    run->exit_code = (int32_t)exit_code;
    return 0;
}

static int status(const cJSON *obj, int place, struct nx_run *run, struct nx_err *err)
{
    static const struct {
        const char *text;
        enum nx_run_status status;
    } known[] = {
        {"incomplete", NX_RUN_INCOMPLETE},
        {"completed", NX_RUN_COMPLETED},
        {"cancelled", NX_RUN_CANCELLED},
        {"stress-completed", NX_RUN_STRESS_COMPLETED},
        {"stress-cancelled", NX_RUN_STRESS_CANCELLED},
    };
    const cJSON *v, *tag;
    int rc;
    if ((rc = nx_field(obj, place, "status", true, &v, err)) < 0 ||
        (rc = nx_fields_of(v, "status", err)) < 0 || (rc = nx_field(v, 0, "status", true, &tag, err)) < 0)
        return rc;
    if (!cJSON_IsString(tag))
        return bad(err, "status", "a string");
    run->status = NX_RUN_UNKNOWN;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(tag->valuestring, known[i].text) == 0)
            run->status = known[i].status;
    if ((rc = keep(&run->status_text, tag->valuestring, err)) < 0 || !nx_run_ended(run))
        return rc;
    return counts(v, run->status >= NX_RUN_STRESS_COMPLETED, run, err);
}

/* --- the whole --- */

static int duration(const cJSON *obj, int place, struct nx_run *run, struct nx_err *err)
{
    const cJSON *v;
    int rc = nx_field(obj, place, "duration-secs", false, &v, err);
    if (rc < 0 || !v || cJSON_IsNull(v))
        return rc;
    run->has_duration = true;
    return nx_doc_double(v, &run->duration_secs) ? 0 : bad(err, "duration-secs", "a number");
}

static int identity(const cJSON *obj, struct nx_run *run, struct nx_err *err)
{
    const cJSON *v;
    int rc;
    if ((rc = nx_field(obj, 0, "run-id", true, &v, err)) < 0 || (rc = uuid(v, "run-id", run->id, err)) < 0 ||
        (rc = field_u32(obj, 1, "store-format-version", true, &run->store_major, err)) < 0 ||
        (rc = field_u32(obj, 2, "store-format-minor-version", false, &run->store_minor, err)) < 0 ||
        (rc = nx_field(obj, 3, "nextest-version", true, &v, err)) < 0)
        return rc;
    if (!cJSON_IsString(v) || !is_version(v->valuestring))
        return bad(err, "nextest-version", "a version");
    return keep(&run->nextest_version, v->valuestring, err);
}

static int parse(const cJSON *obj, struct nx_run *run, struct nx_err *err)
{
    const cJSON *v;
    int rc;
    if ((rc = nx_fields_of(obj, "a run", err)) < 0 || (rc = identity(obj, run, err)) < 0 ||
        (rc = instant(obj, 4, "started-at", &run->started_at, err)) < 0 ||
        (rc = instant(obj, 5, "last-written-at", &run->last_written_at, err)) < 0 ||
        (rc = duration(obj, 6, run, err)) < 0 ||
        (rc = strings(obj, 7, "cli-args", &run->cli_args, &run->cli_args_n, err)) < 0 ||
        (rc = strings(obj, 8, "build-scope-args", &run->build_scope_args, &run->build_scope_args_n, err)) <
            0 ||
        (rc = env(obj, 9, run, err)) < 0 || (rc = nx_field(obj, 10, "parent-run-id", false, &v, err)) < 0)
        return rc;
    if (v && !cJSON_IsNull(v) && (rc = uuid(v, "parent-run-id", run->parent_id, err)) < 0)
        return rc;
    if ((rc = sizes(obj, 11, run, err)) < 0)
        return rc;
    return status(obj, 12, run, err);
}

int nx_run_parse(const struct cJSON *obj, struct nx_run *run, struct nx_err *err)
{
    struct nx_run r = {0};
    int rc = parse(obj, &r, err);
    if (rc < 0)
        nx_run_fini(&r);
    else
        *run = r;
    return rc;
}
