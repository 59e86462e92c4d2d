#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/*
 * Tables, and how an older file becomes a newer one: steps[v] takes version v to v + 1.
 *
 * Executions are clustered by run (measured: 31 bytes a row; by test it was 28 times slower to write). A history costs one
 * look-up a run. `k` is stress sub-run << 16 | attempt; `what` is the outcome and flags (exec_what); start
 * (since the run's) and dur are in nanoseconds.
 */
#include "index/impl.h"

static const char version_1[] =
    "CREATE TABLE workspace(id INTEGER PRIMARY KEY, store TEXT NOT NULL, name TEXT NOT NULL, path TEXT,"
    " UNIQUE(store,name));"
    "CREATE TABLE binary(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE test(id INTEGER PRIMARY KEY, binary INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE(binary,name));"
    "CREATE TABLE grp(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE run(id INTEGER PRIMARY KEY, workspace INTEGER NOT NULL, uuid TEXT NOT NULL, started INTEGER NOT NULL,"
    " last_written INTEGER NOT NULL, status TEXT NOT NULL, entry TEXT NOT NULL, on_disk INTEGER NOT NULL,"
    " depth INTEGER NOT NULL, log_size INTEGER NOT NULL, log_mtime INTEGER NOT NULL, profile TEXT,"
    " tests INTEGER NOT NULL, passed INTEGER NOT NULL, flaky INTEGER NOT NULL, failed INTEGER NOT NULL,"
    " running INTEGER NOT NULL, skipped INTEGER NOT NULL, executions INTEGER NOT NULL, slow INTEGER NOT NULL,"
    " slots INTEGER NOT NULL, first_failure INTEGER NOT NULL, stress INTEGER NOT NULL, scripts INTEGER NOT NULL,"
    " scripts_failed INTEGER NOT NULL, bad_lines INTEGER NOT NULL, UNIQUE(workspace,uuid));"
    "CREATE INDEX run_by_start ON run(started DESC, id DESC);"
    "CREATE TABLE exec(run INTEGER NOT NULL, test INTEGER NOT NULL, k INTEGER NOT NULL, what INTEGER NOT NULL,"
    " start INTEGER NOT NULL, dur INTEGER NOT NULL, slot INTEGER NOT NULL, grp INTEGER NOT NULL, line INTEGER NOT NULL,"
    " PRIMARY KEY(run,test,k)) WITHOUT ROWID;";

/* Where a store lies is remembered, so that its runs are known again under another name. Before there was only one,
 * without a name. */
static const char version_2[] =
    "CREATE TABLE store(name TEXT PRIMARY KEY, dir TEXT NOT NULL) WITHOUT ROWID;"
    "UPDATE workspace SET store='default' WHERE store='';"
    "INSERT INTO store(name,dir) SELECT DISTINCT store,'' FROM workspace WHERE store='default';";

static const char *const steps[NX_INDEX_VERSION] = {version_1, version_2};

static int version_of(struct nx_index *ix, int *ret, struct nx_err *err)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(ix->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK)
        return index_fail(ix, err, "reading the index version");
    int rc = sqlite3_step(st) == SQLITE_ROW ? 0 : index_fail(ix, err, "reading the index version");
    *ret = rc == 0 ? sqlite3_column_int(st, 0) : 0;
    sqlite3_finalize(st);
    return rc;
}

static int take_step(struct nx_index *ix, int from, struct nx_err *err)
{
    char set[64];
    sqlite3_snprintf(sizeof set, set, "PRAGMA user_version=%d", from + 1);
    if (sqlite3_exec(ix->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(ix->db, steps[from], NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(ix->db, set, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(ix->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    int rc = index_fail(ix, err, "making the index tables");
    (void)sqlite3_exec(ix->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

int index_schema(struct nx_index *ix, struct nx_err *err)
{
    int version = 0;
    int rc = version_of(ix, &version, err);
    if (rc < 0)
        return rc;
    if (version < 0 || version > NX_INDEX_VERSION) {
        rc = nx_fail(err, NX_EVERSION, ix->path, "index of version %d, this nxtrace knows %d", version, NX_INDEX_VERSION);
        nx_err_hint(err, "upgrade nxtrace, or remove the file: it is rebuilt from the recordings");
        return rc;
    }
    if (ix->read_only && version < NX_INDEX_VERSION)
        return nx_fail(err, NX_EVERSION, ix->path, "index of version %d must be opened for writing once", version);
    while (version < NX_INDEX_VERSION) {
        rc = take_step(ix, version, err);
        if (rc < 0)
            return rc;
        version++;
    }
    return 0;
}
