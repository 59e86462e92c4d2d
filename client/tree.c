#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/tree.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

/* Nodes 0..runs-1 are the list's runs; those behind stand for parents that were pruned. */
struct node {
    const struct nx_run *run; /* NULL: pruned */
    const char *id;
    long parent, first_child, next; /* indices or NONE; `next` is the next sibling */
    struct nx_instant newest;       /* start of the newest run in its tree; roots only */
    size_t rank;                    /* roots only: as found, which orders equal ones */
    bool seen, has_newest;
    bool twin; /* its id comes again later in the list, and that one counts */
};

struct builder {
    struct node *nodes;
    size_t runs, n;
    size_t *by_id; /* of the runs */
    struct tree *tree;
};

/* qsort has no argument for its callback; one thread builds at a time (nxctl has only one). */
static const struct node *sorting;

static int cmp_id(const void *pa, const void *pb)
{
    size_t a = *(const size_t *)pa, b = *(const size_t *)pb;
    int c = strcmp(sorting[a].id, sorting[b].id);
    return c ? c : (a > b) - (a < b);
}

static int cmp_parent(const void *pa, const void *pb)
{
    size_t a = *(const size_t *)pa, b = *(const size_t *)pb;
    int c = strcmp(sorting[a].run->parent_id, sorting[b].run->parent_id);
    if (!c) {
        c = nx_instant_cmp(sorting[b].run->started_at, sorting[a].run->started_at);
    }
    return c ? c : (a > b) - (a < b);
}

static int cmp_root(const void *pa, const void *pb)
{
    size_t a = *(const size_t *)pa, b = *(const size_t *)pb;
    int c = nx_instant_cmp(sorting[b].newest, sorting[a].newest);
    return c ? c : (sorting[a].rank > sorting[b].rank) - (sorting[a].rank < sorting[b].rank);
}

static long find(const struct builder *t, const char *id)
{
    size_t lo = 0, hi = t->runs;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(t->nodes[t->by_id[mid]].id, id) <= 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo > 0 && strcmp(t->nodes[t->by_id[lo - 1]].id, id) == 0 ? (long)t->by_id[lo - 1] : NONE;
}

/* Hangs every rerun below its parent, newest first; makes nodes for parents that are not there. */
static void link_children(struct builder *t, size_t *reruns, size_t n)
{
    sorting = t->nodes;
    if (n > 1) {
        qsort(reruns, n, sizeof(*reruns), cmp_parent);
    }
    long parent = NONE, last = NONE;
    for (size_t i = 0; i < n; i++) {
        struct node *node = &t->nodes[reruns[i]];
        const char *id = node->run->parent_id;
        if (i == 0 || strcmp(id, t->nodes[reruns[i - 1]].run->parent_id) != 0) {
            parent = find(t, id);
            last = NONE;
            if (parent == NONE) {
                parent = (long)t->n++;
                t->nodes[parent] = (struct node){.id = id, .parent = NONE, .first_child = NONE, .next = NONE};
            }
        }
        node->parent = parent;
        if (last == NONE) {
            t->nodes[parent].first_child = (long)reruns[i];
        } else {
            t->nodes[last].next = (long)reruns[i];
        }
        last = (long)reruns[i];
    }
}

/* Walks a root's tree for its newest start, and marks what belongs to it. */
static void measure(struct builder *t, size_t root, size_t *stack)
{
    size_t depth = 0;
    stack[depth++] = root;
    while (depth > 0) {
        struct node *node = &t->nodes[stack[--depth]];
        if (node->seen) {
            continue;
        }
        node->seen = true;
        struct node *top = &t->nodes[root];
        if (node->run && (!top->has_newest || nx_instant_cmp(node->run->started_at, top->newest) > 0)) {
            top->newest = node->run->started_at;
            top->has_newest = true;
        }
        for (long c = node->first_child; c != NONE; c = t->nodes[c].next) {
            if (!t->nodes[c].seen) {
                stack[depth++] = (size_t)c;
            }
        }
    }
}

/* Roots: runs without a parent, parents that were pruned, and one run of every loop. Returns how many. */
static size_t find_roots(struct builder *t, size_t *roots, size_t *stack)
{
    size_t n = 0;
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < t->n; i++) {
            if (!t->nodes[i].seen && !t->nodes[i].twin && (pass == 1 || t->nodes[i].parent == NONE)) {
                measure(t, i, stack);
                t->nodes[i].rank = n;
                roots[n++] = i;
            }
        }
    }
    sorting = t->nodes;
    if (n > 1) {
        qsort(roots, n, sizeof(*roots), cmp_root);
    }
    return n;
}

