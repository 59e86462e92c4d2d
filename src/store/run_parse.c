/* Reading a run out of JSON, as strict and as lax as nextest's serde types are. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "event/ident.h"
#include "store/pull.h"
#include "store/run.h"

#define BIT(i) ((uint32_t)1 << (i))
#define COUNT(a) ((unsigned)(sizeof(a) / sizeof((a)[0])))
#define NAME(s) {s, sizeof(s) - 1}

static bool no_memory(struct nx_pull *p)
{
    p->rc = nx_fail(p->err, NX_ENOMEM, NULL, "no memory for a run");
    return false;
}

/* --- strings with a form --- */

static bool uuid(struct nx_pull *p, const char *name, char ret[37])
{
    struct nx_slice text;
    return nx_pull_slice(p, name, "a UUID", &text) &&
           (nx_uuid_parse(text, ret) || nx_pull_bad(p, name, "a UUID"));
}

static bool instant(struct nx_pull *p, const char *name, struct nx_instant *ret)
{
    struct nx_slice text;
    if (!nx_pull_slice(p, name, "a time", &text))
        return false;
    int rc = nx_instant_parse(text, ret);
    if (rc < 0)
        p->rc = nx_fail(p->err, NX_EFORMAT, NULL, "field `%s` is not a time: %s", name, nx_instant_why(rc));
    return rc >= 0;
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

static bool version(struct nx_pull *p, const char *name, char **ret)
{
    return nx_pull_text(p, name, "a version", ret) && (is_version(*ret) || nx_pull_bad(p, name, "a version"));
}

/* --- lists: collected in the arena, because their lengths are known at their ends --- */

struct text {
    struct text *next;
    char *z, *value;
};

static bool add_text(struct nx_pull *p, struct text ***tail, char *z, char *value)
{
    struct text *t = nx_arena_alloc(&p->arena, sizeof *t);
    if (!t)
        return no_memory(p);
    *t = (struct text){NULL, z, value};
    **tail = t;
    *tail = &t->next;
    return true;
}

static bool strings(struct nx_pull *p, const char *name, char ***ret, size_t *ret_n)
{
    static const char wanted[] = "a list of strings";
    struct text *head = NULL, **tail = &head;
    bool first = true;
    char *z;
    size_t n = 0;
    if (!nx_pull_list(p, name, wanted))
        return false;
    for (; nx_pull_item(p, &first); n++)
        if (!nx_pull_text(p, name, wanted, &z) || !add_text(p, &tail, z, NULL))
            return false;
    char **v = p->rc == 0 ? nx_arena_alloc(&p->arena, (n + 1) * sizeof *v) : NULL;
    if (!v)
        return p->rc < 0 ? false : no_memory(p);
    n = 0;
    for (const struct text *t = head; t; t = t->next)
        v[n++] = t->z;
    v[n] = NULL;
    *ret = v;
    *ret_n = n;
    return true;
}

struct var {
    struct nx_env env;
    size_t place;
};

static int by_name(const void *a, const void *b)
{
    const struct var *x = a, *y = b;
    int c = strcmp(x->env.name, y->env.name);
    /* Of equal names the last one counts: it comes to the front, and the first of equals is kept. */
    return c != 0 ? c : x->place < y->place ? 1 : -1;
}

static bool keep_env(struct nx_pull *p, const struct text *head, size_t n, struct nx_run *run)
{
    struct var *vars = nx_arena_alloc(&p->arena, n * sizeof *vars);
    run->env = nx_arena_alloc(&p->arena, n * sizeof *run->env);
    run->env_n = 0;
    if (!vars || !run->env)
        return no_memory(p);
    bool sorted = true;
    n = 0;
    for (const struct text *t = head; t; t = t->next, n++) {
        vars[n] = (struct var){{t->z, t->value}, n};
        sorted = sorted && (n == 0 || strcmp(vars[n - 1].env.name, t->z) < 0); /* nextest writes them so */
    }
    if (!sorted)
        qsort(vars, n, sizeof *vars, by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(vars[i].env.name, vars[i - 1].env.name) != 0)
            run->env[run->env_n++] = vars[i].env;
    return true;
}

static bool env(struct nx_pull *p, const char *name, struct nx_run *run)
{
    static const char wanted[] = "an object of strings";
    struct text *head = NULL, **tail = &head;
    bool first = true;
    char *z, *value;
    size_t n = 0;
    if (!nx_pull_map(p, name, wanted))
        return false;
    for (; nx_pull_key(p, &first, &z); n++)
        if (!nx_pull_text(p, name, wanted, &value) || !add_text(p, &tail, z, value))
            return false;
    return p->rc == 0 && keep_env(p, head, n, run);
}

/* --- sizes --- */

static bool component(struct nx_pull *p, const char *name, struct nx_sizes *ret)
{
    static const struct nx_slice names[] = {NAME("compressed"), NAME("uncompressed"), NAME("entries")};
    uint64_t *const to[] = {&ret->compressed, &ret->uncompressed, &ret->entries};
    struct nx_members m;
    unsigned i;
    if (!nx_pull_open(p, &m, names, COUNT(names), name))
        return false;
    while (nx_pull_member(p, &m, &i))
        if (!nx_pull_u64(p, names[i].p, UINT64_MAX, to[i]))
            return false;
    return nx_pull_need(p, &m, BIT(0) | BIT(1));
}

static bool sizes(struct nx_pull *p, const char *name, struct nx_run *run)
{
    static const struct nx_slice names[] = {NAME("log"), NAME("store")};
    struct nx_members m;
    unsigned i;
    if (!nx_pull_open(p, &m, names, COUNT(names), name))
        return false;
    while (nx_pull_member(p, &m, &i))
        if (!component(p, names[i].p, i == 0 ? &run->log : &run->store))
            return false;
    return nx_pull_need(p, &m, BIT(0) | BIT(1));
}

/* --- status: an internally tagged enum, so that the tag may stand behind what it decides about --- */

enum {
    S_TAG,
    S_INITIAL,
    S_PASSED,
    S_FAILED,
    S_EXIT,
    S_STRESS_INITIAL,
    S_STRESS_PASSED,
    S_STRESS_FAILED,
    S_COUNT
};
static const struct nx_slice status_names[S_COUNT] = {
    NAME("status"),    NAME("initial-run-count"),       NAME("passed"),        NAME("failed"),
    NAME("exit-code"), NAME("initial-iteration-count"), NAME("success-count"), NAME("failed-count"),
};

/* Goes to a member's value; `place` is where an array has it. */
static bool go_to(struct nx_pull *p, const char *const at[S_COUNT], bool array, int which, int place,
                  bool required)
{
    const char *value = at[array ? place : which];
    if (!value)
        return required ? nx_pull_lost(p, status_names[which].p) : false;
    p->scan.p = value;
    return true;
}

static bool initial(struct nx_pull *p, const char *const at[S_COUNT], bool array, bool stress,
                    struct nx_run *run)
{
    int which = stress ? S_STRESS_INITIAL : S_INITIAL;
    const char *name = status_names[which].p;
    if (!go_to(p, at, array, which, S_INITIAL, !stress))
        return p->rc == 0;
    if (stress && nx_pull_null(p))
        return true;
    run->has_initial = true;
    if (!nx_pull_u64(p, name, stress ? UINT32_MAX : UINT64_MAX, &run->initial_count))
        return false;
    return !(stress && run->initial_count == 0) || nx_pull_bad(p, name, "a whole number in range");
}

static bool counts(struct nx_pull *p, const char *const at[S_COUNT], bool array, bool stress,
                   struct nx_run *run)
{
    uint64_t max = stress ? UINT32_MAX : UINT64_MAX;
    int passed = stress ? S_STRESS_PASSED : S_PASSED, failed = stress ? S_STRESS_FAILED : S_FAILED;
    return initial(p, at, array, stress, run) && go_to(p, at, array, passed, S_PASSED, true) &&
           nx_pull_u64(p, status_names[passed].p, max, &run->passed) &&
           go_to(p, at, array, failed, S_FAILED, true) &&
           nx_pull_u64(p, status_names[failed].p, max, &run->failed) &&
           go_to(p, at, array, S_EXIT, S_EXIT, true) &&
           nx_pull_i32(p, status_names[S_EXIT].p, &run->exit_code);
}

static enum nx_run_status status_of(const char *text)
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
    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(text, known[i].text) == 0)
            return known[i].status;
    return NX_RUN_UNKNOWN;
}

