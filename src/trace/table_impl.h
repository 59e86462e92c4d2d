/*
 * What the tables share. Private to table*.c.
 */
#ifndef NX_TRACE_TABLE_IMPL_H
#define NX_TRACE_TABLE_IMPL_H

#include "base/hash.h"
#include "trace/table.h"

bool str_eq(struct nx_str a, struct nx_str b);
int table_no_memory(struct nx_err *err);

#endif
