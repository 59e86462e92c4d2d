#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "state/quota.h"

#include <stdlib.h>
#include <string.h>

static struct nx_quota_entry **bucket(struct nx_quota *q, const char *key)
{
    uint32_t h = 2166136261u;
    for (const unsigned char *p = (const unsigned char *)key; *p; p++) {
        h = (h ^ *p) * 16777619u;
    }
    return &q->buckets[h % NX_QUOTA_BUCKETS];
}

static void link_newest(struct nx_quota *q, struct nx_quota_entry *e)
{
    e->newer = NULL;
    e->older = q->newest;
    if (q->newest) {
        q->newest->newer = e;
    } else {
        q->oldest = e;
    }
    q->newest = e;
}

static void unlink_entry(struct nx_quota *q, struct nx_quota_entry *e)
{
    if (e->newer) {
        e->newer->older = e->older;
    } else {
        q->newest = e->older;
    }
    if (e->older) {
        e->older->newer = e->newer;
    } else {
        q->oldest = e->newer;
    }
}

void nx_quota_init(struct nx_quota *q)
{
    memset(q, 0, sizeof *q);
}

void nx_quota_fini(struct nx_quota *q)
{
    while (q->newest) {
        nx_quota_remove(q, q->newest);
    }
}

struct nx_quota_entry *nx_quota_find(struct nx_quota *q, const char *key)
{
    struct nx_quota_entry *e = *bucket(q, key);
    while (e && strcmp(e->key, key) != 0) {
        e = e->chain;
    }
    return e;
}

struct nx_quota_entry *nx_quota_add(struct nx_quota *q, const char *key, uint64_t size, time_t touched)
{
    struct nx_quota_entry *old = nx_quota_find(q, key);
    if (old) {
        q->bytes = q->bytes - old->size + size;
        old->size = size;
        old->touched = touched;
        nx_quota_touch(q, old);
        return old;
    }
    struct nx_quota_entry *e = calloc(1, sizeof *e);
    if (!e || !(e->key = strdup(key))) {
        free(e);
        return NULL;
    }
    e->size = size;
    e->touched = touched;
    struct nx_quota_entry **b = bucket(q, key);
    e->chain = *b;
    *b = e;
    link_newest(q, e);
    q->bytes += size;
    q->files++;
    return e;
}

void nx_quota_touch(struct nx_quota *q, struct nx_quota_entry *e)
{
    if (q->newest != e) {
        unlink_entry(q, e);
        link_newest(q, e);
    }
}

void nx_quota_remove(struct nx_quota *q, struct nx_quota_entry *e)
{
    struct nx_quota_entry **p = bucket(q, e->key);
    while (*p != e) {
        p = &(*p)->chain;
    }
    *p = e->chain;
    unlink_entry(q, e);
    q->bytes -= e->size;
    q->files--;
    free(e->key);
    free(e);
}
