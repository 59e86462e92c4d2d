#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "index/query.h"

void query_begin(struct query *q, struct nx_index *ix, const char *sql, struct nx_err *err)
{
    *q = (struct query){.ix = ix, .err = err};
    nx_strbuf_init(&q->sql, 0);
    nx_strbuf_adds(&q->sql, sql);
}

int query_prepare(struct query *q)
{
    if (q->sql.failed)
        return nx_fail(q->err, NX_ENOMEM, q->ix->path, "no memory for a query");
    if (sqlite3_prepare_v2(q->ix->db, q->sql.p, -1, &q->st, NULL) != SQLITE_OK)
        return index_fail(q->ix, q->err, "preparing a query");
    return 0;
}

void query_int(struct query *q, const char *name, int64_t v)
{
    int i = sqlite3_bind_parameter_index(q->st, name);
    if (i)
        sqlite3_bind_int64(q->st, i, v);
}

void query_text(struct query *q, const char *name, struct nx_slice s)
{
    int i = sqlite3_bind_parameter_index(q->st, name);
    if (i && s.p)
        sqlite3_bind_text64(q->st, i, s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

int query_end(struct query *q, int rc)
{
    sqlite3_finalize(q->st);
    nx_strbuf_fini(&q->sql);
    return rc;
}

int query_row(struct query *q)
{
    int step = sqlite3_step(q->st);
    return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : index_fail(q->ix, q->err, "reading the index");
}

int64_t query_limit(size_t n)
{
    return n == 0 || n > INT64_MAX ? -1 : (int64_t)n;
}
