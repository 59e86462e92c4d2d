#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/asked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer_put.h"
#include "api/put_exec.h"

/* --- the tests of a run --- */

static const struct {
    const char *word;
    uint32_t outcomes;
    bool flaky, slow;
} groups[] = {
    {"passed", 1u << NX_OUTCOME_PASS | 1u << NX_OUTCOME_LEAK_PASS | 1u << NX_OUTCOME_TIMEOUT_PASS, false, false},
    {"failed",
     1u << NX_OUTCOME_FAIL | 1u << NX_OUTCOME_ABORT | 1u << NX_OUTCOME_LEAK_FAIL | 1u << NX_OUTCOME_TIMEOUT_FAIL |
         1u << NX_OUTCOME_EXEC_FAIL,
     false, false},
    {"flaky", 0, true, false},
    {"slow", 0, false, true},
};

static int outcome_filter(const char *word, struct nx_exec_filter *f, struct nx_err *err)
{
    if (!word)
        return 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(word, groups[i].word) == 0) {
            f->outcomes = groups[i].outcomes;
            f->flaky_only = groups[i].flaky;
            f->slow_only = groups[i].slow;
            return 0;
        }
    }
    for (unsigned o = 0; o < NX_OUTCOME_COUNT; o++) {
        if (strcmp(word, nx_outcome_text((enum nx_outcome)o)) == 0) {
            f->outcomes = 1u << o;
            return 0;
        }
    }
    int rc = nx_fail(err, NX_EUSAGE, NULL, "no such outcome `%s`", word);
    nx_err_hint(err, "passed, failed, flaky, slow, running, or one of nextest's results, e.g. timeout-fail");
    return rc;
}

struct page {
    struct nx_json w;
    const struct nx_found *run;
    size_t limit, given;
    bool more;
};

static int put_test(void *arg, const struct nx_exec_out *o)
{
    struct page *p = arg;
    struct nx_json *w = &p->w;
    if (p->limit && p->given == p->limit) { /* one row more was asked for, to know of it */
        p->more = true;
        return 1;
    }
    p->given++;
    nx_json_obj(w);
    nx_put_key_slice(w, "binary", o->binary);
    nx_put_key_slice(w, "test", o->name);
    nx_json_key(w, "stress_index");
    if (p->run->stress)
        nx_json_u64(w, o->row.stress);
    else
        nx_json_null(w);
    nx_put_key_u64(w, "attempt", o->row.attempt);
    nx_put_key_bool(w, "last", o->row.last);
    nx_put_key_strz(w, "outcome", nx_outcome_text(o->row.outcome));
    nx_put_key_bool(w, "passed", nx_exec_passed(&o->row));
    nx_put_key_bool(w, "flaky", o->row.last && o->row.attempt > 1 && nx_outcome_passed(o->row.outcome));
    nx_put_key_bool(w, "slow", o->row.slow);
    nx_put_key_time(w, "started_at", nx_nanos_add(p->run->started, o->row.start));
    nx_put_key_secs(w, "duration_secs", o->row.duration);
    nx_put_key_u64(w, "slot", o->row.slot);
    nx_put_key_slice(w, "group", o->group);
    nx_json_end_obj(w);
    return 0;
}

/* The cursor is how many rows came before: the executions of a run keep their order. */
static int read_offset(const char *after, size_t *ret, struct nx_err *err)
{
    *ret = 0;
    if (!after)
        return 0;
    char *end;
    unsigned long long v = strtoull(after, &end, 10);
    if (*after < '0' || *after > '9' || *end != '\0' || v > INT64_MAX)
        return nx_fail(err, NX_EUSAGE, NULL, "`%s` is no cursor of an earlier answer", after);
    *ret = (size_t)v;
    return 0;
}

