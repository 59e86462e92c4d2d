#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Executions: of a run, and of a test over its runs. */
#include "index/query.h"

static void exec_conditions(struct query *q, const struct nx_exec_filter *f)
{
    if (f->last_only)
        nx_strbuf_adds(&q->sql, " AND (e.what&32)<>0");
    if (f->slow_only)
        nx_strbuf_adds(&q->sql, " AND (e.what&16)<>0");
    if (f->flaky_only)
        nx_strbuf_adds(&q->sql, " AND (e.what&32)<>0 AND (e.k&65535)>1 AND (e.what&15) IN (1,2,3)");
    if (f->outcomes)
        nx_strbuf_adds(&q->sql, " AND ((1<<(e.what&15))&:outcomes)<>0");
    if (f->text)
        nx_strbuf_adds(&q->sql, " AND instr(lower(b.name||' '||t.name),lower(:text))>0");
    static const char *const orders[] = {
        [NX_BY_NAME] = " ORDER BY b.name,t.name,e.k",
        [NX_BY_DURATION] = " ORDER BY e.dur DESC,b.name,t.name,e.k",
        [NX_BY_START] = " ORDER BY e.start,b.name,t.name,e.k",
    };
    nx_strbuf_adds(&q->sql, orders[f->order]);
    nx_strbuf_adds(&q->sql, " LIMIT :limit OFFSET :offset");
}

int nx_index_execs(struct nx_index *ix, int64_t run, const struct nx_exec_filter *f,
                   int (*fn)(void *arg, const struct nx_exec_out *out), void *arg, struct nx_err *err)
{
    struct query q;
    int rc = index_side(ix, run, &ix, err);
    if (rc < 0)
        return rc;
    query_begin(&q, ix,
                "SELECT e.test,e.k,e.what,e.start,e.dur,e.slot,e.grp,e.line,b.name,t.name,g.name FROM exec e"
                " JOIN test t ON t.id=e.test JOIN binary b ON b.id=t.binary LEFT JOIN grp g ON g.id=e.grp WHERE e.run=:run",
                err);
    exec_conditions(&q, f);
    rc = query_prepare(&q);
    if (rc == 0) {
        query_int(&q, ":run", run);
        query_int(&q, ":outcomes", f->outcomes);
        query_text(&q, ":text", nx_slice_of(f->text));
        query_int(&q, ":limit", query_limit(f->limit));
        query_int(&q, ":offset", (int64_t)f->offset);
    }
    while (rc == 0 && (rc = query_row(&q)) > 0) {
        struct nx_exec_out out;
        exec_from_row(q.st, 0, &out.row);
        out.binary = column_slice(q.st, 8);
        out.name = column_slice(q.st, 9);
        out.group = column_slice(q.st, 10);
        rc = fn(arg, &out);
        if (rc != 0)
            return query_end(&q, rc < 0 ? rc : 0);
    }
    return query_end(&q, rc);
}

int nx_index_scan(struct nx_index *ix, int64_t run, int (*fn)(void *arg, const struct nx_exec_row *row), void *arg,
                  struct nx_err *err)
{
    int rc = index_side(ix, run, &ix, err);
    sqlite3_stmt *st = rc < 0 ? NULL : index_stmt(ix, ST_EXECS_OF_RUN, err);
    if (!st)
        return rc < 0 ? rc : index_err_code(err);
    sqlite3_bind_int64(st, 1, run);
    int step = SQLITE_DONE;
    while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct nx_exec_row row;
        exec_from_row(st, 0, &row);
        rc = fn(arg, &row);
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = index_fail(ix, err, "reading a run");
    sqlite3_reset(st);
    return rc < 0 ? rc : 0;
}

/* --- history --- */

struct history {
    struct nx_index *ix;
    int64_t test;
    size_t left;
    int (*fn)(void *arg, const struct nx_run_row *run, const struct nx_exec_row *exec);
    void *arg;
    struct nx_err *err;
};

/* One run's attempts; runs without the test do not count. */
static int history_run(void *arg, const struct nx_run_row *run)
{
    struct history *h = arg;
    struct nx_index *ix;
    int rc = index_side(h->ix, run->id, &ix, h->err);
    sqlite3_stmt *st = rc < 0 ? NULL : index_stmt(ix, ST_EXECS_OF_TEST, h->err);
    if (!st)
        return rc < 0 ? rc : index_err_code(h->err);
    sqlite3_bind_int64(st, 1, run->id);
    sqlite3_bind_int64(st, 2, h->test);
    int step = SQLITE_DONE;
    bool any = false;
    while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct nx_exec_row row;
        exec_from_row(st, 0, &row);
        any = true;
        rc = h->fn(h->arg, run, &row);
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = index_fail(ix, h->err, "reading a history");
    sqlite3_reset(st);
    if (rc == 0 && any && --h->left == 0)
        return 1;
    return rc;
}

int nx_index_history(struct nx_index *ix, int64_t test, int64_t workspace, size_t runs,
                     int (*fn)(void *arg, const struct nx_run_row *run, const struct nx_exec_row *exec), void *arg,
                     struct nx_err *err)
{
    struct history h = {ix, test, runs ? runs : SIZE_MAX, fn, arg, err};
    struct nx_run_filter f = {.workspace = workspace, .deep_only = true};
    return nx_index_runs(ix, &f, history_run, &h, err);
}
