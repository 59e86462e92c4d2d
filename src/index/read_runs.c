#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Workspaces, runs, sums. */
#include "index/query.h"

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

int nx_index_runs(struct nx_index *ix, const struct nx_run_filter *f,
                  int (*fn)(void *arg, const struct nx_run_row *row), void *arg, struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix, "SELECT " RUN_COLUMNS " FROM run", err);
    run_conditions(&q, f);
    nx_strbuf_adds(&q.sql, " ORDER BY started DESC,uuid DESC,"
                           "(SELECT name FROM workspace w WHERE w.id=run.workspace),"
                           "(SELECT store FROM workspace w WHERE w.id=run.workspace) LIMIT :limit");
    int rc = query_prepare(&q);
    if (rc == 0)
        run_bind(&q, f);
    while (rc == 0 && (rc = query_row(&q)) > 0) {
        struct nx_run_row row;
        run_from_row(q.st, 0, &row);
        rc = fn(arg, &row);
        if (rc != 0)
            return query_end(&q, rc < 0 ? rc : 0);
    }
    return query_end(&q, rc);
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
