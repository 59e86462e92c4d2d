#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "index/impl.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"

static void bind_slice(sqlite3_stmt *st, int i, struct nx_slice s)
{
    sqlite3_bind_text64(st, i, s.p ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);
}

/* 0: SQLite chooses. */
static void bind_id(sqlite3_stmt *st, int i, int64_t id)
{
    if (id)
        sqlite3_bind_int64(st, i, id);
    else
        sqlite3_bind_null(st, i);
}

static void bind_u64(sqlite3_stmt *st, int i, uint64_t v)
{
    sqlite3_bind_int64(st, i, v > INT64_MAX ? INT64_MAX : (sqlite3_int64)v);
}

/* The id that a SELECT gives: 1 with *ret, 0 without, negative. */
static int one_id(struct nx_index *ix, sqlite3_stmt *st, int64_t *ret, struct nx_err *err)
{
    int step = sqlite3_step(st);
    if (step == SQLITE_ROW)
        *ret = sqlite3_column_int64(st, 0);
    int rc = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : index_fail(ix, err, "looking up a name");
    sqlite3_reset(st);
    return rc;
}

int nx_index_workspace(struct nx_index *ix, const char *store, const char *name, const char *path, int64_t *ret,
                       struct nx_err *err)
{
    sqlite3_stmt *put = index_stmt(ix, ST_WORKSPACE_PUT, err), *get = index_stmt(ix, ST_WORKSPACE_ID, err);
    if (!put || !get)
        return index_err_code(err);
    sqlite3_bind_text(put, 1, store, -1, SQLITE_STATIC);
    sqlite3_bind_text(put, 2, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(put, 3, path, -1, SQLITE_STATIC);
    bind_id(put, 4, index_fresh_id(ix));
    int rc = index_run(ix, put, "writing a workspace", err);
    if (rc < 0)
        return rc;
    sqlite3_bind_text(get, 1, store, -1, SQLITE_STATIC);
    sqlite3_bind_text(get, 2, name, -1, SQLITE_STATIC);
    rc = one_id(ix, get, ret, err);
    return rc == 1 ? 0 : rc < 0 ? rc : nx_fail(err, NX_EINTERNAL, ix->path, "a workspace just written is not there");
}

/* What a name is looked up and added by. */
struct named {
    enum index_stmt get, add;
};
static const struct named binaries = {ST_BINARY_ID, ST_BINARY_ADD}, tests = {ST_TEST_ID, ST_TEST_ADD},
                          groups = {ST_GROUP_ID, ST_GROUP_ADD};

/* The id of the row with `name` (and, of a test, `binary`): 1 with *ret, 0 without, negative. */
static int find_name(struct nx_index *ix, const struct named *in, const int64_t *binary, struct nx_slice name,
                     int64_t *ret, struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix, in->get, err);
    if (!st)
        return index_err_code(err);
    bind_slice(st, 1, name);
    if (binary)
        sqlite3_bind_int64(st, 2, *binary);
    return one_id(ix, st, ret, err);
}

