#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "index/query.h"

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
