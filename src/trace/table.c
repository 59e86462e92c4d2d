#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "trace/table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"

/* --- hashing --- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    __extension__ unsigned __int128 m = (unsigned __int128)(h ^ v) * 0x9e3779b97f4a7c15u;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t hash_bytes(uint64_t h, const char *p, size_t n)
{
    uint64_t w;
    h = mix(h, n + 1);
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&w, p, 8);
        h = mix(h, w);
    }
    w = 0;
    memcpy(&w, p, n);
    return mix(h, w);
}

/* Names come out of files: a fixed hash could be made to collide. */
static uint64_t new_seed(void)
{
    struct timespec ts;
    static int salt;
    clock_gettime(CLOCK_REALTIME, &ts);
    return mix((uint64_t)ts.tv_nsec ^ (uint64_t)(uintptr_t)&salt, (uint64_t)ts.tv_sec);
}

static bool str_eq(struct nx_str a, struct nx_str b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

struct nx_str str_copy(struct nx_str s)
{
    char *p = malloc(s.n + 1u);
    if (!p)
        return (struct nx_str){NULL, 0, false};
    memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (struct nx_str){p, s.n, s.plain};
}

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for the trace's state");
}

/* --- tests --- */

int test_table_init(struct test_table *t)
{
    *t = (struct test_table){.mask = 63, .seed = new_seed()};
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

static uint64_t test_hash(const struct test_table *t, const struct nx_test_id *id)
{
    uint64_t h = hash_bytes(t->seed, id->binary.p, id->binary.n);
    return hash_bytes(h, id->name.p, id->name.n);
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
        return no_memory(err);
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
    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
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

/* --- binaries --- */

struct binary_table {
    struct binary {
        struct nx_str id; /* owned */
        uint64_t hash, pid;
    } *v; /* open addressing, id.p NULL: free */
    size_t mask, n;
    uint64_t seed;
};

int binary_table_new(struct binary_table **ret)
{
    struct binary_table *b = calloc(1, sizeof *b);
    if (!b)
        return -NX_ENOMEM;
    b->mask = 63;
    b->seed = new_seed();
    b->v = calloc(b->mask + 1, sizeof *b->v);
    if (!b->v) {
        free(b);
        return -NX_ENOMEM;
    }
    *ret = b;
    return 0;
}

void binary_table_free(struct binary_table *b)
{
    if (!b)
        return;
    for (size_t i = 0; i <= b->mask; i++)
        free((char *)(uintptr_t)b->v[i].id.p);
    free(b->v);
    free(b);
}

static bool binary_grow(struct binary_table *b)
{
    size_t mask = b->mask * 2 + 1;
    struct binary *more = calloc(mask + 1, sizeof *more);
    if (!more)
        return false;
    for (size_t i = 0; i <= b->mask; i++) {
        if (!b->v[i].id.p)
            continue;
        size_t at = b->v[i].hash & mask;
        while (more[at].id.p)
            at = (at + 1) & mask;
        more[at] = b->v[i];
    }
    free(b->v);
    b->v = more;
    b->mask = mask;
    return true;
}

int binary_pid(struct binary_table *b, struct nx_str id, uint64_t *next_pid, uint64_t *ret_pid, struct nx_err *err)
{
    uint64_t h = hash_bytes(b->seed, id.p, id.n);
    size_t at = h & b->mask;
    for (; b->v[at].id.p; at = (at + 1) & b->mask) {
        if (b->v[at].hash == h && str_eq(b->v[at].id, id)) {
            *ret_pid = b->v[at].pid;
            return 0;
        }
    }
    if (b->n >= nx_limit_value(NX_LIM_BINARIES))
        return nx_limit_fail(err, NX_LIM_BINARIES, NULL);
    if (b->n * 2 > b->mask) {
        if (!binary_grow(b))
            return no_memory(err);
        for (at = h & b->mask; b->v[at].id.p;)
            at = (at + 1) & b->mask;
    }
    struct nx_str copy = str_copy(id);
    if (!copy.p)
        return no_memory(err);
    b->v[at] = (struct binary){copy, h, (*next_pid)++};
    b->n++;
    *ret_pid = b->v[at].pid;
    return 0;
}

/* --- tracks --- */

void track_set_fini(struct track_set *s)
{
    free(s->v);
    free(s->used);
    *s = (struct track_set){0};
}

static size_t track_slot(const struct track_set *s, uint64_t pid, uint64_t tid)
{
    size_t at = mix(pid * 0x100000001b3u + 7, tid) & s->mask;
    while (s->used[at] && (s->v[at].pid != pid || s->v[at].tid != tid))
        at = (at + 1) & s->mask;
    return at;
}

static bool track_grow(struct track_set *s)
{
    struct track_set more = {.mask = s->v ? s->mask * 2 + 1 : 63, .n = s->n};
    more.v = malloc((more.mask + 1) * sizeof *more.v);
    more.used = calloc(more.mask + 1, 1);
    if (!more.v || !more.used) {
        free(more.v);
        free(more.used);
        return false;
    }
    for (size_t i = 0; s->v && i <= s->mask; i++) {
        if (!s->used[i])
            continue;
        size_t at = track_slot(&more, s->v[i].pid, s->v[i].tid);
        more.v[at] = s->v[i];
        more.used[at] = 1;
    }
    free(s->v);
    free(s->used);
    *s = more;
    return true;
}

int track_add(struct track_set *s, uint64_t pid, uint64_t tid, struct nx_err *err)
{
    if (s->v) {
        size_t at = track_slot(s, pid, tid);
        if (s->used[at])
            return 0;
    }
    if (s->n >= nx_limit_value(NX_LIM_TRACKS))
        return nx_limit_fail(err, NX_LIM_TRACKS, NULL);
    if ((!s->v || s->n * 2 > s->mask) && !track_grow(s))
        return no_memory(err);
    size_t at = track_slot(s, pid, tid);
    s->v[at] = (struct track){pid, tid};
    s->used[at] = 1;
    s->n++;
    return 1;
}

/* --- scripts --- */

void script_list_fini(struct script_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free((char *)(uintptr_t)l->v[i].name.p);
    free(l->v);
    *l = (struct script_list){0};
}

int script_put(struct script_list *l, uint64_t index, struct nx_str name, struct nx_err *err)
{
    size_t at = 0;
    while (at < l->n && l->v[at].index < index)
        at++;
    bool replace = at < l->n && l->v[at].index == index;
    if (!replace && l->n >= nx_limit_value(NX_LIM_OPEN_SCRIPTS))
        return nx_limit_fail(err, NX_LIM_OPEN_SCRIPTS, NULL);
    if (!replace && l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 8;
        struct script_entry *v = realloc(l->v, cap * sizeof *v);
        if (!v)
            return no_memory(err);
        l->v = v;
        l->cap = cap;
    }
    struct nx_str copy = str_copy(name);
    if (!copy.p)
        return no_memory(err);
    if (replace) {
        free((char *)(uintptr_t)l->v[at].name.p);
    } else {
        memmove(l->v + at + 1, l->v + at, (l->n - at) * sizeof *l->v);
        l->n++;
    }
    l->v[at] = (struct script_entry){index, copy};
    return 0;
}

const struct script_entry *script_at(const struct script_list *l, uint64_t index)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].index == index)
            return &l->v[i];
    return NULL;
}

const struct script_entry *script_named(const struct script_list *l, struct nx_str name)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->v[i].name, name))
            return &l->v[i];
    return NULL;
}

void script_drop(struct script_list *l, uint64_t index)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].index != index)
            continue;
        free((char *)(uintptr_t)l->v[i].name.p);
        memmove(l->v + i, l->v + i + 1, (l->n - i - 1) * sizeof *l->v);
        l->n--;
        return;
    }
}
