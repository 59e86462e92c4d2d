/*
 * The books of the trace cache: which files it holds, how big they are, and which was served longest ago.
 *
 * Names and numbers only; no file is touched here. Not for two threads at once (state/traces.c holds a lock).
 */
#ifndef NX_STATE_QUOTA_H
#define NX_STATE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { NX_QUOTA_BUCKETS = 256 };

struct nx_quota_entry {
    char *key;      /* owned by the entry */
    uint64_t size;
    time_t touched; /* when the file's own time was last moved */
    struct nx_quota_entry *newer, *older; /* in order of being served */
    struct nx_quota_entry *chain;
};

struct nx_quota {
    struct nx_quota_entry *newest, *oldest;
    struct nx_quota_entry *buckets[NX_QUOTA_BUCKETS];
    uint64_t bytes, files;
};

void nx_quota_init(struct nx_quota *q);
void nx_quota_fini(struct nx_quota *q);

/* The entry of `key`, or NULL. Borrowed until it is removed. */
struct nx_quota_entry *nx_quota_find(struct nx_quota *q, const char *key);

/* Adds `key` (copied) as the one served last; an entry of that key is replaced. NULL: no memory. */
struct nx_quota_entry *nx_quota_add(struct nx_quota *q, const char *key, uint64_t size, time_t touched);

/* Marks it as the one served last. */
void nx_quota_touch(struct nx_quota *q, struct nx_quota_entry *e);

/* Takes it out of the books and frees it. */
void nx_quota_remove(struct nx_quota *q, struct nx_quota_entry *e);

#endif
