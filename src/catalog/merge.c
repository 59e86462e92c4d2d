#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/merge.h"

#include <stdlib.h>
#include <string.h>

struct nx_part *nx_part_new(struct nx_runlist *list, bool kept)
{
    struct nx_part *p = calloc(1, sizeof(*p));
    if (!p) {
        nx_runlist_fini(list);
        return NULL;
    }
    atomic_init(&p->refs, 1);
    p->list = *list;
    for (size_t i = 0; i < list->n; i++) {
        p->list.v[i].kept = kept;
    }
    return p;
}

struct nx_part *nx_part_ref(struct nx_part *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

void nx_part_unref(struct nx_part *p)
{
    if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1) {
        nx_runlist_fini(&p->list);
        free(p);
    }
}

struct nx_merged *nx_merged_ref(struct nx_merged *m)
{
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    return m;
}

void nx_merged_unref(struct nx_merged *m)
{
    if (m && atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) == 1) {
        nx_part_unref(m->own);
        nx_part_unref(m->kept);
        free(m->joined);
        free(m->sorted);
        free(m);
    }
}

static int cmp_newest(const void *pa, const void *pb)
{
    const struct nx_run *a = *(const struct nx_run *const *)pa, *b = *(const struct nx_run *const *)pb;
    int c = nx_instant_cmp(b->started_at, a->started_at);
    return c ? c : strcmp(b->id, a->id);
}

static int cmp_id(const void *pa, const void *pb)
{
    return strcmp((*(const struct nx_run *const *)pa)->id, (*(const struct nx_run *const *)pb)->id);
}

/* The runs of a list, sorted. Owned. */
static const struct nx_run **sorted_by(const struct nx_run *list, size_t n,
                                       int (*cmp)(const void *, const void *))
{
    const struct nx_run **v = calloc(n + 1, sizeof(*v));
    for (size_t i = 0; v && i < n; i++) {
        v[i] = &list[i];
    }
    if (v && n > 1) {
        qsort(v, n, sizeof(*v), cmp);
    }
    return v;
}

static bool has(const struct nx_run **by_id, size_t n, const struct nx_run *run)
{
    return n > 0 && bsearch(&run, by_id, n, sizeof(*by_id), cmp_id);
}

/* Most often there is nothing to join: what is kept is in nextest's list as well. */
static bool join(struct nx_merged *m)
{
    const struct nx_runlist *own = &m->own->list, *kept = &m->kept->list;
    const struct nx_run **by_id = sorted_by(own->v, own->n, cmp_id);
    struct nx_run *v = NULL;
    bool ok = by_id != NULL;
    size_t n = 0;
    for (size_t i = 0; ok && i < kept->n; i++) {
        if (has(by_id, own->n, &kept->v[i])) {
            continue;
        }
        v = v ? v : calloc(kept->n + own->n, sizeof(*v));
        if (!v) {
            ok = false;
            break;
        }
        v[n] = kept->v[i];
        v[n++].memory = NULL;
    }
    free(by_id);
    for (size_t i = 0; v && i < own->n; i++) {
        v[n] = own->v[i];
        v[n++].memory = NULL;
    }
    m->joined = v;
    m->list = v ? v : own->v;
    m->n = v ? n : own->n;
    return ok;
}

struct nx_merged *nx_merged_new(struct nx_part *own, struct nx_part *kept)
{
    struct nx_merged *m = calloc(1, sizeof(*m));
    if (!m) {
        return NULL;
    }
    atomic_init(&m->refs, 1);
    m->own = nx_part_ref(own);
    m->kept = nx_part_ref(kept);
    m->list = own->list.v;
    m->n = own->list.n;
    if (kept->list.n > 0 && !join(m)) {
        nx_merged_unref(m);
        return NULL;
    }
    m->sorted = sorted_by(m->list, m->n, cmp_newest);
    if (!m->sorted) {
        nx_merged_unref(m);
        return NULL;
    }
    for (size_t i = 0; i < m->n; i++) {
        if (!m->latest || nx_instant_cmp(m->list[i].started_at, m->latest->started_at) >= 0) {
            m->latest = &m->list[i];
        }
    }
    return m;
}
