/*
 * A bump allocator for things that die together: one run log line, one request.
 *
 * Embedded: nx_arena_init()/nx_arena_fini(). nx_arena_reset() frees everything handed out and keeps one block. Passing
 * `cap` bytes or running out of memory sets `failed` (sticky until reset) and returns NULL; `over` tells the first from the second. Under AddressSanitizer every
 * allocation is a malloc of its own, so that a stray pointer is seen. Not for two threads at once.
 */
#ifndef NX_BASE_ARENA_H
#define NX_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct nx_arena_block;

struct nx_arena {
    struct nx_arena_block *blocks; /* newest first */
    char *next, *end;              /* free part of the newest block */
    size_t used, cap;
    bool failed, over; /* over: because of the cap, not of memory */
};

void nx_arena_init(struct nx_arena *a, size_t cap);
void nx_arena_fini(struct nx_arena *a);
void nx_arena_reset(struct nx_arena *a);

/* n bytes, aligned for any type, not zeroed; NULL when failed. */
void *nx_arena_alloc(struct nx_arena *a, size_t n);

#endif
