#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/interned.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { FIRST = 64 };

void interned_init(struct interned *t)
{
    *t = (struct interned){.seed = nx_hash_seed()};
    nx_arena_init(&t->texts, SIZE_MAX);
}

void interned_fini(struct interned *t)
{
    free(t->v);
    free(t->at);
    nx_arena_fini(&t->texts);
}

/* Where the name is, or the free place for it. The table is never full. */
static uint32_t *place(const struct interned *t, uint32_t owner, struct nx_slice text, uint64_t hash)
{
    uint32_t i = (uint32_t)hash & t->mask;
    for (; t->at[i]; i = (i + 1) & t->mask) {
        const struct interned_name *e = &t->v[t->at[i] - 1];
        if (e->hash == hash && e->owner == owner && nx_slice_eq(e->text, text)) {
            break;
        }
    }
    return &t->at[i];
}

static bool grow(struct interned *t)
{
    uint32_t cap = t->cap ? t->cap * 2 : FIRST; /* at most half of the places are taken */
    struct interned_name *v = cap < UINT32_MAX / 4 ? realloc(t->v, cap * sizeof *v) : NULL;
    uint32_t *at = v ? calloc(cap * 2u, sizeof *at) : NULL;
    t->v = v ? v : t->v;
    if (!at) {
        return false;
    }
    free(t->at);
    t->at = at;
    t->cap = cap;
    t->mask = cap * 2 - 1;
    for (uint32_t i = 0; i < t->n; i++) {
        *place(t, t->v[i].owner, t->v[i].text, t->v[i].hash) = i + 1;
    }
    return true;
}

int interned_add(struct interned *t, uint32_t owner, struct nx_slice text, uint32_t *ret, struct nx_err *err)
{
    uint64_t hash = nx_hash(nx_hash_mix(t->seed, owner), text.p, text.n);
    uint32_t *p = t->at ? place(t, owner, text, hash) : NULL;
    if (p && *p) {
        *ret = *p - 1;
        return 0;
    }
    char *copy = nx_arena_alloc(&t->texts, text.n ? text.n : 1);
    if (!copy || (t->n == t->cap && !grow(t))) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for names");
    }
    if (text.n) {
        memcpy(copy, text.p, text.n);
    }
    t->v[t->n] = (struct interned_name){owner, {copy, text.n}, hash};
    *ret = t->n++;
    *place(t, owner, text, hash) = t->n;
    return 0;
}
