#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* The stores that runs are of, by name, and where each lay when it was last read. */
#include "index/query.h"

int nx_index_stores(struct nx_index *ix, int (*fn)(void *arg, const struct nx_store_row *row), void *arg,
                    struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix, "SELECT name,dir FROM store ORDER BY name", err);
    int rc = query_prepare(&q);
    while (rc == 0 && (rc = query_row(&q)) > 0) {
        struct nx_store_row row = {column_z(q.st, 0), column_z(q.st, 1)};
        rc = fn(arg, &row);
        if (rc != 0)
            return query_end(&q, rc < 0 ? rc : 0);
    }
    return query_end(&q, rc);
}

static int write_two(struct nx_index *ix, const char *sql, const char *a, const char *b, struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix, sql, err);
    int rc = query_prepare(&q);
    if (rc == 0) {
        query_text(&q, ":a", nx_slice_of(a));
        query_text(&q, ":b", nx_slice_of(b));
        rc = query_row(&q);
    }
    return query_end(&q, rc > 0 ? 0 : rc);
}

int nx_index_put_store(struct nx_index *ix, const char *name, const char *dir, struct nx_err *err)
{
    return write_two(ix,
                     "INSERT INTO store(name,dir) VALUES(:a,:b) ON CONFLICT(name) DO UPDATE SET dir=excluded.dir"
                     " WHERE dir IS NOT excluded.dir",
                     name, dir, err);
}

int nx_index_rename_store(struct nx_index *ix, const char *from, const char *to, struct nx_err *err)
{
    int rc = write_two(ix, "UPDATE store SET name=:b WHERE name=:a", from, to, err);
    return rc < 0 ? rc : write_two(ix, "UPDATE workspace SET store=:b WHERE store=:a", from, to, err);
}
