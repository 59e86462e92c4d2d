/*
 * A keyed 64-bit hash for tables in memory. Names come out of files: a fixed hash could be made to collide.
 * Values differ from run to run, so nothing on disk may depend on them. Any thread.
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

#endif
