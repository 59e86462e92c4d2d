#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/ask_args.h"

#include <stdio.h>
#include <string.h>

#include "api/words.h"

struct reader {
    enum nx_question q;
    const struct nx_args *args;
    struct nx_asking *to;
    struct nx_err *err;
};

/* --- values --- */

static int bad_value(struct reader *r, const struct nx_arg *a, const char *want)
{
    char shown[160];
    nx_words_quote(nx_slice_of(a->value), shown, sizeof(shown));
    int rc = nx_fail(r->err, NX_EUSAGE, NULL, "`%s` cannot be `%s`", a->name, shown);
    nx_err_hint(r->err, "%s", want);
    return rc;
}

static int read_number(struct reader *r, const struct nx_arg *a, uint64_t least, uint64_t most, uint64_t *ret)
{
    char want[96];
    uint64_t v = 0;
    const char *p = a->value;
    for (; *p >= '0' && *p <= '9' && v <= most; p++) {
        v = v * 10 + (uint64_t)(*p - '0'); /* most is far from 2^60 */
    }
    if (p == a->value || *p || v < least || v > most) {
        snprintf(want, sizeof(want), "it is a number from %llu to %llu", (unsigned long long)least,
                 (unsigned long long)most);
        return bad_value(r, a, want);
    }
    *ret = v;
    return 0;
}

static int read_size(struct reader *r, const struct nx_arg *a, size_t most, size_t *ret)
{
    uint64_t v;
    int rc = read_number(r, a, 1, r->args->unbounded ? 1000000000 : most, &v);
    if (rc == 0) {
        *ret = (size_t)v;
    }
    return rc;
}

static int read_u32(struct reader *r, const struct nx_arg *a, uint32_t least, uint32_t *ret)
{
    uint64_t v;
    int rc = read_number(r, a, least, UINT32_MAX, &v);
    if (rc == 0) {
        *ret = (uint32_t)v;
    }
    return rc;
}

/* The place of the value among words with spaces between. */
static int read_word(struct reader *r, const struct nx_arg *a, const char *words, int *ret)
{
    char want[96];
    const char *p = words;
    for (int i = 0; *p; i++) {
        size_t n = strcspn(p, " ");
        if (strlen(a->value) == n && memcmp(p, a->value, n) == 0) {
            *ret = i;
            return 0;
        }
        p += n;
        p += strspn(p, " ");
    }
    snprintf(want, sizeof(want), "it is one of: %s", words);
    return bad_value(r, a, want);
}

/* RFC 3339, or a date, which begins at midnight UTC. */
static int read_time(struct reader *r, const struct nx_arg *a, bool *ret_has, struct nx_instant *ret)
{
    char day[32];
    struct nx_slice text = nx_slice_of(a->value);
    if (text.n == 10 && strspn(text.p, "0123456789-") == 10) {
        text.n = (size_t)snprintf(day, sizeof(day), "%sT00:00:00Z", a->value);
        text.p = day;
    }
    if (nx_instant_parse(text, ret) != 0) {
        return bad_value(r, a,
                         "it is a time such as 2026-11-24T10:13:17Z (in an address, write + as %2B), or a "
                         "date such as 2026-11-24");
    }
    *ret_has = true;
    return 0;
}

static int read_status(struct reader *r, const struct nx_arg *a)
{
    if (!nx_runs_status_known(a->value)) {
        return bad_value(r, a, "it is one of: passed failed incomplete completed cancelled stress-completed "
                               "stress-cancelled unknown");
    }
    r->to->list.status = a->value;
    return 0;
}

static int keep(const char **to, const struct nx_arg *a)
{
    *to = a->value;
    return 0;
}

/* --- names --- */

static int read_sort(struct reader *r, const struct nx_arg *a)
{
    int i = 0, rc = read_word(r, a, "name duration start", &i);
    r->to->tests.order = (enum nx_exec_order)i;
    return rc;
}

static int read_pruned(struct reader *r, const struct nx_arg *a)
{
    int i = 0, rc = read_word(r, a, "no yes", &i);
    r->to->list.pruned = i == 1;
    return rc;
}

static int read_attempts(struct reader *r, const struct nx_arg *a)
{
    int i = 0, rc = read_word(r, a, "last all", &i);
    r->to->tests.all_attempts = i == 1;
    return rc;
}

static int read_stream(struct reader *r, const struct nx_arg *a)
{
    static const enum nx_stream_choice choices[] = {NX_COMBINED, NX_STDOUT, NX_STDERR};
    int i = 0, rc = read_word(r, a, "combined stdout stderr", &i);
    r->to->output.stream = choices[i];
    return rc;
}

static int read_as(struct reader *r, const struct nx_arg *a)
{
    int i = 0, rc = read_word(r, a, "bytes text json", &i);
    r->to->as = (enum nx_as)i;
    return rc;
}

