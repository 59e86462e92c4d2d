#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define SINGLE_MALLOCS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SINGLE_MALLOCS 1
#endif
#endif
#ifndef SINGLE_MALLOCS
#define SINGLE_MALLOCS 0
#endif

enum { BLOCK = 16 * 1024, ALIGN = 16 };

struct nx_arena_block {
    struct nx_arena_block *older;
    size_t size; /* of the usable part */
    _Alignas(ALIGN) char data[];
};

void nx_arena_init(struct nx_arena *a, size_t cap)
{
    *a = (struct nx_arena){.cap = cap};
}

static void free_blocks(struct nx_arena_block *b)
{
    while (b) {
        struct nx_arena_block *older = b->older;
        free(b);
        b = older;
    }
}

void nx_arena_fini(struct nx_arena *a)
{
    free_blocks(a->blocks);
    *a = (struct nx_arena){.cap = a->cap};
}

void nx_arena_reset(struct nx_arena *a)
{
    struct nx_arena_block *b = a->blocks;
    a->used = 0;
    a->failed = a->over = false;
    if (!b)
        return;
    /* Keep the newest block unless one long line made it large: memory goes back then. */
    if (SINGLE_MALLOCS || b->size > 4 * BLOCK) {
        free_blocks(b);
        a->blocks = NULL;
        a->next = a->end = NULL;
        return;
    }
    free_blocks(b->older);
    b->older = NULL;
    a->next = b->data;
    a->end = b->data + b->size;
}

static bool grow(struct nx_arena *a, size_t n)
{
    size_t size = SINGLE_MALLOCS || n > BLOCK ? n : BLOCK;
    struct nx_arena_block *b = malloc(sizeof *b + size);
    if (!b)
        return false;
    b->older = a->blocks;
    b->size = size;
    a->blocks = b;
    a->next = b->data;
    a->end = b->data + size;
    return true;
}

void *nx_arena_alloc(struct nx_arena *a, size_t n)
{
    if (a->failed || n > a->cap - a->used) {
        a->over |= !a->failed;
        a->failed = true;
        return NULL;
    }
    size_t want = n == 0 ? ALIGN : (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (SINGLE_MALLOCS || !a->next || (size_t)(a->end - a->next) < want) {
        if (!grow(a, SINGLE_MALLOCS ? n + 1 : want)) {
            a->failed = true;
            return NULL;
        }
    }
    void *p = a->next;
    a->next += SINGLE_MALLOCS ? 0 : want;
    a->used += n;
    return p;
}