static bool status(struct nx_pull *p, const char *name, struct nx_run *run)
{
    const char *at[S_COUNT] = {NULL};
    struct nx_members m;
    unsigned i;
    if (!nx_pull_open(p, &m, status_names, S_COUNT, name))
        return false;
    m.n = m.array ? S_EXIT + 1 : S_COUNT;
    m.buffered = true;
    while (nx_pull_member(p, &m, &i)) {
        nx_scan_ws(&p->scan);
        at[i] = p->scan.p;
        if (!nx_pull_skip(p, true))
            return false;
    }
    const char *end = p->scan.p;
    if (p->rc < 0 || !go_to(p, at, m.array, S_TAG, S_TAG, true) ||
        !nx_pull_text(p, status_names[S_TAG].p, "a string", &run->status_text))
        return false;
    run->status = status_of(run->status_text);
    if (nx_run_ended(run) && !counts(p, at, m.array, run->status >= NX_RUN_STRESS_COMPLETED, run))
        return false;
    p->scan.p = end;
    return true;
}

/* --- the whole --- */

enum {
    R_ID,
    R_MAJOR,
    R_MINOR,
    R_NEXTEST,
    R_STARTED,
    R_WRITTEN,
    R_DURATION,
    R_CLI,
    R_BUILD,
    R_ENV,
    R_PARENT,
    R_SIZES,
    R_STATUS,
    R_COUNT
};
static const struct nx_slice run_names[R_COUNT] = {
    NAME("run-id"),       NAME("store-format-version"), NAME("store-format-minor-version"),
    NAME("nextest-version"), NAME("started-at"),        NAME("last-written-at"),
    NAME("duration-secs"), NAME("cli-args"),            NAME("build-scope-args"),
    NAME("env-vars"),     NAME("parent-run-id"),        NAME("sizes"),
    NAME("status"),
};

