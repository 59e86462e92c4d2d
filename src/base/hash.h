/*
 * A keyed 64-bit hash for tables in memory: names come out of files, and a fixed hash could be made to collide.
 * Its values differ from run to run, so nothing on disk may depend on them. And a fixed one, for what is told
 * apart by it outside: cache files, entity tags. Any thread.
 */
#ifndef NX_BASE_HASH_H
#define NX_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A new key. */
uint64_t nx_hash_seed(void);

/* Mixes a number into a hash, or a string with its length (so that parts do not run into each other). */
uint64_t nx_hash_mix(uint64_t h, uint64_t v);
uint64_t nx_hash(uint64_t h, const char *p, size_t n);

/* FNV-1a, of parts one after the other: begins with NX_FNV. */
#define NX_FNV UINT64_C(14695981039346656037)
uint64_t nx_fnv(uint64_t h, const void *p, size_t n);

#endif
