#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* An index in memory over a file. Rows of a run are in one of the two, never in both: what changes is copied up. */
#include "index/query.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_STORES = 64 };
static const int64_t FIRST_OWN_ID = (int64_t)1 << 40;

/* --- opening --- */

struct opening {
    struct nx_index *over;
    const struct nx_store_row *stores;
    size_t n;
    char *theirs[MAX_STORES]; /* what the file calls each of them; NULL: it does not know it */
    size_t known;
    bool others, twice;
    struct nx_err *err;
};

/* Only a whole path proves anything. */
static bool same_folder(const char *a, const char *b)
{
    char *x = a[0] == '/' ? realpath(a, NULL) : NULL, *y = realpath(b, NULL);
    bool same = x && y && strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

static int match_store(void *arg, const struct nx_store_row *row)
{
    struct opening *o = arg;
    for (size_t i = 0; i < o->n; i++) {
        if (!same_folder(row->dir, o->stores[i].dir))
            continue;
        o->twice |= o->theirs[i] != NULL;
        free(o->theirs[i]);
        o->theirs[i] = strdup(row->name);
        o->known++;
        return o->theirs[i] ? 0 : -NX_ENOMEM;
    }
    o->others = true;
    return 0;
}

static int take_workspace(void *arg, const struct nx_workspace_row *row)
{
    struct opening *o = arg;
    sqlite3_stmt *st = index_stmt(o->over, ST_WORKSPACE_PUT, o->err);
    if (!st)
        return index_err_code(o->err);
    for (size_t i = 0; i < o->n; i++) {
        if (!o->theirs[i] || strcmp(o->theirs[i], row->store) != 0)
            continue;
        sqlite3_bind_text(st, 1, o->stores[i].name, -1, SQLITE_STATIC);
        sqlite3_bind_text(st, 2, row->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(st, 3, row->path, -1, SQLITE_STATIC);
        sqlite3_bind_int64(st, 4, row->id);
        return index_run(o->over, st, "writing a workspace", o->err);
    }
    return 0;
}

/* What the file says of stores and workspaces, under our names. */
static int take_stores(struct opening *o)
{
    struct nx_index *base = o->over->base;
    int rc = nx_index_stores(base, match_store, o, o->err);
    if (rc == -NX_ENOMEM)
        rc = nx_fail(o->err, NX_ENOMEM, base->path, "no memory to compare stores");
    if (rc == 0 && (o->known == 0 || o->twice)) {
        rc = nx_fail(o->err, NX_ENOTFOUND, base->path, "this index is not of the store at %s", o->stores[0].dir);
        nx_err_hint(o->err, "nxtraced makes one for the stores that it is given");
    }
    if (rc == 0)
        rc = nx_index_begin(o->over, o->err);
    for (size_t i = 0; i < o->n && rc == 0; i++)
        rc = nx_index_put_store(o->over, o->stores[i].name, o->stores[i].dir, o->err);
    if (rc == 0)
        rc = nx_index_workspaces(base, take_workspace, o, o->err);
    return rc == 0 ? nx_index_commit(o->over, o->err) : rc;
}

/* From here on the file is seen as it is now. */
static int hold_still(struct nx_index *base, struct nx_err *err)
{
    if (sqlite3_exec(base->db, "BEGIN; SELECT count(*) FROM store", NULL, NULL, NULL) != SQLITE_OK)
        return index_fail(base, err, "reading the index");
    return 0;
}

int nx_index_open_over(const char *path, const struct nx_store_row *stores, size_t n, struct nx_index **ret,
                       bool *ret_others, struct nx_err *err)
{
    struct opening o = {.stores = stores, .n = n, .err = err};
    if (n > MAX_STORES)
        return nx_fail(err, NX_ELIMIT, path, "an index over more than %d stores", MAX_STORES);
    int rc = nx_index_open(NULL, NX_INDEX_WRITE, &o.over, NULL, err);
    if (rc == 0)
        rc = nx_index_open(path, NX_INDEX_READ, &o.over->base, NULL, err);
    if (rc == 0) {
        o.over->next_id = FIRST_OWN_ID;
        rc = hold_still(o.over->base, err);
    }
    if (rc == 0)
        rc = take_stores(&o);
    for (size_t i = 0; i < n; i++)
        free(o.theirs[i]);
    if (rc < 0) {
        nx_index_close(o.over);
        return rc;
    }
    *ret = o.over;
    *ret_others = o.others;
    return 0;
}

/* --- which of the two --- */

static int has_row(struct nx_index *ix, enum index_stmt which, int64_t id, struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix, which, err);
    if (!st)
        return index_err_code(err);
    sqlite3_bind_int64(st, 1, id);
    int step = sqlite3_step(st);
    int rc = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : index_fail(ix, err, "looking for a row");
    sqlite3_reset(st);
    return rc;
}

int index_side(struct nx_index *ix, int64_t run, struct nx_index **ret, struct nx_err *err)
{
    *ret = ix;
    if (!ix->base || run >= FIRST_OWN_ID)
        return 0;
    int rc = has_row(ix, ST_RUN_OF_ID, run, err);
    if (rc == 0)
        *ret = ix->base;
    return rc < 0 ? rc : 0;
}

int index_shows(struct nx_index *ix, int64_t workspace, struct nx_err *err)
{
    return has_row(ix, ST_WORKSPACE_OF_ID, workspace, err);
}

/* --- copying up --- */

struct copying {
    struct nx_index *to;
    struct nx_exec_row *v;
    size_t n, cap;
    struct nx_err *err;
};

/* Under the same ids, with the names that they stand for. */
static int copy_exec(void *arg, const struct nx_exec_out *out)
{
    struct copying *c = arg;
    int64_t id;
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 256;
        struct nx_exec_row *v = realloc(c->v, cap * sizeof *v);
        if (!v)
            return nx_fail(c->err, NX_ENOMEM, NULL, "no memory for a run's executions");
        c->v = v;
        c->cap = cap;
    }
    c->v[c->n++] = out->row;
    int rc = nx_index_test(c->to, out->binary, out->name, &id, c->err);
    return rc < 0 || !out->group.p ? rc : nx_index_group(c->to, out->group, &id, c->err);
}

