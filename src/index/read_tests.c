#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* Tests by name and by id. */
#include "index/query.h"

#include <stdlib.h>
#include <string.h>

/* 1 with *ret, 0, negative. */
static int find(struct nx_index *ix, struct nx_slice binary, struct nx_slice name, int64_t *ret, struct nx_err *err)
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
    }
    return query_end(&q, rc);
}

int nx_index_find_test(struct nx_index *ix, struct nx_slice binary, struct nx_slice name, int64_t *ret,
                       struct nx_err *err)
{
    int rc = find(ix, binary, name, ret, err);
    if (rc == 0 && ix->base)
        rc = find(ix->base, binary, name, ret, err);
    return rc == 1 ? 0
           : rc < 0
               ? rc
               : nx_fail(err, NX_ENOTFOUND, NULL, "no test `%.*s` of `%.*s` has been seen", (int)(name.n < 200 ? name.n : 200),
                         name.p, (int)(binary.n < 200 ? binary.n : 200), binary.p);
}

struct test_cursor {
    struct query q;
    struct nx_test_row row;
};

/* 1 with a row, 0 at the end, negative. */
static int next_test(struct test_cursor *c)
{
    int rc = query_row(&c->q);
    if (rc > 0)
        c->row = (struct nx_test_row){sqlite3_column_int64(c->q.st, 0), column_slice(c->q.st, 1), column_slice(c->q.st, 2)};
    return rc;
}

static int begin_tests(struct test_cursor *c, struct nx_index *ix, const char *text, const struct nx_test_row *after,
                       size_t limit, struct nx_err *err)
{
    query_begin(&c->q, ix, "SELECT t.id,b.name,t.name FROM binary b JOIN test t ON t.binary=b.id WHERE 1", err);
    if (text)
        nx_strbuf_adds(&c->q.sql, " AND instr(lower(b.name||' '||t.name),lower(:text))>0");
    if (after)
        nx_strbuf_adds(&c->q.sql, " AND (b.name,t.name)>(:binary,:name)");
    nx_strbuf_adds(&c->q.sql, " ORDER BY b.name,t.name LIMIT :limit");
    int rc = query_prepare(&c->q);
    if (rc < 0)
        return rc;
    query_text(&c->q, ":text", nx_slice_of(text));
    if (after) {
        query_text(&c->q, ":binary", after->binary);
        query_text(&c->q, ":name", after->name);
    }
    query_int(&c->q, ":limit", query_limit(limit));
    return next_test(c);
}

static int cmp_slice(struct nx_slice a, struct nx_slice b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int cmp_test(const struct nx_test_row *a, const struct nx_test_row *b)
{
    int c = cmp_slice(a->binary, b->binary);
    return c ? c : cmp_slice(a->name, b->name);
}

int nx_index_tests(struct nx_index *ix, const char *text, const struct nx_test_row *after, size_t limit,
                   int (*fn)(void *arg, const struct nx_test_row *row), void *arg, struct nx_err *err)
{
    struct test_cursor v[2] = {0}; /* in an overlay the file's, too: some are in both */
    size_t left = limit ? limit : SIZE_MAX;
    int more[2] = {begin_tests(&v[0], ix, text, after, limit, err), 0}, rc = 0;
    if (more[0] >= 0 && ix->base)
        more[1] = begin_tests(&v[1], ix->base, text, after, limit, err);
    while (rc == 0 && more[0] >= 0 && more[1] >= 0 && more[0] + more[1] > 0 && left-- > 0) {
        int c = more[0] && more[1] ? cmp_test(&v[0].row, &v[1].row) : more[0] ? -1 : 1;
        rc = fn(arg, c <= 0 ? &v[0].row : &v[1].row);
        if (rc == 0 && c <= 0)
            more[0] = next_test(&v[0]);
        if (rc == 0 && c >= 0)
            more[1] = next_test(&v[1]);
    }
    rc = rc ? rc : more[0] < 0 ? more[0] : more[1] < 0 ? more[1] : 0;
    if (ix->base)
        (void)query_end(&v[1].q, 0);
    return query_end(&v[0].q, rc < 0 ? rc : 0);
}

int nx_index_test_name(struct nx_index *ix, int64_t test, struct nx_test_row *ret, struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix, ST_TEST_NAME, err);
    if (!st)
        return index_err_code(err);
    sqlite3_bind_int64(st, 1, test);
    int step = sqlite3_step(st), rc = 0;
    if (step == SQLITE_DONE && ix->base) {
        rc = nx_index_test_name(ix->base, test, ret, err);
    } else if (step != SQLITE_ROW) {
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
