#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/answer_put.h"

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

static bool in_scope(const struct nx_row *row, const struct nx_workspace *ws)
{
    return !ws || row->ws == ws;
}

/* The index in by_start at which the page behind the cursor begins. */
static size_t seek(const struct nx_view *view, const struct nx_workspace *ws, const struct cursor *c)
{
    size_t lo = 0, hi = view->runs, given = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (cmp_cursor(&view->by_start[mid], c) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    while (lo < view->runs && given < c->given && cmp_cursor(&view->by_start[lo], c) == 0) {
        given += in_scope(&view->by_start[lo], ws);
        lo++;
    }
    return lo;
}

static void put_next(struct nx_json *w, const struct nx_view *view, const struct nx_workspace *ws,
                     size_t last)
{
    const struct nx_run *run = view->by_start[last].run;
    struct nx_strbuf text;
    size_t given = 1;
    for (size_t i = last; i-- > 0 && strcmp(view->by_start[i].run->id, run->id) == 0
                          && nx_instant_cmp(view->by_start[i].run->started_at, run->started_at) == 0;) {
        given += in_scope(&view->by_start[i], ws);
    }
    nx_strbuf_init(&text, 0);
    nx_strbuf_addf(&text, "%" PRId64 ".%" PRIu32 ".%s.%zu", run->started_at.sec, run->started_at.nsec,
                   run->id, given);
    w->out->failed = w->out->failed || text.failed;
    nx_json_str(w, (struct nx_slice){text.p, text.n});
    nx_strbuf_fini(&text);
}

static void put_problem(struct nx_json *w, const char *workspace, const struct nx_err *e)
{
    nx_json_obj(w);
    nx_json_key(w, "workspace");
    nx_json_strz(w, workspace);
    nx_json_key(w, "error");
    nx_put_error(w, e);
    nx_json_end_obj(w);
}

static void put_problems(struct nx_json *w, const struct nx_view *view, const struct nx_workspace *ws)
{
    nx_json_key(w, "problems");
    nx_json_arr(w);
    if (view->err) {
        put_problem(w, NULL, view->err);
    }
    for (size_t i = 0; i < view->n; i++) {
        if (view->v[i]->err && (!ws || ws == view->v[i])) {
            put_problem(w, view->v[i]->name, view->v[i]->err);
        }
    }
    nx_json_end_arr(w);
}

/* Writes the rows of one page; returns the index of the last if more follow, else SIZE_MAX. */
static size_t put_page(struct nx_json *w, const struct nx_view *view, const struct nx_workspace *ws,
                       size_t from, size_t limit)
{
    size_t n = 0, last = SIZE_MAX;
    for (size_t i = from; i < view->runs; i++) {
        const struct nx_row *row = &view->by_start[i];
        if (!in_scope(row, ws)) {
            continue;
        }
        if (limit && n == limit) {
            return last;
        }
        struct nx_put_run p = {.view = view, .ws = row->ws, .run = row->run};
        nx_put_files(&p);
        nx_put_run(w, &p, false);
        last = i;
        n++;
    }
    return SIZE_MAX;
}

int nx_answer_runs(const struct nx_view *view, struct nx_scope scope, size_t limit, const char *after,
                   struct nx_strbuf *out, struct nx_err *err)
{
    const struct nx_workspace *ws = NULL;
    struct cursor c;
    struct nx_json w;
    size_t from = 0;

    if (scope.workspace) {
        int rc = nx_scope_find(view, scope, &ws, err);
        if (rc < 0) {
            return rc;
        }
    }
    if (after) {
        if (!read_cursor(after, &c)) {
            int rc = nx_fail(err, NX_EUSAGE, NULL, "`after` is no cursor of ours");
            nx_err_hint(err, "take it from the member `next` of the answer before");
            return rc;
        }
        from = seek(view, ws, &c);
    }
    nx_json_init(&w, out);
    nx_json_obj(&w);
    nx_json_key(&w, "runs");
    nx_json_arr(&w);
    size_t last = put_page(&w, view, ws, from, limit);
    nx_json_end_arr(&w);
    nx_json_key(&w, "next");
    if (last == SIZE_MAX) {
        nx_json_null(&w);
    } else {
        put_next(&w, view, ws, last);
    }
    put_problems(&w, view, ws);
    nx_json_end_obj(&w);
    return nx_put_end(out, err);
}