static int copy_run(struct nx_index *ix, int64_t run, struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix->base, ST_RUN_OF_ID, err);
    if (!st)
        return index_err_code(err);
    sqlite3_bind_int64(st, 1, run);
    int step = sqlite3_step(st), rc;
    if (step == SQLITE_ROW) {
        struct nx_run_row row;
        int64_t id;
        run_from_row(st, 0, &row);
        rc = index_put_run_as(ix, run, &row, &id, err);
        if (rc == 0 && row.first_failure) {
            struct nx_test_row t;
            rc = nx_index_test_name(ix->base, row.first_failure, &t, err);
            if (rc == 0)
                rc = nx_index_test(ix, t.binary, t.name, &id, err);
        }
    } else {
        rc = step == SQLITE_DONE ? nx_fail(err, NX_EINTERNAL, ix->base->path, "a run is in no index")
                                 : index_fail(ix->base, err, "reading a run");
    }
    sqlite3_reset(st);
    return rc;
}

int index_copy_up(struct nx_index *ix, int64_t run, struct nx_err *err)
{
    static const struct nx_exec_filter all = {0};
    struct copying c = {.to = ix, .err = err};
    struct nx_index *side;
    int rc = index_side(ix, run, &side, err);
    if (rc < 0 || side == ix)
        return rc;
    rc = nx_index_execs(ix->base, run, &all, copy_exec, &c, err);
    if (rc == 0)
        rc = copy_run(ix, run, err);
    if (rc == 0)
        rc = nx_index_put_execs(ix, run, c.v, c.n, true, err);
    free(c.v);
    return rc;
}
