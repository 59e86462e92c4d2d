#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/timeline.h"

#include <stdlib.h>

#include "base/limits.h"
#include "catalog/absorb.h"
#include "event/decode.h"
#include "recording/runlog.h"

void timeline_init(struct timeline *t, int64_t zero)
{
    *t = (struct timeline){.zero = zero, .whole = true};
    interned_init(&t->binaries);
    interned_init(&t->tests);
    interned_init(&t->groups);
    interned_init(&t->script_names);
}

void timeline_fini(struct timeline *t)
{
    interned_fini(&t->binaries);
    interned_fini(&t->tests);
    interned_fini(&t->groups);
    interned_fini(&t->script_names);
    free(t->v);
    free(t->scripts);
    free(t->pauses.v);
    free(t->sub_runs.v);
    free(t->open);
}

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for a timeline");
}

/* Room for one more of `size` bytes. */
static bool room(void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) {
        return true;
    }
    size_t more = *cap ? *cap * 2 : 64;
    void **at = v, *bigger = realloc(*at, more * size);
    if (!bigger) {
        return false;
    }
    *at = bigger;
    *cap = more;
    return true;
}

/* --- times --- */

static int64_t bounded(int64_t us)
{
    return us > TIMELINE_MAX ? TIMELINE_MAX : us < -TIMELINE_MAX ? -TIMELINE_MAX : us;
}

static int64_t time_of(const struct timeline *t, struct nx_instant at)
{
    int64_t ns = nx_nanos_sub(nx_instant_nanos(at), t->zero), us = ns / 1000;
    return bounded(us - (ns % 1000 < 0));
}

static int64_t micros_of(struct nx_duration d)
{
    return d.secs > (uint64_t)TIMELINE_MAX / 1000000 ? TIMELINE_MAX : (int64_t)(d.secs * 1000000 + d.nanos / 1000);
}

/* --- tests --- */

static int number_of(struct timeline *t, const struct nx_test_id *id, uint32_t *ret, struct nx_err *err)
{
    uint32_t binary;
    int rc = interned_add(&t->binaries, 0, (struct nx_slice){id->binary.p, id->binary.n}, &binary, err);
    if (rc == 0) {
        rc = interned_add(&t->tests, binary, (struct nx_slice){id->name.p, id->name.n}, ret, err);
    }
    while (rc == 0 && *ret >= t->open_cap) {
        size_t cap = t->open_cap ? t->open_cap * 2 : 64;
        uint32_t *open = realloc(t->open, cap * sizeof *open);
        if (!open) {
            return no_memory(err);
        }
        for (size_t i = t->open_cap; i < cap; i++) {
            open[i] = 0;
        }
        t->open = open;
        t->open_cap = cap;
    }
    return rc;
}

/* A new one; of a test that is open already, whose end was lost, in its place, as the index has it. */
static int add(struct timeline *t, const struct nx_event *ev, struct timeline_exec **ret, struct nx_err *err)
{
    uint32_t test;
    if (t->n >= nx_limit_value(NX_LIM_TIMELINE_EXECUTIONS)) {
        return nx_limit_fail(err, NX_LIM_TIMELINE_EXECUTIONS, NULL);
    }
    int rc = number_of(t, &ev->test, &test, err);
    if (rc == 0 && !t->open[test]) {
        if (!room(&t->v, t->n, &t->cap, sizeof *t->v)) {
            return no_memory(err);
        }
        t->open[test] = (uint32_t)++t->n;
    }
    if (rc == 0) {
        *ret = &t->v[t->open[test] - 1];
        **ret = (struct timeline_exec){.test = test,
                                       .stress = ev->has_stress_index ? ev->stress_index.current : 0,
                                       .slot = TIMELINE_NO_SLOT,
                                       .start = time_of(t, ev->timestamp)};
        t->stress |= ev->has_stress_index;
    }
    return rc;
}

static int on_start(struct timeline *t, const struct nx_event *ev, uint32_t attempt, struct nx_err *err)
{
    struct timeline_exec *e;
    struct nx_slice group = {ev->slot.test_group.p, ev->slot.test_group.n};
    int rc = add(t, ev, &e, err);
    if (rc < 0) {
        return rc;
    }
    e->attempt = attempt;
    e->last = true; /* of what is known */
    e->slot = ev->slot.global > UINT32_MAX - 1 ? UINT32_MAX - 1 : (int64_t)ev->slot.global;
    t->slots = e->slot >= t->slots ? (uint32_t)e->slot + 1 : t->slots;
    return interned_add(&t->groups, 0, group, &e->group, err);
}

