/*
 * The memory of nxtrace: every run and every test execution that it has seen, in SQLite, as a file or in
 * memory only.
 *
 * A cache: deleting the file loses nothing that is still on disk; it is rebuilt from the recordings. SQL is
 * spoken here and nowhere else. One connection per struct nx_index, used by one thread at a time. A file has
 * one writer (others open it read only; WAL, so readers never wait). Schema version in user_version: an older
 * one is migrated, a newer one is NX_EVERSION; a file that is damaged is set aside under another name and
 * begun anew.
 */
#ifndef NX_INDEX_INDEX_H
#define NX_INDEX_INDEX_H

#include "base/err.h"
#include "index/rows.h"

struct nx_index;

enum nx_index_mode { NX_INDEX_WRITE, NX_INDEX_READ };

/* path NULL: in memory. NX_INDEX_READ of a file that is not there: NX_ENOTFOUND. *ret_aside (may be NULL)
 * gets the name under which a damaged file was put aside (owned, free()), or NULL. */
NX_MUST_USE int nx_index_open(const char *path, enum nx_index_mode mode, struct nx_index **ret,
                              char **ret_aside, struct nx_err *err);
void nx_index_close(struct nx_index *ix);

/* For damage that shows only in use (NX_EFORMAT): renames the file of a closed index out of the way.
 * *ret_aside as above. */
NX_MUST_USE int nx_index_set_aside(const char *path, char **ret_aside, struct nx_err *err);
/* Is another file, or none, where this index was opened? It then speaks of what nobody writes any more. */
bool nx_index_replaced(const struct nx_index *ix);

struct nx_store_row {
    const char *name, *dir; /* dir "": not known, from a version that kept none */
};

/* An index in memory that shows what a file has of some stores, and takes what the file lacks: an overlay. The file is
 * opened read only and seen as it is at this moment, whatever its writer does. What is written stays in memory.
 *
 * `stores` are the ones to show; each is known by its folder, whatever the file calls it. NX_ENOTFOUND where there is
 * no file, or it is of none of these stores. *ret_others: it is of others, too, so the names of tests are not these
 * stores' alone. Else as nx_index_open(); an error that comes from the file, here or later, has its path as object. */
NX_MUST_USE int nx_index_open_over(const char *path, const struct nx_store_row *stores, size_t n, struct nx_index **ret,
                                   bool *ret_others, struct nx_err *err);

/* --- writing: between begin and commit; rollback after an error --- */
NX_MUST_USE int nx_index_begin(struct nx_index *ix, struct nx_err *err);
NX_MUST_USE int nx_index_commit(struct nx_index *ix, struct nx_err *err);
void nx_index_rollback(struct nx_index *ix);

/* The id of a workspace; made, or its path brought up to date. path may be NULL. */
NX_MUST_USE int nx_index_workspace(struct nx_index *ix, const char *store, const char *name, const char *path,
                                   int64_t *ret, struct nx_err *err);
/* A store of that name lies in `dir`: made, or brought up to date. */
NX_MUST_USE int nx_index_put_store(struct nx_index *ix, const char *name, const char *dir, struct nx_err *err);
/* Another name for a store and all that is of it; `to` has no workspaces yet. */
NX_MUST_USE int nx_index_rename_store(struct nx_index *ix, const char *from, const char *to, struct nx_err *err);
/* The id of a test or group; made as needed. Names are UTF-8 of any content. */
NX_MUST_USE int nx_index_test(struct nx_index *ix, struct nx_slice binary, struct nx_slice name, int64_t *ret,
                              struct nx_err *err);
NX_MUST_USE int nx_index_group(struct nx_index *ix, struct nx_slice name, int64_t *ret, struct nx_err *err);

/* Puts a run in place of the one with the same workspace and uuid; *ret_id is its id, which stays the same.
 */
NX_MUST_USE int nx_index_put_run(struct nx_index *ix, const struct nx_run_row *row, int64_t *ret_id,
                                 struct nx_err *err);
/* Brings only its list entry up to date (last_written, status, entry, on_disk); what was read of its log
 * stays. */
NX_MUST_USE int nx_index_relist_run(struct nx_index *ix, const struct nx_run_row *row, struct nx_err *err);
/* Replaces a run's executions. `rows` is sorted in place. More rows of the same run may follow with `first`
 * false. */
NX_MUST_USE int nx_index_put_execs(struct nx_index *ix, int64_t run, struct nx_exec_row *rows, size_t n,
                                   bool first, struct nx_err *err);
/* Takes back rows that were put: those of the same test, sub-run and attempt. */
NX_MUST_USE int nx_index_take_execs(struct nx_index *ix, int64_t run, const struct nx_exec_row *rows, size_t n,
                                    struct nx_err *err);
