#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "index/impl.h"

#include <stdlib.h>
#include <string.h>

const char *nx_outcome_text(enum nx_outcome o)
{
    static const char *const v[] = {
#define NX_OUTCOME(name, text, passed) text,
#include "index/outcomes.def"
#undef NX_OUTCOME
    };
    return v[o];
}

bool nx_outcome_passed(enum nx_outcome o)
{
    static const bool v[] = {
#define NX_OUTCOME(name, text, passed) passed,
#include "index/outcomes.def"
#undef NX_OUTCOME
    };
    return v[o];
}

/* --- rows --- */

void exec_from_row(sqlite3_stmt *st, int at, struct nx_exec_row *ret)
{
    int64_t k = sqlite3_column_int64(st, at + 1), what = sqlite3_column_int64(st, at + 2);
    unsigned outcome = (unsigned)(what & 15);
    *ret = (struct nx_exec_row){
        .test = sqlite3_column_int64(st, at),
        .stress = (uint32_t)(k >> 16),
        .attempt = (uint32_t)(k & 0xffff),
        .outcome = outcome < NX_OUTCOME_COUNT ? (enum nx_outcome)outcome : NX_OUTCOME_FAIL,
        .slow = what >> 4 & 1,
        .last = what >> 5 & 1,
        .flaky_fails = what >> 6 & 1,
        .start = sqlite3_column_int64(st, at + 3),
        .duration = (uint64_t)sqlite3_column_int64(st, at + 4),
        .slot = (uint32_t)sqlite3_column_int64(st, at + 5),
        .group = sqlite3_column_int64(st, at + 6),
        .line = (uint64_t)sqlite3_column_int64(st, at + 7),
    };
}

static const char *column_z(sqlite3_stmt *st, int i)
{
    return (const char *)sqlite3_column_text(st, i);
}

static uint64_t column_u64(sqlite3_stmt *st, int i)
{
    return (uint64_t)sqlite3_column_int64(st, i);
}

void run_from_row(sqlite3_stmt *st, int at, struct nx_run_row *ret)
{
    *ret = (struct nx_run_row){
        .id = sqlite3_column_int64(st, at),
        .workspace = sqlite3_column_int64(st, at + 1),
        .uuid = column_z(st, at + 2),
        .started = sqlite3_column_int64(st, at + 3),
        .last_written = sqlite3_column_int64(st, at + 4),
        .status = column_z(st, at + 5),
        .entry = column_z(st, at + 6),
        .on_disk = sqlite3_column_int(st, at + 7) != 0,
        .depth = (enum nx_depth)sqlite3_column_int(st, at + 8),
        .log_size = column_u64(st, at + 9),
        .log_mtime = sqlite3_column_int64(st, at + 10),
        .profile = column_z(st, at + 11),
        .tally = {column_u64(st, at + 12), column_u64(st, at + 13), column_u64(st, at + 14), column_u64(st, at + 15),
                  column_u64(st, at + 16), column_u64(st, at + 17), column_u64(st, at + 18), column_u64(st, at + 19),
                  column_u64(st, at + 20)},
        .first_failure = sqlite3_column_int64(st, at + 21),
        .stress = sqlite3_column_int(st, at + 22) != 0,
        .scripts = column_u64(st, at + 23),
        .scripts_failed = column_u64(st, at + 24),
        .bad_lines = column_u64(st, at + 25),
    };
}

/* --- a query made of parts --- */

struct query {
    struct nx_index *ix;
    struct nx_strbuf sql;
    sqlite3_stmt *st;
    struct nx_err *err;
};

static void query_begin(struct query *q, struct nx_index *ix, const char *sql, struct nx_err *err)
{
    *q = (struct query){.ix = ix, .err = err};
    nx_strbuf_init(&q->sql, 0);
    nx_strbuf_adds(&q->sql, sql);
}