/* An attempt's end. Its start may stand in a line that could not be read. */
static int on_end(struct timeline *t, const struct nx_event *ev, const struct nx_status *st, bool last, struct nx_err *err)
{
    uint32_t test;
    struct timeline_exec *e = NULL;
    int rc = number_of(t, &ev->test, &test, err);
    if (rc == 0 && t->open[test]) {
        e = &t->v[t->open[test] - 1];
    } else if (rc == 0) {
        rc = add(t, ev, &e, err);
        if (rc == 0) {
            rc = interned_add(&t->groups, 0, NX_LIT("@global"), &e->group, err);
        }
    }
    if (rc < 0) {
        return rc;
    }
    t->open[test] = 0;
    e->attempt = st->retry.attempt;
    e->outcome = nx_outcome_of(&st->result);
    e->slow = st->is_slow;
    e->last = last;
    e->start = st->start_time.sec ? time_of(t, st->start_time) : e->start;
    e->duration = micros_of(st->time_taken);
    return 0;
}

static void on_slow(struct timeline *t, const struct nx_event *ev)
{
    uint32_t test;
    struct nx_err ignored;
    if (number_of(t, &ev->test, &test, &ignored) == 0 && t->open[test]) {
        t->v[t->open[test] - 1].slow = true;
    }
}

/* --- the rest --- */

static struct timeline_script *running_script(struct timeline *t, uint64_t index)
{
    for (size_t i = t->scripts_n; i > 0; i--) {
        if (t->scripts[i - 1].index == index && t->scripts[i - 1].outcome == NX_OUTCOME_RUNNING) {
            return &t->scripts[i - 1];
        }
    }
    return NULL;
}

static int on_script_start(struct timeline *t, const struct nx_event *ev, struct nx_err *err)
{
    struct nx_slice name = {ev->u.script.script_id.p, ev->u.script.script_id.n};
    if (t->scripts_n >= nx_limit_value(NX_LIM_OPEN_SCRIPTS)) {
        return nx_limit_fail(err, NX_LIM_OPEN_SCRIPTS, NULL);
    }
    if (!room(&t->scripts, t->scripts_n, &t->scripts_cap, sizeof *t->scripts)) {
        return no_memory(err);
    }
    struct timeline_script *s = &t->scripts[t->scripts_n++];
    *s = (struct timeline_script){.index = ev->u.script.index, .start = time_of(t, ev->timestamp)};
    return interned_add(&t->script_names, 0, name, &s->name, err);
}

static int on_script_end(struct timeline *t, const struct nx_event *ev, struct nx_err *err)
{
    const struct nx_status *st = &ev->u.script.status;
    int rc = running_script(t, ev->u.script.index) ? 0 : on_script_start(t, ev, err);
    if (rc == 0) {
        struct timeline_script *s = running_script(t, ev->u.script.index);
        s->outcome = nx_outcome_of(&st->result);
        s->slow = st->is_slow;
        s->start = st->start_time.sec ? time_of(t, st->start_time) : s->start;
        s->duration = micros_of(st->time_taken);
    }
    return rc;
}

static int open_span(struct timeline *t, struct timeline_spans *s, const struct nx_event *ev, struct nx_err *err)
{
    if (s->n > 0 && s->v[s->n - 1].open) {
        return 0;
    }
    if (!room(&s->v, s->n, &s->cap, sizeof *s->v)) {
        return no_memory(err);
    }
    s->v[s->n++] = (struct timeline_span){.from = time_of(t, ev->timestamp), .open = true};
    return 0;
}

/* Times out of a file may go back; spans do not. */
static void close_span(struct timeline_spans *s, int64_t at, bool known)
{
    struct timeline_span *last = s->n > 0 ? &s->v[s->n - 1] : NULL;
    if (last && last->open) {
        last->to = at > last->from ? at : last->from;
        last->open = !known;
    }
}

int timeline_event(struct timeline *t, const struct nx_event *ev, struct nx_err *err)
{
    int64_t at = time_of(t, ev->timestamp);
    t->wall = at > t->wall ? at : t->wall;
    switch (ev->kind) {
    case NX_EV_RUN_STARTED:
        t->stress |= ev->u.run_started.has_condition;
        return 0;
    case NX_EV_TEST_STARTED:
        return on_start(t, ev, 1, err);
    case NX_EV_TEST_RETRY_STARTED:
        return on_start(t, ev, ev->u.t.retry.attempt, err);
    case NX_EV_TEST_SLOW:
        on_slow(t, ev);
        return 0;
    case NX_EV_TEST_ATTEMPT_FAILED_WILL_RETRY:
        return on_end(t, ev, &ev->u.t.statuses[0], false, err);
    case NX_EV_TEST_FINISHED:
        return on_end(t, ev, &ev->u.t.statuses[ev->u.t.statuses_n - 1], true, err);
    case NX_EV_SETUP_SCRIPT_STARTED:
        return on_script_start(t, ev, err);
    case NX_EV_SETUP_SCRIPT_FINISHED:
        return on_script_end(t, ev, err);
    case NX_EV_RUN_PAUSED:
        return open_span(t, &t->pauses, ev, err);
    case NX_EV_RUN_CONTINUED:
        close_span(&t->pauses, at, true);
        return 0;
    case NX_EV_STRESS_SUB_RUN_STARTED:
        return open_span(t, &t->sub_runs, ev, err);
    case NX_EV_STRESS_SUB_RUN_FINISHED:
        close_span(&t->sub_runs, at, true);
        return 0;
    case NX_EV_RUN_FINISHED:
        t->ended = true;
        return 0;
    default:
        return 0;
    }
}