/* The same, made as needed. An overlay takes the id that its base has. */
static int name_id(struct nx_index *ix, const struct named *in, const int64_t *binary, struct nx_slice name,
                   int64_t *ret, struct nx_err *err)
{
    int64_t id = 0;
    int rc = find_name(ix, in, binary, name, ret, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = ix->base ? find_name(ix->base, in, binary, name, &id, err) : 0;
    sqlite3_stmt *st = rc < 0 ? NULL : index_stmt(ix, in->add, err);
    if (!st)
        return rc < 0 ? rc : index_err_code(err);
    bind_id(st, 1, id ? id : index_fresh_id(ix));
    bind_slice(st, 2, name);
    if (binary)
        sqlite3_bind_int64(st, 3, *binary);
    rc = index_run(ix, st, "writing a name", err);
    if (rc == 0)
        *ret = sqlite3_last_insert_rowid(ix->db);
    return rc;
}

int nx_index_test(struct nx_index *ix, struct nx_slice binary, struct nx_slice name, int64_t *ret, struct nx_err *err)
{
    struct id_cache *c = &ix->tests;
    uint64_t a = nx_hash(nx_hash(c->seed_a, binary.p, binary.n), name.p, name.n);
    uint64_t b = nx_hash(nx_hash(c->seed_b, binary.p, binary.n), name.p, name.n);
    struct id_slot *slot = &c->v[a & c->mask];
    if (slot->id && slot->a == a && slot->b == b) {
        *ret = slot->id;
        return 0;
    }
    int64_t binary_id, id;
    int rc = name_id(ix, &binaries, NULL, binary, &binary_id, err);
    if (rc == 0)
        rc = name_id(ix, &tests, &binary_id, name, &id, err);
    if (rc < 0)
        return rc;
    *slot = (struct id_slot){a, b, id};
    *ret = id;
    return 0;
}

int nx_index_group(struct nx_index *ix, struct nx_slice name, int64_t *ret, struct nx_err *err)
{
    return name_id(ix, &groups, NULL, name, ret, err);
}

int index_put_run_as(struct nx_index *ix, int64_t id, const struct nx_run_row *row, int64_t *ret_id,
                     struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix, ST_RUN_PUT, err);
    if (!st)
        return index_err_code(err);
    const struct nx_tally *t = &row->tally;
    sqlite3_bind_int64(st, 1, row->workspace);
    sqlite3_bind_text(st, 2, row->uuid, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 3, row->started);
    sqlite3_bind_int64(st, 4, row->last_written);
    sqlite3_bind_text(st, 5, row->status, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 6, row->entry, -1, SQLITE_STATIC);
    sqlite3_bind_int(st, 7, row->on_disk);
    sqlite3_bind_int(st, 8, (int)row->depth);
    bind_u64(st, 9, row->log_size);
    sqlite3_bind_int64(st, 10, row->log_mtime);
    sqlite3_bind_text(st, 11, row->profile, -1, SQLITE_STATIC);
    const uint64_t numbers[] = {t->tests,      t->passed, t->flaky, t->failed,
                                t->running,    t->skipped, t->executions, t->slow,
                                t->slots,      (uint64_t)row->first_failure, row->stress, row->scripts,
                                row->scripts_failed, row->bad_lines};
    for (int i = 0; i < 14; i++)
        bind_u64(st, 12 + i, numbers[i]);
    bind_id(st, 26, id);
    int rc = one_id(ix, st, ret_id, err);
    return rc == 1 ? 0 : rc < 0 ? rc : nx_fail(err, NX_EINTERNAL, ix->path, "a run just written is not there");
}

int nx_index_put_run(struct nx_index *ix, const struct nx_run_row *row, int64_t *ret_id, struct nx_err *err)
{
    return index_put_run_as(ix, index_fresh_id(ix), row, ret_id, err);
}

int nx_index_relist_run(struct nx_index *ix, const struct nx_run_row *row, struct nx_err *err)
{
    int rc = index_copy_up(ix, row->id, err);
    sqlite3_stmt *st = rc < 0 ? NULL : index_stmt(ix, ST_RUN_RELIST, err);
    if (!st)
        return rc < 0 ? rc : index_err_code(err);
    sqlite3_bind_int64(st, 1, row->id);
    sqlite3_bind_int64(st, 2, row->last_written);
    sqlite3_bind_text(st, 3, row->status, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 4, row->entry, -1, SQLITE_STATIC);
    sqlite3_bind_int(st, 5, row->on_disk);
    return index_run(ix, st, "writing a run", err);
}

int64_t exec_what(const struct nx_exec_row *r)
{
    return (int64_t)r->outcome | (int64_t)r->slow << 4 | (int64_t)r->last << 5 | (int64_t)r->flaky_fails << 6;
}

/* In the order of the key, so that rows only ever append to the table's pages. */
static int by_key(const void *a, const void *b)
{
    const struct nx_exec_row *x = a, *y = b;
    if (x->test != y->test)
        return x->test < y->test ? -1 : 1;
    int64_t k = exec_key(x->stress, x->attempt), l = exec_key(y->stress, y->attempt);
    if (k != l)
        return k < l ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line); /* of two of a kind the later stays */
}

