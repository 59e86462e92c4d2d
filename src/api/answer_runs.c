#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/answer_put.h"
#include "api/runs_gone.h"
#include "api/runs_mark.h"

/* Where a page ended: the last row's start and id, and how many rows of the scope with both were given (an id
 * may be in two workspaces). As text: `<seconds>.<nanoseconds>.<id>.<count>`. */
struct cursor {
    struct nx_instant start;
    char id[37];
    size_t given;
};

/* A decimal number of at most `max`, moving *p behind it; false where there is none. */
static bool read_u64(const char **p, uint64_t max, uint64_t *ret)
{
    const char *start = *p;
    uint64_t v = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        unsigned digit = (unsigned)(**p - '0');
        if (v > (max - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    *ret = v;
    return *p != start;
}

static bool read_cursor(const char *text, struct cursor *c)
{
    uint64_t sec, nsec, given;
    const char *p = text;
    bool negative = *p == '-';
    p += negative;
    if (!read_u64(&p, INT64_MAX, &sec) || *p++ != '.' || !read_u64(&p, 1999999999, &nsec) || *p++ != '.') {
        return false;
    }
    size_t n = strcspn(p, ".");
    if (n != sizeof(c->id) - 1 || strspn(p, "0123456789abcdef-") != n || p[n] != '.') {
        return false;
    }
    memcpy(c->id, p, n);
    c->id[n] = '\0';
    p += n + 1;
    if (!read_u64(&p, SIZE_MAX / 2, &given) || *p != '\0' || given == 0) {
        return false;
    }
    c->start = (struct nx_instant){negative ? -(int64_t)sec : (int64_t)sec, (uint32_t)nsec, 0};
    c->given = (size_t)given;
    return true;
}

/* Negative where the row comes before the cursor's in by_start, 0 at it. */
static int cmp_cursor(const struct nx_row *row, const struct cursor *c)
{
    int d = nx_instant_cmp(c->start, row->run->started_at);
    return d ? d : strcmp(c->id, row->run->id);
}

/* The rows to choose from, in the order of by_start, and which of them are meant. */
struct choice {
    const struct nx_row *v; /* the view's, or, with what nextest has pruned, nx_gone's */
    size_t n;
    const struct nx_view *view;
    struct nx_scope scope;
    const struct nx_runs_query *q;
    const bool *marked;         /* the rows that the index named; NULL: all */
    const struct nx_gone *gone; /* NULL: none */
};

static bool chosen(const struct choice *c, size_t i)
{
    const struct nx_row *row = &c->v[i];
    return nx_scope_has(c->scope, row->ws->store->name, row->ws->name) && (!c->marked || c->marked[i]) && nx_runs_pass(c->q, row->run);
}

/* The index in by_start at which the page behind the cursor begins. */
static size_t seek(const struct choice *which, const struct cursor *c)
{
    size_t lo = 0, hi = which->n, given = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (cmp_cursor(&which->v[mid], c) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    while (lo < which->n && given < c->given && cmp_cursor(&which->v[lo], c) == 0) {
        given += chosen(which, lo);
        lo++;
    }
    return lo;
}

static void put_next(struct nx_json *w, const struct choice *which, size_t last)
{
    const struct nx_run *run = which->v[last].run;
    struct nx_strbuf text;
    size_t given = 1;
    for (size_t i = last; i-- > 0 && strcmp(which->v[i].run->id, run->id) == 0
                          && nx_instant_cmp(which->v[i].run->started_at, run->started_at) == 0;) {
        given += chosen(which, i);
    }
    nx_strbuf_init(&text, 0);
    nx_strbuf_addf(&text, "%" PRId64 ".%" PRIu32 ".%s.%zu", run->started_at.sec, run->started_at.nsec,
                   run->id, given);
    w->out->failed = w->out->failed || text.failed;
    nx_json_str(w, (struct nx_slice){text.p, text.n});
    nx_strbuf_fini(&text);
}

static void put_problem(struct nx_json *w, const char *store, const char *workspace, const struct nx_err *e)
{
    nx_json_obj(w);
    nx_json_key(w, "store");
    nx_json_strz(w, store);
    nx_json_key(w, "workspace");
    nx_json_strz(w, workspace);
    nx_json_key(w, "error");
    nx_put_error(w, e);
    nx_json_end_obj(w);
}

static void put_problems(struct nx_json *w, const struct choice *which)
{
    const struct nx_view *view = which->view;
    nx_json_key(w, "problems");
    nx_json_arr(w);
    for (size_t i = 0; i < view->stores_n; i++) {
        const struct nx_shown *s = &view->stores[i];
        if (s->err && nx_scope_reaches(which->scope, s->store->name)) {
            put_problem(w, s->store->name, NULL, s->err);
        }
    }
    for (size_t i = 0; i < view->n; i++) {
        const struct nx_workspace *ws = view->v[i];
        if (ws->err && nx_scope_has(which->scope, ws->store->name, ws->name)) {
            put_problem(w, ws->store->name, ws->name, ws->err);
        }
    }
    nx_json_end_arr(w);
}

/* Writes the rows of one page; returns the index of the last if more follow, else SIZE_MAX. */
static size_t put_page(struct nx_json *w, const struct choice *which, size_t from)
{
    size_t n = 0, last = SIZE_MAX;
    for (size_t i = from; i < which->n; i++) {
        const struct nx_row *row = &which->v[i];
        if (!chosen(which, i)) {
            continue;
        }
        if (which->q->limit && n == which->q->limit) {
            return last;
        }
        struct nx_put_run p = {.view = which->view, .ws = row->ws, .run = row->run};
        p.gone = which->gone && nx_gone_has(which->gone, row->run);
        if (!p.gone) {
            nx_put_files(&p);
        }
        nx_put_run(w, &p, false);
        last = i;
        n++;
    }
    return SIZE_MAX;
}

static void write_answer(const struct choice *which, size_t from, struct nx_strbuf *out)
{
    struct nx_json w;
    nx_json_init(&w, out);
    nx_json_obj(&w);
    nx_json_key(&w, "runs");
    nx_json_arr(&w);
    size_t last = put_page(&w, which, from);
    nx_json_end_arr(&w);
    nx_json_key(&w, "next");
    if (last == SIZE_MAX) {
        nx_json_null(&w);
    } else {
        put_next(&w, which, last);
    }
    put_problems(&w, which);
    nx_json_end_obj(&w);
}

/* Rows for the answer: the view's, of which some are marked, or a list of its own with the pruned ones. */
static int gather(const struct nx_world *w, struct choice *which, const struct cursor *c, bool **marked,
                  struct nx_gone *gone, struct nx_err *err)
{
    const struct nx_instant *from = c ? &c->start : NULL;
    int rc = 0;
    which->v = w->view->by_start;
    which->n = w->view->runs;
    if (nx_runs_need_logs(which->q)) {
        rc = nx_runs_mark(w, which->scope, which->q, from, marked, err);
        which->marked = *marked;
    }
    if (rc == 0 && which->q->pruned) {
        rc = nx_gone_read(w, which->scope, which->q, from, which->marked, gone, err);
        which->v = gone->rows;
        which->n = gone->rows_n;
        which->gone = gone;
        which->marked = NULL;
    }
    return rc;
}

int nx_answer_runs_where(const struct nx_world *w, struct nx_scope scope, const struct nx_runs_query *q,
                         struct nx_strbuf *out, struct nx_err *err)
{
    struct choice which = {.view = w->view, .q = q};
    struct nx_gone gone = {0};
    struct cursor c;
    bool *marked = NULL;

    const struct nx_workspace *ws = NULL;

    int rc = nx_scope_find(w->view, scope, &ws, err);
    bool unseen = rc == -NX_ENOTFOUND && q->pruned; /* perhaps it is in the index alone */
    struct nx_err why = *err;
    which.scope = ws ? nx_scope_of(ws) : scope;
    rc = unseen ? 0 : rc;
    if (rc == 0 && q->after && !read_cursor(q->after, &c)) {
        rc = nx_fail(err, NX_EUSAGE, NULL, "`after` is no cursor of ours");
        nx_err_hint(err, "take it from the member `next` of the answer before");
    }
    if (rc == 0) {
        rc = gather(w, &which, q->after ? &c : NULL, &marked, &gone, err);
    }
    if (rc == 0 && unseen && gone.ws_n == 0) {
        *err = why;
        rc = -NX_ENOTFOUND;
    }
    if (rc == 0) {
        write_answer(&which, q->after ? seek(&which, &c) : 0, out);
        rc = nx_put_end(out, err);
    }
    free(marked);
    nx_gone_fini(&gone);
    return rc;
}

int nx_answer_runs(const struct nx_view *view, struct nx_scope scope, size_t limit, const char *after,
                   struct nx_strbuf *out, struct nx_err *err)
{
    const struct nx_world w = {.view = view};
    const struct nx_runs_query q = {.limit = limit, .after = after};
    return nx_answer_runs_where(&w, scope, &q, out, err);
}
