/*
 * Where nxctl looks: which store, which of its workspaces, which run.
 */
#ifndef CLIENT_PLACE_H
#define CLIENT_PLACE_H

#include "api/select.h"
#include "catalog/stores.h"
#include "client/opt.h"
#include "client/ui.h"
#include "recording/recording.h"

struct place {
    struct nx_stores stores;
    bool by_hand; /* --store was given: they should be there */
    struct nx_view *view;
    const struct nx_workspace *ws; /* the one chosen, or NULL for all. Borrowed from the view */
    struct nx_scope scope;
    char *asked; /* the one chosen as a question names it: `NAME`, or with several stores `STORE:NAME`; or NULL */
};

/* Takes the picture that one command works on. Errors are of the command line, or NX_ENOMEM: a store that is
 * not there is the view's problem. place_close() also after failure. */
NX_MUST_USE int place_open(struct place *p, const struct opts *o, const struct ui *ui, struct nx_err *err);

/* The same in two steps, between which the stores may get other names. place_stores() is the first. */
NX_MUST_USE int place_stores(struct place *p, const struct opts *o, struct nx_err *err);
NX_MUST_USE int place_look(struct place *p, const struct opts *o, const struct ui *ui, struct nx_err *err);

/* Why none of the stores can be read, or NULL. */
const struct nx_err *place_unread(const struct place *p);

/* A workspace as a question names it. Owned; NULL: no memory. */
char *place_name(const struct place *p, const struct nx_workspace *ws);
void place_close(struct place *p);

/* The run that a selector names in this place, with the remedies that nxctl has. */
NX_MUST_USE int place_pick(const struct place *p, const struct opts *o, const char *selector,
                           struct nx_pick *ret, struct nx_err *err);

/* Gives what nx_select() said of a selector those remedies; rc is its result. Returns the code of the error
 * that is then in err, or 0. */
NX_MUST_USE int place_explain(const struct place *p, const struct opts *o, const char *selector, int rc,
                              struct nx_err *err);

/* Says, behind an answer, which stores and run lists could not be read. Returns the exit status of the first, or 0. */
int place_report(const struct place *p, const struct ui *ui);

/* Is the selector a recording's path, or "-" for one on standard input? */
bool place_is_file(const char *selector);

#endif