int nx_index_put_execs(struct nx_index *ix, int64_t run, struct nx_exec_row *rows, size_t n, bool first,
                       struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix, ST_EXEC_CLEAR, err);
    if (!st)
        return index_err_code(err);
    int rc = 0;
    if (first) {
        sqlite3_bind_int64(st, 1, run);
        rc = index_run(ix, st, "clearing a run", err);
    }
    st = index_stmt(ix, ST_EXEC_ADD, err);
    if (rc < 0 || !st)
        return rc < 0 ? rc : index_err_code(err);
    if (n > 0)
        qsort(rows, n, sizeof *rows, by_key);
    sqlite3_bind_int64(st, 1, run);
    for (size_t i = 0; i < n && rc == 0; i++) {
        const struct nx_exec_row *r = &rows[i];
        sqlite3_bind_int64(st, 2, r->test);
        sqlite3_bind_int64(st, 3, exec_key(r->stress, r->attempt));
        sqlite3_bind_int64(st, 4, exec_what(r));
        sqlite3_bind_int64(st, 5, r->start);
        bind_u64(st, 6, r->duration);
        sqlite3_bind_int64(st, 7, r->slot);
        sqlite3_bind_int64(st, 8, r->group);
        bind_u64(st, 9, r->line);
        rc = index_run(ix, st, "writing executions", err);
    }
    return rc;
}

int nx_index_take_execs(struct nx_index *ix, int64_t run, const struct nx_exec_row *rows, size_t n, struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix, ST_EXEC_TAKE, err);
    int rc = st ? 0 : index_err_code(err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        sqlite3_bind_int64(st, 1, run);
        sqlite3_bind_int64(st, 2, rows[i].test);
        sqlite3_bind_int64(st, 3, exec_key(rows[i].stress, rows[i].attempt));
        rc = index_run(ix, st, "taking back executions", err);
    }
    return rc;
}

static bool among(const int64_t *ids, size_t n, int64_t id)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (ids[mid] < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && ids[lo] == id;
}

/* The workspace's runs that are on disk as far as `ix` knows, without those among `ids`: a list in *ret (owned). */
static int list_others(struct nx_index *ix, int64_t workspace, const int64_t *ids, size_t n, int64_t **ret,
                       size_t *ret_n, struct nx_err *err)
{
    sqlite3_stmt *list;
    int64_t *v = NULL;
    size_t got = 0, cap = 0;
    int rc = 0, step = SQLITE_DONE;
    if (sqlite3_prepare_v2(ix->db, "SELECT id FROM run WHERE workspace=?1 AND on_disk=1", -1, &list, NULL) != SQLITE_OK)
        return index_fail(ix, err, "listing runs");
    sqlite3_bind_int64(list, 1, workspace);
    while (rc == 0 && (step = sqlite3_step(list)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(list, 0);
        if (among(ids, n, id))
            continue;
        if (got == cap) {
            cap = cap ? cap * 2 : 64;
            int64_t *more = realloc(v, cap * sizeof *more);
            rc = more ? 0 : nx_fail(err, NX_ENOMEM, ix->path, "no memory to list runs");
            v = more ? more : v;
        }
        if (rc == 0)
            v[got++] = id;
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = index_fail(ix, err, "listing runs");
    sqlite3_finalize(list);
    if (rc < 0)
        free(v);
    else
        *ret = v, *ret_n = got;
    return rc;
}

int nx_index_keep_only(struct nx_index *ix, int64_t workspace, const int64_t *ids, size_t n, uint64_t *ret_n,
                       struct nx_err *err)
{
    int64_t *v = NULL;
    size_t gone = 0;
    *ret_n = 0;
    int rc = ix->base ? list_others(ix->base, workspace, ids, n, &v, &gone, err) : 0;
    for (size_t i = 0; i < gone && rc == 0; i++)
        rc = index_copy_up(ix, v[i], err);
    free(v);
    v = NULL;
    gone = 0;
    if (rc == 0)
        rc = list_others(ix, workspace, ids, n, &v, &gone, err);
    sqlite3_stmt *set = rc == 0 ? index_stmt(ix, ST_RUN_GONE, err) : NULL;
    if (rc == 0 && !set)
        rc = index_err_code(err);
    for (size_t i = 0; i < gone && rc == 0; i++) {
        sqlite3_bind_int64(set, 1, v[i]);
        rc = index_run(ix, set, "marking a run", err);
        ++*ret_n;
    }
    free(v);
    return rc;
}

int nx_index_drop_run(struct nx_index *ix, int64_t run, struct nx_err *err)
{
    assert(!ix->base);
    static const enum index_stmt both[] = {ST_EXEC_CLEAR, ST_RUN_DROP};
    for (size_t i = 0; i < 2; i++) {
        sqlite3_stmt *st = index_stmt(ix, both[i], err);
        if (!st)
            return index_err_code(err);
        sqlite3_bind_int64(st, 1, run);
        int rc = index_run(ix, st, "forgetting a run", err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
