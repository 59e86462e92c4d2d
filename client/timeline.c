#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/timeline.h"

#include <stdlib.h>
#include <string.h>

static bool read_number(struct nx_scan *s, void *to)
{
    struct numbers *all = to;
    struct nx_num num = {0};
    int64_t value = -1;
    if (nx_scan_peek(s) == 'n') {
        if (!nx_scan_word(s, "null", 4)) {
            return false;
        }
    } else if (!nx_scan_num(s, &num)) {
        return false;
    } else {
        value = num.kind == NX_NUM_NEG ? -(int64_t)num.u : (int64_t)num.u;
    }
    void *v = all->v;
    int64_t *at = members_grow(s, &v, &all->n, sizeof(*at));
    all->v = v;
    if (at) {
        *at = value;
    }
    return at != NULL;
}

static bool read_text(struct nx_scan *s, void *to)
{
    struct texts *all = to;
    struct nx_str str;
    if (!nx_scan_str(s, &str)) {
        return false;
    }
    void *v = all->v;
    struct nx_slice *at = members_grow(s, &v, &all->n, sizeof(*at));
    all->v = v;
    if (at) {
        *at = (struct nx_slice){str.p, str.n};
    }
    return at != NULL;
}

static bool read_script(struct nx_scan *s, void *to)
{
    struct shown_scripts *all = to;
    struct shown_script one = {0};
    const struct member m[] = {
        {.key = "name", .kind = M_STR, .to = &one.name},
        {.key = "outcome", .kind = M_STR, .to = &one.outcome},
        {.key = "start", .kind = M_DOUBLE, .to = &one.start},
        {.key = "duration", .kind = M_DOUBLE, .to = &one.duration},
        {.key = "end", .kind = M_DOUBLE, .to = &one.end},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    void *v = all->v;
    struct shown_script *at = members_grow(s, &v, &all->n, sizeof(one));
    all->v = v;
    if (at) {
        *at = one;
    }
    return at != NULL;
}

static bool read_span(struct nx_scan *s, void *to)
{
    struct shown_spans *all = to;
    struct shown_span one = {0};
    const struct member m[] = {
        {.key = "from", .kind = M_DOUBLE, .to = &one.from},
        {.key = "to", .kind = M_DOUBLE, .to = &one.to},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    void *v = all->v;
    struct shown_span *at = members_grow(s, &v, &all->n, sizeof(one));
    all->v = v;
    if (at) {
        *at = one;
    }
    return at != NULL;
}

#define NUMBERS(name, at) {.key = name, .kind = M_LIST, .to = at, .each = read_number}
#define TEXTS(name, at) {.key = name, .kind = M_LIST, .to = at, .each = read_text}

/* Every number that stands for a place is one. */
static bool fits(const struct numbers *v, size_t n, size_t most)
{
    for (size_t i = 0; i < v->n; i++) {
        if (v->v[i] < 0 || (uint64_t)v->v[i] >= most) {
            return false;
        }
    }
    return v->n == n;
}

static bool consistent(const struct shown_timeline *t)
{
    size_t n = t->test.n;
    return fits(&t->binary, t->names.n, t->binaries.n) && fits(&t->test, n, t->names.n) &&
           fits(&t->outcome, n, t->outcomes.n) && t->attempt.n == n && t->slot.n == n && t->start.n == n &&
           t->duration.n == n && t->last.n == n && (t->end.n == n || t->end.n == 0) &&
           fits(&t->longest, t->longest.n, n) && fits(&t->tail_last, t->tail_last.n, n);
}

int timeline_of(struct nx_strbuf *doc, struct nx_arena *arena, struct shown_timeline *t, struct nx_err *err)
{
    *t = (struct shown_timeline){0};
    const struct member run[] = {
        {.key = "id", .kind = M_STR, .to = &t->id},
        {.key = "status", .kind = M_STR, .to = &t->status},
        {.key = "started_at", .kind = M_STR, .to = &t->started_at},
    };
    const struct member tests[] = {NUMBERS("binary", &t->binary), TEXTS("name", &t->names)};
    const struct member executions[] = {
        NUMBERS("test", &t->test),         NUMBERS("attempt", &t->attempt), NUMBERS("slot", &t->slot),
        NUMBERS("start", &t->start),       NUMBERS("duration", &t->duration), NUMBERS("end", &t->end),
        NUMBERS("outcome", &t->outcome),   NUMBERS("last", &t->last),
    };
    const struct member tail[] = {
        {.key = "from", .kind = M_U64, .to = &t->tail_from},
        {.key = "duration", .kind = M_U64, .to = &t->tail},
        {.key = "idle", .kind = M_U64, .to = &t->tail_idle},
        NUMBERS("last", &t->tail_last),
    };
    const struct member summary[] = {
        {.key = "paused", .kind = M_U64, .to = &t->paused},
        {.key = "active", .kind = M_U64, .to = &t->active},
        {.key = "scripts", .kind = M_U64, .to = &t->script_time},
        {.key = "busy", .kind = M_U64, .to = &t->busy},
        {.key = "idle", .kind = M_U64, .to = &t->idle},
        NUMBERS("longest", &t->longest),
        {.key = "tail", .kind = M_OBJ, .in = tail, .in_n = sizeof(tail) / sizeof(tail[0])},
    };
    const struct member m[] = {
        {.key = "run", .kind = M_OBJ, .in = run, .in_n = sizeof(run) / sizeof(run[0])},
        {.key = "whole", .kind = M_BOOL, .to = &t->whole},
        {.key = "ended", .kind = M_BOOL, .to = &t->ended},
        {.key = "wall", .kind = M_U64, .to = &t->wall},
        {.key = "slots", .kind = M_U64, .to = &t->slots},
        TEXTS("binaries", &t->binaries),
        {.key = "tests", .kind = M_OBJ, .in = tests, .in_n = sizeof(tests) / sizeof(tests[0])},
        TEXTS("outcomes", &t->outcomes),
        {.key = "executions", .kind = M_OBJ, .in = executions, .in_n = sizeof(executions) / sizeof(executions[0])},
        {.key = "scripts", .kind = M_LIST, .to = &t->scripts, .each = read_script},
        {.key = "pauses", .kind = M_LIST, .to = &t->pauses, .each = read_span},
        {.key = "summary", .kind = M_OBJ, .in = summary, .in_n = sizeof(summary) / sizeof(summary[0])},
    };
    int rc = members_of(doc, arena, MEMBERS(m), err);
    if (rc == 0 && !consistent(t)) {
        rc = nx_fail(err, NX_EINTERNAL, NULL, "a timeline's columns do not fit together");
    }
    return rc;
}

void timeline_free(struct shown_timeline *t)
{
    struct numbers *const numbers[] = {&t->binary,   &t->test, &t->attempt, &t->slot, &t->start,   &t->duration,
                                       &t->end,      &t->outcome, &t->last, &t->longest, &t->tail_last};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        free(numbers[i]->v);
    }
    free(t->binaries.v);
    free(t->names.v);
    free(t->outcomes.v);
    free(t->scripts.v);
    free(t->pauses.v);
}

double timeline_end_of(const struct shown_timeline *t, size_t i)
{
    return t->end.n ? (double)t->end.v[i] : (double)t->start.v[i] + (double)t->duration.v[i];
}

static enum style style_of(struct nx_slice outcome, bool last)
{
    if (nx_slice_is(outcome, "running")) {
        return S_ODD;
    }
    if (outcome.n >= 4 && memcmp(outcome.p + outcome.n - 4, "pass", 4) == 0) {
        return S_GOOD;
    }
    return last ? S_BAD : S_ODD;
}

enum style timeline_style(const struct shown_timeline *t, size_t i)
{
    return style_of(t->outcomes.v[t->outcome.v[i]], t->last.v[i] > 0);
}