static int read_one(struct reader *r, const struct nx_arg *a)
{
    struct nx_asking *to = r->to;
    const struct {
        const char *name, **to;
    } strings[] = {
        {"workspace", &to->scope.workspace}, {"store", &to->scope.store}, {"run", &to->run},         {"binary", &to->binary},
        {"base", &to->base},                 {"head", &to->head},       {"text", &to->text},
        {"after", &to->after},               {"outcome", &to->tests.outcome},
        {"profile", &to->list.profile},
    };
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (strcmp(strings[i].name, a->name) == 0) {
            return keep(strings[i].to, a);
        }
    }
    if (strcmp(a->name, "test") == 0) {
        if (a->value[0] == '\0') {
            return bad_value(r, a, "it is a test's name, or its binary's id, a space and its name");
        }
        return keep(r->q == NX_Q_RUNS ? &to->list.test : &to->test, a);
    }
    if (strcmp(a->name, "limit") == 0) {
        return read_size(r, a, NX_ASK_LIMIT_MAX, &to->limit);
    }
    if (strcmp(a->name, "runs") == 0) {
        return read_size(r, a, NX_ASK_RUNS_MAX, &to->runs);
    }
    if (strcmp(a->name, "attempt") == 0) {
        return read_u32(r, a, 1, &to->output.attempt);
    }
    if (strcmp(a->name, "stress") == 0) {
        return read_u32(r, a, 0, &to->output.stress);
    }
    if (strcmp(a->name, "since") == 0) {
        return read_time(r, a, &to->list.has_since, &to->list.since);
    }
    if (strcmp(a->name, "until") == 0) {
        return read_time(r, a, &to->list.has_until, &to->list.until);
    }
    static const struct {
        const char *name;
        int (*read)(struct reader *r, const struct nx_arg *a);
    } others[] = {
        {"sort", read_sort}, {"attempts", read_attempts}, {"stream", read_stream},
        {"as", read_as},     {"status", read_status},     {"pruned", read_pruned},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(others[i].name, a->name) == 0) {
            return others[i].read(r, a);
        }
    }
    return nx_fail(r->err, NX_EINTERNAL, NULL, "nobody reads the parameter `%s`", a->name);
}

/* --- all of them --- */

static bool takes(enum nx_question q, const char *name)
{
    const struct nx_param *p;
    for (size_t i = 0; (p = nx_question_param(i)) != NULL; i++) {
        if (p->question == q && strcmp(p->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int check_name(struct reader *r, size_t i)
{
    char shown[160], known[256] = "";
    const struct nx_arg *a = &r->args->v[i];
    const struct nx_param *p;
    nx_words_quote(nx_slice_of(a->name), shown, sizeof(shown));
    if (!takes(r->q, a->name)) {
        int rc = nx_fail(r->err, NX_EUSAGE, NULL, "unknown parameter `%s`", shown);
        for (size_t k = 0, n = 0; (p = nx_question_param(k)) != NULL; k++) {
            if (p->question == r->q && n < sizeof(known)) {
                n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "", p->name);
            }
        }
        nx_err_hint(r->err, "%s%s", known[0] ? "there are: " : "there are none here", known);
        return rc;
    }
    for (size_t k = 0; k < i; k++) {
        if (strcmp(r->args->v[k].name, a->name) == 0) {
            return nx_fail(r->err, NX_EUSAGE, NULL, "`%s` is there more than once", shown);
        }
    }
    return 0;
}

static int missing(struct reader *r)
{
    const struct nx_asking *a = r->to;
    const struct {
        const char *name, *value;
    } needed[] = {
        {"run", a->run}, {"binary", a->binary}, {"test", a->test}, {"base", a->base}, {"head", a->head}};
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        bool filter = r->q == NX_Q_RUNS && strcmp(needed[i].name, "test") == 0;
        if (!needed[i].value && !filter && takes(r->q, needed[i].name)) {
            int rc = nx_fail(r->err, NX_EUSAGE, NULL, "the parameter `%s` is missing", needed[i].name);
            if (i >= 3) {
                nx_err_hint(r->err, "it names a run: `latest`, an id, or the beginning of one");
            }
            return rc;
        }
    }
    return 0;
}

int nx_asking_read(enum nx_question q, const struct nx_args *args, struct nx_asking *ret, struct nx_err *err)
{
    struct reader r = {q, args, ret, err};
    *ret = (struct nx_asking){.output = {.stream = NX_COMBINED}};
    ret->limit = q == NX_Q_FLAKY || q == NX_Q_SLOWEST ? NX_ASK_TOP : args->unbounded ? 0 : NX_ASK_LIMIT;
    ret->runs = q == NX_Q_HISTORY ? NX_ASK_HISTORY : NX_ASK_RUNS;
    for (size_t i = 0; i < args->n; i++) {
        int rc = check_name(&r, i);
        if (rc == 0) {
            rc = read_one(&r, &args->v[i]);
        }
        if (rc < 0) {
            return rc;
        }
    }
    ret->tests.text = ret->text;
    ret->tests.limit = ret->list.limit = ret->limit;
    ret->tests.after = ret->list.after = ret->after;
    ret->output.binary = nx_slice_of(ret->binary);
    ret->output.test = nx_slice_of(ret->test);
    return missing(&r);
}
