#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "catalog/growing.h"

#include <stdlib.h>

enum { KEPT = 4, IDLE_LOOKS = 256 };

struct nx_growing {
    struct nx_grow *v[KEPT]; /* NULL: free */
    uint64_t looks;
};

struct nx_growing *nx_growing_new(void)
{
    return calloc(1, sizeof(struct nx_growing));
}

void nx_growing_free(struct nx_growing *g)
{
    for (size_t i = 0; g && i < KEPT; i++)
        nx_grow_close(g->v[i]);
    free(g);
}

void nx_grow_close(struct nx_grow *one)
{
    if (!one)
        return;
    nx_logread_close(one->log);
    nx_absorb_free(one->absorb);
    nx_recording_close(one->rec);
    free(one);
}

void nx_growing_look(struct nx_growing *g)
{
    g->looks++;
    for (size_t i = 0; i < KEPT; i++) {
        if (g->v[i] && g->v[i]->looks + IDLE_LOOKS < g->looks) {
            nx_grow_close(g->v[i]);
            g->v[i] = NULL;
        }
    }
}

static struct nx_grow **find(struct nx_growing *g, int64_t run)
{
    for (size_t i = 0; i < KEPT; i++)
        if (g->v[i] && g->v[i]->run == run)
            return &g->v[i];
    return NULL;
}

struct nx_grow *nx_growing_take(struct nx_growing *g, int64_t run, uint64_t had_size, int64_t had_mtime, dev_t dev,
                                ino_t ino, uint64_t size)
{
    struct nx_grow **at = find(g, run);
    if (!at)
        return NULL;
    struct nx_grow *one = *at;
    *at = NULL;
    bool good = one->size == had_size && one->mtime == had_mtime && one->dev == dev && one->ino == ino &&
                size >= one->size && size >= nx_logread_consumed(one->log);
    if (!good) {
        nx_grow_close(one);
        return NULL;
    }
    return one;
}

void nx_growing_keep(struct nx_growing *g, struct nx_grow *one)
{
    struct nx_grow **at = NULL;
    if (!nx_logread_goes_on(one->log) || !nx_absorb_goes_on(one->absorb)) {
        nx_grow_close(one);
        return;
    }
    for (size_t i = 0; i < KEPT; i++)
        if (!at || !g->v[i] || (*at && g->v[i]->looks < (*at)->looks))
            at = &g->v[i];
    nx_grow_close(*at);
    one->looks = g->looks;
    *at = one;
}

void nx_growing_drop(struct nx_growing *g, int64_t run)
{
    struct nx_grow **at = find(g, run);
    if (at) {
        nx_grow_close(*at);
        *at = NULL;
    }
}

size_t nx_growing_count(const struct nx_growing *g)
{
    size_t n = 0;
    for (size_t i = 0; i < KEPT; i++)
        n += g->v[i] != NULL;
    return n;
}