static int query_prepare(struct query *q)
{
    if (q->sql.failed)
        return nx_fail(q->err, NX_ENOMEM, q->ix->path, "no memory for a query");
    if (sqlite3_prepare_v2(q->ix->db, q->sql.p, -1, &q->st, NULL) != SQLITE_OK)
        return index_fail(q->ix, q->err, "preparing a query");
    return 0;
}

/* Binds a named parameter, where the query has it. */
static void query_int(struct query *q, const char *name, int64_t v)
{
    int i = sqlite3_bind_parameter_index(q->st, name);
    if (i)
        sqlite3_bind_int64(q->st, i, v);
}

static void query_text(struct query *q, const char *name, struct nx_slice s)
{
    int i = sqlite3_bind_parameter_index(q->st, name);
    if (i && s.p)
        sqlite3_bind_text64(q->st, i, s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int query_end(struct query *q, int rc)
{
    sqlite3_finalize(q->st);
    nx_strbuf_fini(&q->sql);
    return rc;
}

/* The next row: 1, 0 at the end, negative. */
static int query_row(struct query *q)
{
    int step = sqlite3_step(q->st);
    return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : index_fail(q->ix, q->err, "reading the index");
}

static int64_t limit_of(size_t n)
{
    return n == 0 || n > INT64_MAX ? -1 : (int64_t)n;
}

/* --- workspaces, runs --- */

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
    if (f->workspace)
        nx_strbuf_adds(&q->sql, " AND workspace=:workspace");
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
    if (f->before_id)
        nx_strbuf_adds(&q->sql, " AND (started,id)<(:bstarted,:bid)");
    if (f->on_disk_only)
        nx_strbuf_adds(&q->sql, " AND on_disk=1");
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
    query_int(q, ":bstarted", f->before_started);
    query_int(q, ":bid", f->before_id);
    query_int(q, ":limit", limit_of(f->limit));
}

int nx_index_runs(struct nx_index *ix, const struct nx_run_filter *f,
                  int (*fn)(void *arg, const struct nx_run_row *row), void *arg, struct nx_err *err)
{
    struct query q;
    query_begin(&q, ix, "SELECT " RUN_COLUMNS " FROM run", err);
    run_conditions(&q, f);
    nx_strbuf_adds(&q.sql, " ORDER BY started DESC,id DESC LIMIT :limit");
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

/* --- executions --- */

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
    query_begin(&q, ix,
                "SELECT e.test,e.k,e.what,e.start,e.dur,e.slot,e.grp,e.line,b.name,t.name,g.name FROM exec e"
                " JOIN test t ON t.id=e.test JOIN binary b ON b.id=t.binary LEFT JOIN grp g ON g.id=e.grp WHERE e.run=:run",
                err);
    exec_conditions(&q, f);
    int rc = query_prepare(&q);
    if (rc == 0) {
        query_int(&q, ":run", run);
        query_int(&q, ":outcomes", f->outcomes);
        query_text(&q, ":text", nx_slice_of(f->text));
        query_int(&q, ":limit", limit_of(f->limit));
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
    sqlite3_stmt *st = index_stmt(ix, ST_EXECS_OF_RUN, err);
    if (!st)
        return err ? -(int)err->code : -NX_EIO;
    sqlite3_bind_int64(st, 1, run);
    int step = SQLITE_DONE, rc = 0;
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

/* --- tests --- */

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
        query_int(&q, ":limit", limit_of(limit));
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
    sqlite3_stmt *st = index_stmt(h->ix, ST_EXECS_OF_TEST, h->err);
    if (!st)
        return h->err ? -(int)h->err->code : -NX_EIO;
    sqlite3_bind_int64(st, 1, run->id);
    sqlite3_bind_int64(st, 2, h->test);
    int step, rc = 0;
    bool any = false;
    while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct nx_exec_row row;
        exec_from_row(st, 0, &row);
        any = true;
        rc = h->fn(h->arg, run, &row);
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = index_fail(h->ix, h->err, "reading a history");
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
