/*
 * The runs that an answer names: which rows of the tables are shown.
 */
#ifndef CLIENT_SELECTION_H
#define CLIENT_SELECTION_H

#include "base/strbuf.h"
#include "catalog/view.h"

struct selection {
    struct selected {
        char id[37];
        char *store, *workspace; /* owned */
    } *v; /* in order of id, then workspace, then store */
    size_t n;
    struct selected_gone { /* nextest has pruned it, and only the answer knows it; strings are owned */
        char *id, *started, *status, *store, *workspace;
        double secs;
        uint64_t passed, failed;
    } *gone; /* as in the answer */
    size_t gone_n;
};

/* Of an answer to NX_Q_RUNS. selection_fini() also after failure. */
NX_MUST_USE int selection_read(struct selection *s, struct nx_strbuf *doc, struct nx_err *err);
void selection_fini(struct selection *s);

/* The chosen runs of a workspace (an array to free(), whose strings stay the view's); NULL without memory.
 * One whose parent was not chosen has none: it is not pruned, only not shown. */
struct nx_run *selection_take(const struct selection *s, const struct nx_workspace *ws, size_t *ret_n);

#endif
