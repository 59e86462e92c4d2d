#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "trace/table_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

bool str_eq(struct nx_str a, struct nx_str b)
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

int table_no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for the trace's state");
}

/* --- binaries --- */

struct binary_table {
    struct binary {
        struct nx_str id; /* owned */
        uint64_t hash, pid;
    } *v; /* open addressing, id.p NULL: free */
    size_t mask, n, last; /* last: the slot found last; tests of a binary come in groups */
    uint64_t seed;
};

int binary_table_new(struct binary_table **ret)
{
    struct binary_table *b = calloc(1, sizeof *b);
    if (!b)
        return -NX_ENOMEM;
    b->mask = 63;
    b->seed = nx_hash_seed();
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
    if (b->v[b->last].id.p && str_eq(b->v[b->last].id, id)) {
        *ret_pid = b->v[b->last].pid;
        return 0;
    }
    uint64_t h = nx_hash(b->seed, id.p, id.n);
    size_t at = h & b->mask;
    for (; b->v[at].id.p; at = (at + 1) & b->mask) {
        if (b->v[at].hash == h && str_eq(b->v[at].id, id)) {
            b->last = at;
            *ret_pid = b->v[at].pid;
            return 0;
        }
    }
    if (b->n >= nx_limit_value(NX_LIM_BINARIES))
        return nx_limit_fail(err, NX_LIM_BINARIES, NULL);
    if (b->n * 2 > b->mask) {
        if (!binary_grow(b))
            return table_no_memory(err);
        for (at = h & b->mask; b->v[at].id.p;)
            at = (at + 1) & b->mask;
    }
    struct nx_str copy = str_copy(id);
    if (!copy.p)
        return table_no_memory(err);
    b->v[at] = (struct binary){copy, h, (*next_pid)++};
    b->n++;
    b->last = at;
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
    size_t at = nx_hash_mix(pid * 0x100000001b3u + 7, tid) & s->mask;
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
        return table_no_memory(err);
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
            return table_no_memory(err);
        l->v = v;
        l->cap = cap;
    }
    struct nx_str copy = str_copy(name);
    if (!copy.p)
        return table_no_memory(err);
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
