/*
 * A table in text: columns as wide as their widest cell, those without anything in them left out.
 *
 *     table_init(&t, columns, n);
 *     for each row: for each column: table_cell(&t, S_NONE, "%u", 1);
 *     table_print(&t, out, color); table_fini(&t);
 *
 * Cells are filled row by row. What came out of a file goes through table_safe(). Used by one thread.
 */
#ifndef CLIENT_TABLE_H
#define CLIENT_TABLE_H

#include "base/strbuf.h"
#include "client/ui.h"

enum { TABLE_COLUMNS = 12 };

struct column {
    const char *title;
    bool right; /* numbers */
};

struct table {
    const struct column *columns;
    size_t columns_n;
    struct cell {
        size_t at, n; /* in text */
        enum style style;
    } *cells;
    size_t n, cap;
    struct nx_strbuf text; /* its failure is the table's */
};

void table_init(struct table *t, const struct column *columns, size_t n);
void table_fini(struct table *t);

/* The next cell of the row, or, behind the last, of the next row. */
void table_cell(struct table *t, enum style style, const char *fmt, ...) NX_PRINTF(3, 4);
/* A number; with `shown` false, nothing. */
void table_number(struct table *t, enum style style, bool shown, uint64_t n);
/* `a`, a space, `b`, made safe; either may be {NULL, 0}. */
void table_safe(struct table *t, enum style style, struct nx_slice a, struct nx_slice b);

/* Appends it, each line behind two spaces. */
void table_print(const struct table *t, struct nx_strbuf *out, bool color);

#endif