/* Marks every run of the workspace whose id is not in `ids` (sorted ascending) as no longer on disk; *ret_n:
 * how many changed. */
NX_MUST_USE int nx_index_keep_only(struct nx_index *ix, int64_t workspace, const int64_t *ids, size_t n,
                                   uint64_t *ret_n, struct nx_err *err);
/* Forgets a run and its executions. Not in an overlay. */
NX_MUST_USE int nx_index_drop_run(struct nx_index *ix, int64_t run, struct nx_err *err);

/* --- reading; strings live until the callback returns. A callback returns 0 to go on, anything else ends the
 * query, which then returns that (if negative) or 0. --- */

/* In order of name. */
NX_MUST_USE int nx_index_stores(struct nx_index *ix, int (*fn)(void *arg, const struct nx_store_row *row), void *arg,
                                struct nx_err *err);

struct nx_workspace_row {
    int64_t id;
    const char *store, *name, *path; /* path NULL: not known */
};
NX_MUST_USE int nx_index_workspaces(struct nx_index *ix,
                                    int (*fn)(void *arg, const struct nx_workspace_row *row), void *arg,
                                    struct nx_err *err);

struct nx_run_filter {
    int64_t workspace;      /* 0: any */
    const char *uuid;       /* NULL: any */
    const char *status;     /* nextest's word; NULL: any */
    const char *profile;
    int64_t since, until;   /* started in [since, until); 0: open */
    int64_t contains_test;  /* test id; 0: any */
    bool on_disk_only, gone_only, deep_only;
    size_t limit;           /* 0: all */
};
/* Newest start first; of equal ones the greater uuid, then by the names of workspace and store: an order that does
 * not depend on when which run came into the index. */
NX_MUST_USE int nx_index_runs(struct nx_index *ix, const struct nx_run_filter *f,
                              int (*fn)(void *arg, const struct nx_run_row *row), void *arg,
                              struct nx_err *err);

struct nx_exec_out {
    struct nx_exec_row row;
    struct nx_slice binary, name, group; /* group {NULL}: none */
};
enum nx_exec_order { NX_BY_NAME, NX_BY_DURATION, NX_BY_START };
struct nx_exec_filter {
    bool last_only;         /* one row a test (and sub-run) */
    const char *text;       /* part of `binary name`, ASCII case ignored; NULL: any */
    uint32_t outcomes;      /* bit per enum nx_outcome; 0: any */
    bool slow_only, flaky_only; /* flaky: passed at a later attempt than the first */
    enum nx_exec_order order; /* by duration: longest first */
    size_t limit, offset;   /* 0: all, from the first */
};
NX_MUST_USE int nx_index_execs(struct nx_index *ix, int64_t run, const struct nx_exec_filter *f,
                               int (*fn)(void *arg, const struct nx_exec_out *out), void *arg,
                               struct nx_err *err);

/* A run's executions without their names, by test id and attempt: the quick way over many runs. */
NX_MUST_USE int nx_index_scan(struct nx_index *ix, int64_t run,
                              int (*fn)(void *arg, const struct nx_exec_row *row), void *arg,
                              struct nx_err *err);

/* A test by its name; NX_ENOTFOUND. */
NX_MUST_USE int nx_index_find_test(struct nx_index *ix, struct nx_slice binary, struct nx_slice name,
                                   int64_t *ret, struct nx_err *err);
struct nx_test_row {
    int64_t id;
    struct nx_slice binary, name;
};
/* Tests whose `binary name` has `text` in it, in order of binary and name, behind (after_binary, after_name).
 */
NX_MUST_USE int nx_index_tests(struct nx_index *ix, const char *text, const struct nx_test_row *after,
                               size_t limit, int (*fn)(void *arg, const struct nx_test_row *row), void *arg,
                               struct nx_err *err);

/* A test's executions over the runs of a workspace (0: all), newest run first, attempts in order. Of at most
 * `runs` runs. */
NX_MUST_USE int nx_index_history(struct nx_index *ix, int64_t test, int64_t workspace, size_t runs,
                                 int (*fn)(void *arg, const struct nx_run_row *run,
                                           const struct nx_exec_row *exec),
                                 void *arg, struct nx_err *err);

/* Names of a test by its id. NX_ENOTFOUND. The slices live until the next call on the index. */
NX_MUST_USE int nx_index_test_name(struct nx_index *ix, int64_t test, struct nx_test_row *ret,
                                   struct nx_err *err);

struct nx_index_stat {
    uint64_t runs, executions, tests, bytes;
};
NX_MUST_USE int nx_index_stat(struct nx_index *ix, struct nx_index_stat *ret, struct nx_err *err);

#endif
