/*
 * Runs and their reruns as a tree, in the order and shape of `cargo nextest store list`.
 *
 * Source: nextest-runner/src/record/tree.rs. Roots are ordered by the newest run in their tree, children by
 * their own start, newest first, equal ones as in the list; a parent that was pruned is a row without a run;
 * a chain of single children is drawn without branches; loops of parents are cut. Levels below TREE_DEEPEST
 * are drawn there.
 */
#ifndef CLIENT_TREE_H
#define CLIENT_TREE_H

#include "store/run.h"

enum { TREE_DEEPEST = 40 };

struct tree_row {
    const struct nx_run *run; /* NULL: a parent that is no longer there */
    unsigned columns;         /* 2-character columns before the id */
    char bars[TREE_DEEPEST]; /* one character a column: ' ', '|' (goes on), '+' (branch), 'L' (last branch) */
};

struct tree {
    struct tree_row *v;
    size_t n;
    unsigned columns; /* of the widest row */
};

/* Borrows the n runs of `list`. 0, or -NX_ENOMEM. */
NX_MUST_USE int tree_build(const struct nx_run *list, size_t n, struct tree *ret);
void tree_fini(struct tree *t);

#endif