int nx_answer_tests(const struct nx_world *w, const struct nx_found *run, const struct nx_tests_query *q,
                    struct nx_strbuf *out, struct nx_err *err)
{
    struct page p = {.run = run, .limit = q->limit};
    struct nx_exec_filter f = {.last_only = !q->all_attempts, .text = q->text, .order = q->order};
    int rc = outcome_filter(q->outcome, &f, err);
    if (rc == 0)
        rc = read_offset(q->after, &f.offset, err);
    if (rc < 0)
        return rc;
    f.limit = q->limit ? q->limit + 1 : 0;
    nx_json_init(&p.w, out);
    nx_json_obj(&p.w);
    nx_json_key(&p.w, "run");
    rc = nx_put_found(&p.w, w->ix, run, err);
    if (rc < 0)
        return rc;
    nx_json_key(&p.w, "tests");
    nx_json_arr(&p.w);
    rc = nx_index_execs(w->ix, run->id, &f, put_test, &p, err);
    if (rc < 0)
        return rc;
    nx_json_end_arr(&p.w);
    char next[32];
    snprintf(next, sizeof next, "%zu", f.offset + p.given);
    nx_put_key_strz(&p.w, "next", p.more ? next : NULL);
    nx_json_end_obj(&p.w);
    return nx_put_end(out, err);
}

/* --- every test ever seen --- */

struct found_tests {
    struct nx_json w;
    size_t limit, given;
    bool more;
    struct nx_strbuf next; /* cursor of the last row: the length of the binary's name, then both names */
};

static int put_name(void *arg, const struct nx_test_row *row)
{
    struct found_tests *p = arg;
    if (p->limit && p->given == p->limit) {
        p->more = true;
        return 1;
    }
    p->given++;
    nx_strbuf_clear(&p->next);
    nx_strbuf_addf(&p->next, "%zu:", row->binary.n);
    nx_strbuf_add(&p->next, row->binary.p, row->binary.n);
    nx_strbuf_add(&p->next, row->name.p, row->name.n);
    nx_json_obj(&p->w);
    nx_put_key_slice(&p->w, "binary", row->binary);
    nx_put_key_slice(&p->w, "test", row->name);
    nx_json_end_obj(&p->w);
    return 0;
}

static int read_name_cursor(const char *after, struct nx_test_row *ret, struct nx_err *err)
{
    char *end;
    size_t n = strlen(after);
    unsigned long long binary = strtoull(after, &end, 10);
    size_t rest = n - (size_t)(end - after);
    if (*after < '0' || *after > '9' || *end != ':' || binary > rest - 1)
        return nx_fail(err, NX_EUSAGE, NULL, "`%s` is no cursor of an earlier answer", after);
    ret->binary = (struct nx_slice){end + 1, (size_t)binary};
    ret->name = (struct nx_slice){end + 1 + binary, rest - 1 - (size_t)binary};
    return 0;
}

int nx_answer_search(const struct nx_world *w, const char *text, size_t limit, const char *after, struct nx_strbuf *out,
                     struct nx_err *err)
{
    struct found_tests p = {.limit = limit};
    struct nx_test_row from = {0};
    int rc = after ? read_name_cursor(after, &from, err) : 0;
    if (rc < 0)
        return rc;
    nx_strbuf_init(&p.next, 0);
    nx_json_init(&p.w, out);
    nx_json_obj(&p.w);
    nx_json_key(&p.w, "tests");
    nx_json_arr(&p.w);
    rc = nx_index_tests(w->ix, text, after ? &from : NULL, limit ? limit + 1 : 0, put_name, &p, err);
    if (rc == 0) {
        nx_json_end_arr(&p.w);
        nx_put_key_slice(&p.w, "next", p.more ? (struct nx_slice){p.next.p, p.next.n} : (struct nx_slice){NULL, 0});
        nx_json_end_obj(&p.w);
        rc = p.next.failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory for an answer") : nx_put_end(out, err);
    }
    nx_strbuf_fini(&p.next);
    return rc;
}
