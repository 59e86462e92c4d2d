#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "index/impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

enum { CACHE_SLOTS = 1 << 16, BUSY_MS = 5000 };

static const char *const texts[ST_COUNT] = {
    [ST_BEGIN] = "BEGIN IMMEDIATE",
    [ST_COMMIT] = "COMMIT",
    [ST_ROLLBACK] = "ROLLBACK",
    [ST_WORKSPACE_PUT] =
        "INSERT INTO workspace(store,name,path,id) VALUES(?1,?2,?3,?4) ON CONFLICT(store,name) DO UPDATE SET"
        " path=coalesce(excluded.path,path) WHERE path IS NOT excluded.path",
    [ST_WORKSPACE_ID] = "SELECT id FROM workspace WHERE store=?1 AND name=?2",
    [ST_BINARY_ADD] = "INSERT INTO binary(id,name) VALUES(?1,?2)",
    [ST_BINARY_ID] = "SELECT id FROM binary WHERE name=?1",
    [ST_TEST_ADD] = "INSERT INTO test(id,name,binary) VALUES(?1,?2,?3)",
    [ST_TEST_ID] = "SELECT id FROM test WHERE name=?1 AND binary=?2",
    [ST_TEST_NAME] = "SELECT b.name,t.name FROM test t JOIN binary b ON b.id=t.binary WHERE t.id=?1",
    [ST_GROUP_ADD] = "INSERT INTO grp(id,name) VALUES(?1,?2)",
    [ST_GROUP_ID] = "SELECT id FROM grp WHERE name=?1",
    [ST_RUN_PUT] =
        "INSERT INTO "
        "run(id,workspace,uuid,started,last_written,status,entry,on_disk,depth,log_size,log_mtime,profile,"
        "tests,passed,flaky,failed,running,skipped,executions,slow,slots,first_failure,stress,scripts,"
        "scripts_failed,"
        "bad_lines) "
        "VALUES(?26,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25)"
        " ON CONFLICT(workspace,uuid) DO UPDATE SET "
        "started=?3,last_written=?4,status=?5,entry=?6,on_disk=?7,depth=?8,"
        "log_size=?9,log_mtime=?10,profile=?11,tests=?12,passed=?13,flaky=?14,failed=?15,running=?16,skipped="
        "?17,"
        "executions=?18,slow=?19,slots=?20,first_failure=?21,stress=?22,scripts=?23,scripts_failed=?24,bad_"
        "lines=?25"
        " RETURNING id",
    [ST_RUN_RELIST] = "UPDATE run SET last_written=?2,status=?3,entry=?4,on_disk=?5 WHERE id=?1",
    [ST_RUN_GONE] = "UPDATE run SET on_disk=0 WHERE id=?1",
    [ST_RUN_DROP] = "DELETE FROM run WHERE id=?1",
    [ST_RUN_OF_ID] = "SELECT " RUN_COLUMNS " FROM run WHERE id=?1",
    [ST_WORKSPACE_OF_ID] = "SELECT name,store FROM workspace WHERE id=?1",
    [ST_EXEC_CLEAR] = "DELETE FROM exec WHERE run=?1",
    [ST_EXEC_ADD] = "INSERT OR REPLACE INTO exec VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    [ST_EXEC_TAKE] = "DELETE FROM exec WHERE run=?1 AND test=?2 AND k=?3",
    [ST_EXECS_OF_RUN] = "SELECT test,k,what,start,dur,slot,grp,line FROM exec WHERE run=?1 ORDER BY test,k",
    [ST_EXECS_OF_TEST] = "SELECT test,k,what,start,dur,slot,grp,line FROM exec WHERE run=?1 AND test=?2",
};

int index_fail(struct nx_index *ix, struct nx_err *err, const char *doing)
{
    int code = sqlite3_errcode(ix->db) & 0xff;
    if (code == SQLITE_READONLY && ix->read_only) {
        /* A writer was killed while it made the file: its journal can only be played back by a writer. */
        int rc = nx_fail(err, NX_ELOCKED, ix->path, "its writer was killed; it must be opened for writing once");
        nx_err_hint(err, "start nxtraced, or remove the file: it is rebuilt from the recordings");
        return rc;
    }
    enum nx_code nx = NX_EIO;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        nx = NX_EFORMAT;
    else if (code == SQLITE_FULL || code == SQLITE_READONLY)
        nx = NX_EWRITE;
    else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        nx = NX_ELOCKED;
    else if (code == SQLITE_NOMEM)
        nx = NX_ENOMEM;
    else if (code == SQLITE_IOERR && !ix->read_only)
        nx = NX_EWRITE;
    /* The system's own reason, where SQLite has one and does not tell it. */
    int sys = code == SQLITE_IOERR || code == SQLITE_CANTOPEN ? sqlite3_system_errno(ix->db) : 0;
    int rc = sys ? nx_fail_sys(err, nx, sys, ix->path, "%s: %s", doing, sqlite3_errmsg(ix->db))
                 : nx_fail(err, nx, ix->path, "%s: %s", doing, sqlite3_errmsg(ix->db));
    if (nx == NX_EFORMAT)
        nx_err_hint(err, "remove the file: it is rebuilt from the recordings");
    return rc;
}

sqlite3_stmt *index_stmt(struct nx_index *ix, enum index_stmt which, struct nx_err *err)
{
    if (!ix->st[which] && sqlite3_prepare_v3(ix->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                             &ix->st[which], NULL) != SQLITE_OK) {
        (void)index_fail(ix, err, "preparing a query");
        return NULL;
    }
    sqlite3_reset(ix->st[which]);
    return ix->st[which];
}

