/*
 * A query made of parts, with named parameters. Private to src/index.
 */
#ifndef NX_INDEX_QUERY_H
#define NX_INDEX_QUERY_H

#include "index/impl.h"

struct query {
    struct nx_index *ix;
    struct nx_strbuf sql; /* add to it between begin and prepare */
    sqlite3_stmt *st;
    struct nx_err *err;
};

void query_begin(struct query *q, struct nx_index *ix, const char *sql, struct nx_err *err);
NX_MUST_USE int query_prepare(struct query *q);
/* Binds a named parameter, where the query has it. */
void query_int(struct query *q, const char *name, int64_t v);
void query_text(struct query *q, const char *name, struct nx_slice s);
/* The next row: 1, 0 at the end, negative. */
NX_MUST_USE int query_row(struct query *q);
/* Frees everything; returns rc. */
int query_end(struct query *q, int rc);

/* A limit as SQL has it: 0 is none. */
int64_t query_limit(size_t n);

static inline const char *column_z(sqlite3_stmt *st, int i)
{
    return (const char *)sqlite3_column_text(st, i);
}

static inline uint64_t column_u64(sqlite3_stmt *st, int i)
{
    return (uint64_t)sqlite3_column_int64(st, i);
}

#endif
