/*
 * Hashing and comparing for the tables. Private to table*.c.
 */
#ifndef NX_TRACE_TABLE_HASH_H
#define NX_TRACE_TABLE_HASH_H

#include "trace/table.h"

uint64_t table_mix(uint64_t h, uint64_t v);
uint64_t table_hash(uint64_t h, const char *p, size_t n);
uint64_t table_seed(void); /* names come out of files: a fixed hash could be made to collide */
bool str_eq(struct nx_str a, struct nx_str b);
int table_no_memory(struct nx_err *err);

#endif
