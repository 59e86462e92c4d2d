/*
 * The inside of struct nx_index. Private to src/index.
 */
#ifndef NX_INDEX_IMPL_H
#define NX_INDEX_IMPL_H

#include <sqlite3.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "index/index.h"

enum { NX_INDEX_VERSION = 2 };

/* Prepared once, kept until close. */
enum index_stmt {
    ST_BEGIN,
    ST_COMMIT,
    ST_ROLLBACK,
    ST_WORKSPACE_PUT,
    ST_WORKSPACE_ID,
    ST_BINARY_ADD,
    ST_BINARY_ID,
    ST_TEST_ADD,
    ST_TEST_ID,
    ST_TEST_NAME,
    ST_GROUP_ADD,
    ST_GROUP_ID,
    ST_RUN_PUT,
    ST_RUN_RELIST,
    ST_RUN_DROP,
    ST_RUN_GONE,
    ST_RUN_OF_ID,
    ST_WORKSPACE_OF_ID,
    ST_EXEC_CLEAR,
    ST_EXEC_ADD,
    ST_EXEC_TAKE,
    ST_EXECS_OF_TEST,
    ST_EXECS_OF_RUN,
    ST_COUNT
};

/* Ids of names seen lately: direct-mapped, told apart by 128 bits of keyed hash. */
struct id_cache {
    struct id_slot {
        uint64_t a, b;
        int64_t id;
    } *v;
    size_t mask;
    uint64_t seed_a, seed_b;
};

struct nx_index {
    sqlite3 *db;
    char *path; /* NULL: memory */
    bool read_only;
    dev_t dev; /* of the file, with ino */
    ino_t ino;
    sqlite3_stmt *st[ST_COUNT];
    struct id_cache tests;
    char *name_buf; /* what nx_index_test_name() hands out */
    /* An overlay (over.c): what is not here is looked up in `base`, a file read only. Ids mean the same in both. */
    struct nx_index *base;
    int64_t next_id; /* of what is only here; no file comes so far */
};

/* The cached statement, reset and without bindings; NULL with err filled. */
sqlite3_stmt *index_stmt(struct nx_index *ix, enum index_stmt which, struct nx_err *err);

/* Fills err from the connection: NX_EFORMAT for a damaged file, NX_EWRITE for a full disk, NX_ELOCKED, NX_ENOMEM, NX_EIO. Returns -code. */
int index_fail(struct nx_index *ix, struct nx_err *err, const char *doing);

/* Runs a statement that gives no rows. */
NX_MUST_USE int index_run(struct nx_index *ix, sqlite3_stmt *st, const char *doing, struct nx_err *err);

/* An overlay's own id for something new; 0 (SQLite chooses) in any other index. */
static inline int64_t index_fresh_id(struct nx_index *ix)
{
    return ix->base ? ix->next_id++ : 0;
}

/* Where a run's rows are: *ret is `ix`, or its base. What is in neither is in `ix`. */
NX_MUST_USE int index_side(struct nx_index *ix, int64_t run, struct nx_index **ret, struct nx_err *err);
/* Is the workspace one of those that the overlay shows? 1, 0, negative. */
NX_MUST_USE int index_shows(struct nx_index *ix, int64_t workspace, struct nx_err *err);
/* Makes sure that a run's rows are in the overlay, to be changed there. Nothing to do in any other index. */
NX_MUST_USE int index_copy_up(struct nx_index *ix, int64_t run, struct nx_err *err);
/* Puts a run under an id (0: a new one). */
NX_MUST_USE int index_put_run_as(struct nx_index *ix, int64_t id, const struct nx_run_row *row, int64_t *ret_id,
                                 struct nx_err *err);
static inline int index_err_code(const struct nx_err *err)
{
    return err ? -(int)err->code : -NX_EIO;
}

/* Creates or migrates the schema. */
NX_MUST_USE int index_schema(struct nx_index *ix, struct nx_err *err);

/* How an execution lies in its row. */
static inline int64_t exec_key(uint32_t stress, uint32_t attempt)
{
    return (int64_t)stress << 16 | (attempt & 0xffff);
}
int64_t exec_what(const struct nx_exec_row *r);
/* Columns from `at` on: test, k, what, start, dur, slot, grp, line. */
void exec_from_row(sqlite3_stmt *st, int at, struct nx_exec_row *ret);

/* The columns of a run, in the order that run_from_row() wants. */
#define RUN_COLUMNS                                                                                               \
    "id,workspace,uuid,started,last_written,status,entry,on_disk,depth,log_size,log_mtime,profile,tests,passed,"  \
    "flaky,failed,running,skipped,executions,slow,slots,first_failure,stress,scripts,scripts_failed,bad_lines"
enum { RUN_COLUMN_COUNT = 26 };
void run_from_row(sqlite3_stmt *st, int at, struct nx_run_row *ret);

static inline struct nx_slice column_slice(sqlite3_stmt *st, int i)
{
    const char *p = (const char *)sqlite3_column_text(st, i);
    return (struct nx_slice){p, p ? (size_t)sqlite3_column_bytes(st, i) : 0};
}

#endif