/* --- the end of the log --- */

/* One behind the other, whatever the log says, each with the time of those before it. */
static void order_pauses(struct timeline *t)
{
    int64_t until = 0, before = 0;
    for (size_t i = 0; i < t->pauses.n; i++) {
        struct timeline_span *p = &t->pauses.v[i];
        p->from = p->from > until ? p->from : until;
        p->to = p->to > p->from ? p->to : p->from;
        p->before = before;
        before += p->to - p->from;
        until = p->to;
    }
}

/* How many pauses begin before `at`, in wall time, or in active time. */
static size_t pauses_before(const struct timeline *t, int64_t at, bool in_active)
{
    size_t least = 0, most = t->pauses.n;
    while (least < most) {
        size_t mid = least + (most - least) / 2;
        const struct timeline_span *p = &t->pauses.v[mid];
        if ((in_active ? p->from - p->before : p->from) < at) {
            least = mid + 1;
        } else {
            most = mid;
        }
    }
    return least;
}

int64_t timeline_paused_before(const struct timeline *t, int64_t at)
{
    size_t n = pauses_before(t, at, false);
    if (n == 0) {
        return 0;
    }
    const struct timeline_span *p = &t->pauses.v[n - 1];
    return p->before + (p->to < at ? p->to : at) - p->from;
}

/* Where an active duration that begins at `from` ends. */
static int64_t end_of(const struct timeline *t, int64_t from, int64_t duration)
{
    int64_t end = from - timeline_paused_before(t, from) + duration;
    size_t n = pauses_before(t, end, true);
    const struct timeline_span *p = n ? &t->pauses.v[n - 1] : NULL;
    return bounded(p ? end + p->before + p->to - p->from : end);
}

/* What still runs has run until the log's end. */
static void finish_one(const struct timeline *t, enum nx_outcome outcome, int64_t start, int64_t *duration, int64_t *end)
{
    if (outcome != NX_OUTCOME_RUNNING) {
        *end = end_of(t, start, *duration);
        return;
    }
    *end = t->wall > start ? t->wall : start;
    *duration = *end - start - (timeline_paused_before(t, *end) - timeline_paused_before(t, start));
}

int timeline_end(struct timeline *t, struct nx_err *err)
{
    close_span(&t->pauses, t->wall, false);
    close_span(&t->sub_runs, t->wall, false);
    order_pauses(t);
    for (size_t i = 0; i < t->n; i++) {
        struct timeline_exec *e = &t->v[i];
        finish_one(t, e->outcome, e->start, &e->duration, &e->end);
    }
    for (size_t i = 0; i < t->scripts_n; i++) {
        struct timeline_script *s = &t->scripts[i];
        finish_one(t, s->outcome, s->start, &s->duration, &s->end);
    }
    return timeline_sum(t, err);
}

static int read_lines(struct nx_runlog *log, struct nx_decoder *d, struct timeline *t, struct nx_err *err)
{
    for (;;) {
        struct nx_slice line;
        uint64_t number;
        const struct nx_event *ev;
        const char *odd;
        struct nx_err why;
        int got = nx_runlog_next(log, &line, &number, &why);
        if (got == 0) {
            return 0;
        }
        if (got == -NX_ENOMEM || got == -NX_EIO) {
            *err = why;
            return got;
        }
        if (got < 0) {
            t->whole = t->whole && t->ended; /* behind the run's end nothing is lost */
            if (nx_runlog_ended(log)) {
                return 0;
            }
            continue;
        }
        if (nx_decode(d, line, &ev, &odd, &why) < 0) {
            t->whole = false;
            continue;
        }
        int rc = timeline_event(t, ev, err);
        if (rc < 0) {
            return rc;
        }
    }
}

int timeline_read(struct nx_recording *rec, struct timeline *t, struct nx_err *err)
{
    struct nx_reader *reader;
    struct nx_runlog *log = NULL;
    struct nx_decoder *d = nx_decoder_new(false);
    timeline_init(t, nx_instant_nanos(nx_recording_run(rec)->started_at));
    int rc = d ? nx_recording_log(rec, &reader, err) : no_memory(err);
    if (rc == 0) {
        rc = nx_runlog_open(reader, &log, err);
    }
    if (rc == 0) {
        rc = read_lines(log, d, t, err);
    }
    if (rc == 0) {
        rc = timeline_end(t, err);
    }
    nx_runlog_close(log);
    nx_decoder_free(d);
    if (rc < 0) {
        nx_err_object(err, nx_recording_name(rec));
    }
    return rc;
}
