#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Tests by name and by id. */
#include "index/query.h"

#include <stdlib.h>
#include <string.h>

int nx_index_find_test(struct nx_index *ix, struct nx_slice binary, struct nx_slice name, int64_t *ret,
                       struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix, "SELECT t.id FROM test t JOIN binary b ON b.id=t.binary WHERE b.name=:binary AND t.name=:name", err);
    int rc = query_prepare(&q);
    if (rc == 0) {
        query_text(&q, ":binary", binary);
        query_text(&q, ":name", name);
        rc = query_row(&q);
        if (rc == 1)
            *ret = sqlite3_column_int64(q.st, 0);
        rc = rc == 1 ? 0
             : rc < 0
                 ? rc
                 : nx_fail(err, NX_ENOTFOUND, NULL, "no test `%.*s` of `%.*s` has been seen", (int)(name.n < 200 ? name.n : 200),
                           name.p, (int)(binary.n < 200 ? binary.n : 200), binary.p);
    }
    return query_end(&q, rc);
}

int nx_index_tests(struct nx_index *ix, const char *text, const struct nx_test_row *after, size_t limit,
                   int (*fn)(void *arg, const struct nx_test_row *row), void *arg, struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix, "SELECT t.id,b.name,t.name FROM binary b JOIN test t ON t.binary=b.id WHERE 1", err);
    if (text)
        nx_strbuf_adds(&q.sql, " AND instr(lower(b.name||' '||t.name),lower(:text))>0");
    if (after)
        nx_strbuf_adds(&q.sql, " AND (b.name,t.name)>(:binary,:name)");
    nx_strbuf_adds(&q.sql, " ORDER BY b.name,t.name LIMIT :limit");
    int rc = query_prepare(&q);
    if (rc == 0) {
        query_text(&q, ":text", nx_slice_of(text));
        if (after) {
            query_text(&q, ":binary", after->binary);
            query_text(&q, ":name", after->name);
        }
        query_int(&q, ":limit", query_limit(limit));
    }
    while (rc == 0 && (rc = query_row(&q)) > 0) {
        struct nx_test_row row = {sqlite3_column_int64(q.st, 0), column_slice(q.st, 1), column_slice(q.st, 2)};
        rc = fn(arg, &row);
        if (rc != 0)
            return query_end(&q, rc < 0 ? rc : 0);
    }
    return query_end(&q, rc);
}

int nx_index_test_name(struct nx_index *ix, int64_t test, struct nx_test_row *ret, struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix, ST_TEST_NAME, err);
    if (!st)
        return err ? -(int)err->code : -NX_EIO;
    sqlite3_bind_int64(st, 1, test);
    int step = sqlite3_step(st), rc = 0;
    if (step != SQLITE_ROW) {
        rc = step == SQLITE_DONE ? nx_fail(err, NX_ENOTFOUND, ix->path, "no such test") : index_fail(ix, err, "reading a name");
    } else {
        struct nx_slice b = column_slice(st, 0), n = column_slice(st, 1);
        char *buf = realloc(ix->name_buf, b.n + n.n + 1);
        if (!buf) {
            rc = nx_fail(err, NX_ENOMEM, ix->path, "no memory for a name");
        } else {
            ix->name_buf = buf;
            memcpy(buf, b.p, b.n);
            memcpy(buf + b.n, n.p, n.n);
            *ret = (struct nx_test_row){test, {buf, b.n}, {buf + b.n, n.n}};
        }
    }
    sqlite3_reset(st);
    return rc;
}
