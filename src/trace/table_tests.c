#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* The tests that are open, or wait for their retry. */
#include "trace/table_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

int test_table_init(struct test_table *t)
{
    *t = (struct test_table){.mask = 63, .seed = nx_hash_seed()};
    t->buckets = calloc(t->mask + 1, sizeof *t->buckets);
    return t->buckets ? 0 : -NX_ENOMEM;
}

static void test_free(struct test_entry *e)
{
    free(e->group_bytes);
    free(e);
}

void test_table_fini(struct test_table *t)
{
    for (size_t i = 0; t->buckets && i <= t->mask; i++) {
        while (t->buckets[i]) {
            struct test_entry *e = t->buckets[i];
            t->buckets[i] = e->next;
            test_free(e);
        }
    }
    free(t->buckets);
    t->buckets = NULL;
}

/* By both parts: a log may well open tests of one name in very many binaries. */
static uint64_t test_hash(const struct test_table *t, const struct nx_test_id *id)
{
    return nx_hash(nx_hash(t->seed, id->binary.p, id->binary.n), id->name.p, id->name.n);
}

struct test_entry *test_find(struct test_table *t, const struct nx_test_id *id)
{
    uint64_t h = test_hash(t, id);
    for (struct test_entry *e = t->buckets[h & t->mask]; e; e = e->next)
        if (e->hash == h && str_eq(e->name, id->name) && str_eq(e->binary, id->binary))
            return e;
    return NULL;
}

static void test_table_grow(struct test_table *t)
{
    size_t mask = t->mask * 2 + 1;
    struct test_entry **more = calloc(mask + 1, sizeof *more);
    if (!more)
        return; /* longer chains, nothing worse */
    for (size_t i = 0; i <= t->mask; i++) {
        while (t->buckets[i]) {
            struct test_entry *e = t->buckets[i];
            t->buckets[i] = e->next;
            e->next = more[e->hash & mask];
            more[e->hash & mask] = e;
        }
    }
    free(t->buckets);
    t->buckets = more;
    t->mask = mask;
}

static struct test_entry *test_new(struct test_table *t, const struct nx_test_id *id)
{
    struct test_entry *e = malloc(sizeof *e + id->binary.n + id->name.n);
    if (!e)
        return NULL;
    *e = (struct test_entry){.hash = test_hash(t, id)};
    memcpy(e->bytes, id->binary.p, id->binary.n);
    memcpy(e->bytes + id->binary.n, id->name.p, id->name.n);
    e->binary = (struct nx_str){e->bytes, id->binary.n, id->binary.plain};
    e->name = (struct nx_str){e->bytes + id->binary.n, id->name.n, id->name.plain};
    if (t->n > t->mask)
        test_table_grow(t);
    e->next = t->buckets[e->hash & t->mask];
    t->buckets[e->hash & t->mask] = e;
    t->n++;
    return e;
}

static bool set_group(struct test_entry *e, struct nx_str group)
{
    static const struct nx_str global = {"@global", 7, true};
    free(e->group_bytes);
    e->group_bytes = NULL;
    e->group = global;
    if (str_eq(group, global))
        return true;
    struct nx_str copy = str_copy(group);
    if (!copy.p)
        return false;
    e->group_bytes = (char *)(uintptr_t)copy.p;
    e->group = copy;
    return true;
}

int test_open(struct test_table *t, struct test_entry *e, const struct nx_test_id *id, const struct nx_slot *slot,
              uint64_t pid, struct nx_err *err)
{
    if (!e && t->n >= nx_limit_value(NX_LIM_OPEN_TESTS))
        return nx_limit_fail(err, NX_LIM_OPEN_TESTS, NULL);
    if (!e)
        e = test_new(t, id);
    if (!e || !set_group(e, slot->test_group))
        return table_no_memory(err);
    e->slot = slot->global;
    e->pid = pid;
    t->open_n += !e->open;
    e->open = true;
    return 0;
}

void test_close(struct test_table *t, struct test_entry *e)
{
    t->open_n -= e->open;
    e->open = false;
    if (e->flow_pending)
        return;
    struct test_entry **at = &t->buckets[e->hash & t->mask];
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    t->n--;
    test_free(e);
}

static int by_slot(const void *a, const void *b)
{
    const struct test_entry *x = *(struct test_entry *const *)a, *y = *(struct test_entry *const *)b;
    uint64_t x_tid = x->slot + TID_OFFSET, y_tid = y->slot + TID_OFFSET; /* of huge slots it wraps, as nextest's */
    if (x_tid != y_tid)
        return x_tid < y_tid ? -1 : 1;
    /* Two tests in one slot happen only in broken logs; nextest's order is then random, ours is not. */
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int c = memcmp(x->name.p, y->name.p, n);
    return c ? c : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

struct test_entry **test_open_by_slot(const struct test_table *t, int *ret_rc)
{
    *ret_rc = 0;
    if (t->open_n == 0)
        return NULL;
    struct test_entry **v = malloc(t->open_n * sizeof *v);
    if (!v) {
        *ret_rc = -NX_ENOMEM;
        return NULL;
    }
    size_t n = 0;
    for (size_t i = 0; i <= t->mask; i++)
        for (struct test_entry *e = t->buckets[i]; e; e = e->next)
            if (e->open)
                v[n++] = e;
    qsort(v, n, sizeof *v, by_slot);
    return v;
}