static bool duration(struct nx_pull *p, const char *name, struct nx_run *run)
{
    if (nx_pull_null(p))
        return true;
    run->has_duration = true;
    return nx_pull_double(p, name, &run->duration_secs);
}

static bool member(struct nx_pull *p, unsigned which, struct nx_run *run)
{
    const char *name = run_names[which].p;
    switch (which) {
    case R_ID:
        return uuid(p, name, run->id);
    case R_MAJOR:
        return nx_pull_u32(p, name, &run->store_major);
    case R_MINOR:
        return nx_pull_u32(p, name, &run->store_minor);
    case R_NEXTEST:
        return version(p, name, &run->nextest_version);
    case R_STARTED:
        return instant(p, name, &run->started_at);
    case R_WRITTEN:
        return instant(p, name, &run->last_written_at);
    case R_DURATION:
        return duration(p, name, run);
    case R_CLI:
        return strings(p, name, &run->cli_args, &run->cli_args_n);
    case R_BUILD:
        return strings(p, name, &run->build_scope_args, &run->build_scope_args_n);
    case R_ENV:
        return env(p, name, run);
    case R_PARENT:
        return nx_pull_null(p) || uuid(p, name, run->parent_id);
    case R_SIZES:
        return sizes(p, name, run);
    default:
        return status(p, name, run);
    }
}

int nx_run_parse(struct nx_pull *p, struct nx_run *run)
{
    struct nx_run r = {0}; /* its strings are the arena's */
    struct nx_members m;
    unsigned which;
    if (!nx_pull_open(p, &m, run_names, R_COUNT, "a run"))
        return p->rc;
    while (nx_pull_member(p, &m, &which))
        if (!member(p, which, &r))
            return p->rc;
    if (!nx_pull_need(p, &m,
                      BIT(R_ID) | BIT(R_MAJOR) | BIT(R_NEXTEST) | BIT(R_STARTED) | BIT(R_WRITTEN) |
                          BIT(R_SIZES) | BIT(R_STATUS)))
        return p->rc;
    p->rc = nx_run_copy(run, &r, p->err);
    return p->rc;
}