struct place {
    size_t node;
    unsigned depth, columns;
    bool last, only;
    char bars[TREE_DEEPEST]; /* for each column of an ancestor: '|' or ' ' */
};

static void add_bar(char *bars, unsigned *columns, char bar)
{
    if (*columns < TREE_DEEPEST) {
        bars[(*columns)++] = bar;
    }
}

static void add_row(struct builder *t, const struct place *p)
{
    struct tree_row *row = &t->tree->v[t->tree->n++];
    row->run = t->nodes[p->node].run;
    row->columns = p->columns;
    memcpy(row->bars, p->bars, sizeof(row->bars));
    if (p->depth > 0 && !p->only) {
        add_bar(row->bars, &row->columns, p->last ? 'L' : '+');
    }
    t->tree->columns = row->columns > t->tree->columns ? row->columns : t->tree->columns;
}

/* The first child is to be taken off first, so it goes on last. */
static size_t push_children(const struct builder *t, const struct place *p, struct place *stack)
{
    size_t n = 0, i;
    for (long c = t->nodes[p->node].first_child; c != NONE; c = t->nodes[c].next) {
        n++;
    }
    i = n;
    for (long c = t->nodes[p->node].first_child; c != NONE; c = t->nodes[c].next) {
        struct place *child = &stack[--i];
        *child = *p;
        child->node = (size_t)c;
        child->depth = p->depth + 1;
        child->last = t->nodes[c].next == NONE;
        child->only = n == 1 && child->depth > 1;
        if (p->depth > 0 && !p->only) {
            add_bar(child->bars, &child->columns, p->last ? ' ' : '|');
        }
    }
    return n;
}

static void draw(struct builder *t, size_t root, struct place *stack)
{
    size_t depth = 0;
    stack[depth++] = (struct place){.node = root, .last = true};
    while (depth > 0) {
        struct place p = stack[--depth];
        if (!t->nodes[p.node].seen) {
            continue;
        }
        t->nodes[p.node].seen = false; /* drawn: a loop comes here again */
        add_row(t, &p);
        depth += push_children(t, &p, stack + depth);
    }
}

int tree_build(const struct nx_run *list, size_t n, struct tree *ret)
{
    /* At most one pruned parent a run. */
    size_t cap = 2 * n + 1, reruns_n = 0, roots_n;
    struct builder t = {calloc(cap, sizeof(*t.nodes)), n, n, calloc(cap, sizeof(*t.by_id)), ret};
    size_t *reruns = calloc(cap, sizeof(*reruns)), *roots = calloc(cap, sizeof(*roots));
    size_t *stack = calloc(cap, sizeof(*stack));
    struct place *places = calloc(cap, sizeof(*places));
    int rc = -NX_ENOMEM;

    *ret = (struct tree){calloc(cap, sizeof(*ret->v)), 0, 0};
    if (!t.nodes || !t.by_id || !reruns || !roots || !stack || !places || !ret->v) {
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        t.nodes[i] = (struct node){
            .run = &list[i], .id = list[i].id, .parent = NONE, .first_child = NONE, .next = NONE};
        t.by_id[i] = i;
    }
    sorting = t.nodes;
    if (n > 1) {
        qsort(t.by_id, n, sizeof(*t.by_id), cmp_id);
    }
    for (size_t i = 1; i < n; i++) {
        t.nodes[t.by_id[i - 1]].twin = strcmp(t.nodes[t.by_id[i - 1]].id, t.nodes[t.by_id[i]].id) == 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (list[i].parent_id[0] && !t.nodes[i].twin) {
            reruns[reruns_n++] = i;
        }
    }
    link_children(&t, reruns, reruns_n);
    roots_n = find_roots(&t, roots, stack);
    for (size_t i = 0; i < roots_n; i++) {
        draw(&t, roots[i], places);
    }
    rc = 0;
out:
    free(t.nodes);
    free(t.by_id);
    free(reruns);
    free(roots);
    free(stack);
    free(places);
    if (rc < 0) {
        tree_fini(ret);
    }
    return rc;
}

void tree_fini(struct tree *t)
{
    free(t->v);
    *t = (struct tree){NULL, 0, 0};
}
