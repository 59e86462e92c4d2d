#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/runs.h"

#include <stdlib.h>
#include <string.h>

#include "api/runs_mark.h"
#include "api/there.h"
#include "api/words.h"

bool nx_runs_status_known(const char *word)
{
    static const enum nx_run_status all[] = {NX_RUN_INCOMPLETE,       NX_RUN_UNKNOWN,
                                             NX_RUN_COMPLETED,        NX_RUN_CANCELLED,
                                             NX_RUN_STRESS_COMPLETED, NX_RUN_STRESS_CANCELLED};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(nx_words_status(all[i]), word) == 0) {
            return true;
        }
    }
    return strcmp(word, "passed") == 0 || strcmp(word, "failed") == 0;
}

static bool has_status(const struct nx_run *run, const char *word)
{
    if (strcmp(word, "passed") == 0 || strcmp(word, "failed") == 0) {
        return nx_run_ended(run) && (run->exit_code == 0) == (*word == 'p');
    }
    return strcmp(nx_words_status(run->status), word) == 0;
}

bool nx_runs_pass(const struct nx_runs_query *q, const struct nx_run *run)
{
    return (!q->status || has_status(run, q->status))
           && (!q->has_since || nx_instant_cmp(run->started_at, q->since) >= 0)
           && (!q->has_until || nx_instant_cmp(run->started_at, q->until) < 0);
}

/* --- what only the index knows --- */

struct marking {
    const struct nx_world *w;
    struct nx_there there;
    const struct nx_runs_query *q;
    bool *marked;
    const struct nx_instant *from;
    size_t found;         /* by the present query, behind `from` */
    int64_t last_started; /* of its last row */
};

/* Marks its row in by_start, which is in order of start (newest first), then id (greater first). */
static void mark_run(struct marking *m, const struct nx_run *run)
{
    const struct nx_view *view = m->w->view;
    size_t lo = 0, hi = view->runs;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = nx_instant_cmp(run->started_at, view->by_start[mid].run->started_at);
        if ((c ? c : strcmp(run->id, view->by_start[mid].run->id)) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    for (; lo < view->runs && strcmp(view->by_start[lo].run->id, run->id) == 0; lo++) {
        if (view->by_start[lo].run == run) {
            m->marked[lo] = true;
        }
    }
}

static int mark_row(void *arg, const struct nx_run_row *row)
{
    struct marking *m = arg;
    /* Of equal starts the index has an order of its own, so all of them are taken. */
    if (m->q->limit && m->found > m->q->limit && row->started < m->last_started) {
        return 1;
    }
    const struct nx_run *run = nx_there_run(&m->there, row->workspace, row->uuid);
    if (run && nx_runs_pass(m->q, run)) {
        mark_run(m, run);
        m->found += !m->from || nx_instant_cmp(run->started_at, *m->from) < 0;
        m->last_started = row->started;
    }
    return 0;
}

static int mark_with(struct marking *m, const struct nx_run_filter *f, struct nx_err *err)
{
    m->found = 0;
    return nx_index_runs(m->w->ix, f, mark_row, m, err);
}

/* --- the test --- */

struct ids {
    const char *wanted;
    int64_t *v;
    size_t n;
};

static int add_id(struct ids *ids, int64_t id)
{
    int64_t *v = realloc(ids->v, (ids->n + 1) * sizeof(*v));
    if (!v) {
        return -NX_ENOMEM;
    }
    ids->v = v;
    ids->v[ids->n++] = id;
    return 0;
}

static int note_test(void *arg, const struct nx_test_row *row)
{
    struct ids *ids = arg;
    return nx_slice_is(row->name, ids->wanted) ? add_id(ids, row->id) : 0;
}

/* Tests that the words mean: `binary name`, else the name of any binary's. */
static int find_tests(const struct nx_world *w, struct ids *ids, struct nx_err *err)
{
    size_t n = strlen(ids->wanted);
    for (size_t i = 1; i + 1 < n; i++) {
        int64_t id;
        if (ids->wanted[i] != ' ') {
            continue;
        }
        int rc = nx_index_find_test(w->ix, (struct nx_slice){ids->wanted, i},
                                    (struct nx_slice){ids->wanted + i + 1, n - i - 1}, &id, err);
        if (rc == 0) {
            rc = add_id(ids, id);
        }
        if (rc < 0 && rc != -NX_ENOTFOUND) {
            return rc;
        }
    }
    return ids->n ? 0 : nx_index_tests(w->ix, ids->wanted, NULL, 0, note_test, ids, err);
}

int nx_runs_tests(const struct nx_world *w, const char *words, int64_t **ret, size_t *ret_n,
                  struct nx_err *err)
{
    struct ids ids = {.wanted = words};
    int rc = find_tests(w, &ids, err);
    if (rc < 0) {
        free(ids.v);
        return rc == -NX_ENOMEM ? nx_fail(err, NX_ENOMEM, NULL, "no memory to look for tests") : rc;
    }
    *ret = ids.v;
    *ret_n = ids.n;
    return 0;
}

static int mark_all(struct marking *m, struct nx_run_filter *f, struct nx_err *err)
{
    int64_t *ids;
    size_t n;
    if (!m->q->test) {
        return mark_with(m, f, err);
    }
    int rc = nx_runs_tests(m->w, m->q->test, &ids, &n, err);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < n && rc == 0; i++) {
        f->contains_test = ids[i];
        rc = mark_with(m, f, err);
    }
    free(ids);
    return rc;
}

int nx_runs_mark(const struct nx_world *w, struct nx_scope scope, const struct nx_runs_query *q,
                 const struct nx_instant *from, bool **ret, struct nx_err *err)
{
    struct marking m = {.w = w, .q = q, .from = from};
    struct nx_run_filter f = {.profile = q->profile};
    if (q->has_since) {
        f.since = nx_instant_nanos(q->since);
    }
    if (q->has_until) {
        f.until = nx_instant_nanos(q->until);
    }
    if (from && (!f.until || nx_instant_nanos(*from) < f.until)) {
        f.until = nx_nanos_add(nx_instant_nanos(*from), 1);
    }
    m.marked = calloc(w->view->runs + 1, sizeof(*m.marked));
    int rc = m.marked ? nx_there_init(&m.there, w, scope, err) : -NX_ENOMEM;
    if (rc == 0) {
        f.workspace = m.there.n == 1 ? m.there.v[0].id : 0;
        rc = m.there.n == 0 ? 0 : mark_all(&m, &f, err);
    }
    nx_there_fini(&m.there);
    if (rc < 0) {
        free(m.marked);
        return rc == -NX_ENOMEM ? nx_fail(err, NX_ENOMEM, NULL, "no memory to look for runs") : rc;
    }
    *ret = m.marked;
    return 0;
}