int index_run(struct nx_index *ix, sqlite3_stmt *st, const char *doing, struct nx_err *err)
{
    int rc = sqlite3_step(st) == SQLITE_DONE ? 0 : index_fail(ix, err, doing);
    sqlite3_reset(st);
    return rc;
}

static int connect(struct nx_index *ix, struct nx_err *err)
{
    int flags = SQLITE_OPEN_NOMUTEX |
                (ix->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (sqlite3_open_v2(ix->path ? ix->path : ":memory:", &ix->db, flags, NULL) != SQLITE_OK) {
        if (!ix->db)
            return nx_fail(err, NX_ENOMEM, ix->path, "no memory for the index");
        return index_fail(ix, err, "opening the index");
    }
    sqlite3_busy_timeout(ix->db, BUSY_MS);
    const char *setup = ix->read_only
                            ? "PRAGMA cache_size=-4000; PRAGMA query_only=1"
                            : "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;"
                              "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=16777216";
    if (sqlite3_exec(ix->db, setup, NULL, NULL, NULL) != SQLITE_OK)
        return index_fail(ix, err, "setting up the index");
    return index_schema(ix, err);
}

static void disconnect(struct nx_index *ix)
{
    for (size_t i = 0; i < ST_COUNT; i++) {
        sqlite3_finalize(ix->st[i]);
        ix->st[i] = NULL;
    }
    sqlite3_close(ix->db);
    ix->db = NULL;
}

/* A damaged file may hold what somebody wants to look at: it is renamed, never deleted. */
int nx_index_set_aside(const char *path, char **ret_aside, struct nx_err *err)
{
    static const char *const parts[] = {"-wal", "-shm", ""};
    char to[4200], from[4200];
    for (int n = 1; n < 1000; n++) {
        snprintf(to, sizeof to, "%s.damaged-%d", path, n);
        if (access(to, F_OK) != 0)
            break;
    }
    for (size_t i = 0; i < 3; i++) {
        char part[4224];
        snprintf(from, sizeof from, "%s%s", path, parts[i]);
        snprintf(part, sizeof part, "%s%s", to, parts[i]);
        if (rename(from, part) != 0 && (errno != ENOENT || parts[i][0] == '\0'))
            return nx_fail_sys(err, NX_EWRITE, errno, path, "damaged, and cannot be set aside as %s", part);
    }
    if (ret_aside)
        *ret_aside = strdup(to);
    return 0;
}

int nx_index_open(const char *path, enum nx_index_mode mode, struct nx_index **ret, char **ret_aside,
                  struct nx_err *err)
{
    if (ret_aside)
        *ret_aside = NULL;
    struct nx_index *ix = calloc(1, sizeof *ix);
    if (!ix || (path && !(ix->path = strdup(path))))
        goto no_memory;
    ix->read_only = mode == NX_INDEX_READ;
    ix->tests.v = calloc(CACHE_SLOTS, sizeof *ix->tests.v);
    if (!ix->tests.v)
        goto no_memory;
    ix->tests.mask = CACHE_SLOTS - 1;
    ix->tests.seed_a = nx_hash_seed();
    ix->tests.seed_b = nx_hash_mix(ix->tests.seed_a, 2);
    if (ix->read_only && path && access(path, F_OK) != 0) {
        nx_index_close(ix);
        return nx_fail(err, NX_ENOTFOUND, path, "no index there");
    }
    int rc = connect(ix, err);
    if (rc == -NX_EFORMAT && !ix->read_only && path) {
        disconnect(ix);
        rc = nx_index_set_aside(path, ret_aside, err);
        if (rc == 0)
            rc = connect(ix, err);
    }
    if (rc < 0) {
        nx_index_close(ix);
        return rc;
    }
    struct stat st;
    if (path && stat(path, &st) == 0) {
        ix->dev = st.st_dev;
        ix->ino = st.st_ino;
    }
    *ret = ix;
    return 0;
no_memory:
    nx_index_close(ix);
    return nx_fail(err, NX_ENOMEM, path, "no memory for the index");
}

bool nx_index_replaced(const struct nx_index *ix)
{
    struct stat st;
    return ix->path && (stat(ix->path, &st) != 0 || st.st_dev != ix->dev || st.st_ino != ix->ino);
}

void nx_index_close(struct nx_index *ix)
{
    if (!ix)
        return;
    disconnect(ix);
    nx_index_close(ix->base);
    free(ix->tests.v);
    free(ix->name_buf);
    free(ix->path);
    free(ix);
}

static int simple(struct nx_index *ix, enum index_stmt which, const char *doing, struct nx_err *err)
{
    sqlite3_stmt *st = index_stmt(ix, which, err);
    return st ? index_run(ix, st, doing, err) : -(int)(err ? err->code : NX_EIO);
}

int nx_index_begin(struct nx_index *ix, struct nx_err *err)
{
    return simple(ix, ST_BEGIN, "beginning to write", err);
}

int nx_index_commit(struct nx_index *ix, struct nx_err *err)
{
    return simple(ix, ST_COMMIT, "writing", err);
}

void nx_index_rollback(struct nx_index *ix)
{
    struct nx_err ignored;
    if (!sqlite3_get_autocommit(ix->db))
        (void)!simple(ix, ST_ROLLBACK, "taking back", &ignored);
    /* Ids made in what was taken back are no more. */
    memset(ix->tests.v, 0, (ix->tests.mask + 1) * sizeof *ix->tests.v);
}
