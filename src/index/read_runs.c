#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Workspaces, runs, sums. */
#include "index/query.h"

#include <string.h>

int nx_index_workspaces(struct nx_index *ix, int (*fn)(void *arg, const struct nx_workspace_row *row), void *arg,
                        struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix, "SELECT id,store,name,path FROM workspace ORDER BY store,name", err);
    int rc = query_prepare(&q);
    while (rc == 0 && (rc = query_row(&q)) > 0) {
        struct nx_workspace_row row = {sqlite3_column_int64(q.st, 0), column_z(q.st, 1), column_z(q.st, 2),
                                       column_z(q.st, 3)};
        rc = fn(arg, &row);
        if (rc != 0)
            return query_end(&q, rc < 0 ? rc : 0);
    }
    return query_end(&q, rc);
}

static void run_conditions(struct query *q, const struct nx_run_filter *f)
{
    nx_strbuf_adds(&q->sql, " WHERE 1");
    /* Without a uuid, the runs are to be walked in their order, not looked up by workspace and then all sorted: hence the plus. */
    if (f->workspace)
        nx_strbuf_adds(&q->sql, f->uuid ? " AND workspace=:workspace" : " AND +workspace=:workspace");
    if (f->uuid)
        nx_strbuf_adds(&q->sql, " AND uuid=:uuid");
    if (f->status)
        nx_strbuf_adds(&q->sql, " AND status=:status");
    if (f->profile)
        nx_strbuf_adds(&q->sql, " AND profile=:profile");
    if (f->since)
        nx_strbuf_adds(&q->sql, " AND started>=:since");
    if (f->until)
        nx_strbuf_adds(&q->sql, " AND started<:until");
    if (f->contains_test)
        nx_strbuf_adds(&q->sql, " AND EXISTS(SELECT 1 FROM exec WHERE exec.run=run.id AND exec.test=:test)");
    if (f->on_disk_only)
        nx_strbuf_adds(&q->sql, " AND on_disk=1");
    if (f->gone_only)
        nx_strbuf_adds(&q->sql, " AND on_disk=0");
    if (f->deep_only)
        nx_strbuf_adds(&q->sql, " AND depth IN (1,2)");
}

static void run_bind(struct query *q, const struct nx_run_filter *f)
{
    query_int(q, ":workspace", f->workspace);
    query_text(q, ":uuid", nx_slice_of(f->uuid));
    query_text(q, ":status", nx_slice_of(f->status));
    query_text(q, ":profile", nx_slice_of(f->profile));
    query_int(q, ":since", f->since);
    query_int(q, ":until", f->until);
    query_int(q, ":test", f->contains_test);
    query_int(q, ":limit", query_limit(f->limit));
}

/* Rows of one database; of an overlay's file only those that it shows, and has not copied up. */
struct run_cursor {
    struct query q;
    struct nx_index *over; /* the overlay that this is the file of; else NULL */
    struct nx_run_row row;
};

/* 1 with a row, 0 at the end, negative. */
static int next_run(struct run_cursor *c)
{
    int rc;
    while ((rc = query_row(&c->q)) > 0) {
        struct nx_index *side;
        run_from_row(c->q.st, 0, &c->row);
        if (!c->over)
            return 1;
        rc = index_shows(c->over, c->row.workspace, c->q.err);
        if (rc > 0)
            rc = index_side(c->over, c->row.id, &side, c->q.err) < 0 ? -1 : side != c->over;
        if (rc != 0)
            return rc < 0 ? index_err_code(c->q.err) : 1;
    }
    return rc;
}

static int begin_runs(struct run_cursor *c, struct nx_index *ix, struct nx_index *over, const struct nx_run_filter *f,
                      struct nx_err *err)
{
    query_begin(&c->q, ix, "SELECT " RUN_COLUMNS " FROM run", err);
    c->over = over;
    run_conditions(&c->q, f);
    nx_strbuf_adds(&c->q.sql, " ORDER BY started DESC,uuid DESC,"
                              "(SELECT name FROM workspace w WHERE w.id=run.workspace),"
                              "(SELECT store FROM workspace w WHERE w.id=run.workspace)");
    if (!ix->base && !over)
        nx_strbuf_adds(&c->q.sql, " LIMIT :limit");
    int rc = query_prepare(&c->q);
    if (rc < 0)
        return rc;
    run_bind(&c->q, f);
    return next_run(c);
}

/* Of runs that start at the same time under the same id: does the workspace of the first come first? */
static int workspace_first(struct nx_index *ix, int64_t a, int64_t b, struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix,
                "SELECT (a.name,a.store)<(b.name,b.store) FROM workspace a,workspace b WHERE a.id=:a AND b.id=:b", err);
    int rc = query_prepare(&q);
    if (rc == 0) {
        query_int(&q, ":a", a);
        query_int(&q, ":b", b);
        rc = query_row(&q) == 1 && sqlite3_column_int(q.st, 0);
    }
    return query_end(&q, rc);
}

/* Is the next row the first cursor's? 1, 0, negative. */
static int take_first(struct nx_index *ix, const struct run_cursor *a, const struct run_cursor *b, struct nx_err *err)
{
    if (a->row.started != b->row.started)
        return a->row.started > b->row.started;
    int c = strcmp(a->row.uuid, b->row.uuid);
    return c ? c > 0 : workspace_first(ix, a->row.workspace, b->row.workspace, err);
}

int nx_index_runs(struct nx_index *ix, const struct nx_run_filter *f,
                  int (*fn)(void *arg, const struct nx_run_row *row), void *arg, struct nx_err *err)
{
    struct run_cursor v[2] = {0};
    size_t left = f->limit ? f->limit : SIZE_MAX;
    int more[2] = {begin_runs(&v[0], ix, NULL, f, err), 0}, rc = 0;
    if (more[0] >= 0 && ix->base)
        more[1] = begin_runs(&v[1], ix->base, ix, f, err);
    while (rc == 0 && more[0] >= 0 && more[1] >= 0 && more[0] + more[1] > 0 && left-- > 0) {
        int first = more[0] && more[1] ? take_first(ix, &v[0], &v[1], err) : more[0];
        if (first < 0) {
            rc = first;
            break;
        }
        struct run_cursor *c = first ? &v[0] : &v[1];
        rc = fn(arg, &c->row);
        if (rc == 0)
            more[c - v] = next_run(c);
    }
    rc = rc ? rc : more[0] < 0 ? more[0] : more[1] < 0 ? more[1] : 0;
    if (ix->base)
        (void)query_end(&v[1].q, 0);
    return query_end(&v[0].q, rc < 0 ? rc : 0);
}

int nx_index_stat(struct nx_index *ix, struct nx_index_stat *ret, struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix,
                "SELECT (SELECT count(*) FROM run),(SELECT coalesce(sum(executions),0) FROM run),(SELECT count(*) FROM test),"
                "(SELECT page_count FROM pragma_page_count)*(SELECT page_size FROM pragma_page_size)",
                err);
    int rc = query_prepare(&q);
    if (rc == 0 && (rc = query_row(&q)) == 1) {
        *ret = (struct nx_index_stat){column_u64(q.st, 0), column_u64(q.st, 1), column_u64(q.st, 2), column_u64(q.st, 3)};
        rc = 0;
    }
    return query_end(&q, rc);
}
