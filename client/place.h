/*
 * Where nxctl looks: which store, which of its workspaces, which run.
 */
#ifndef CLIENT_PLACE_H
#define CLIENT_PLACE_H

#include "api/select.h"
#include "client/opt.h"
#include "client/ui.h"
#include "recording/recording.h"

struct place {
    char *state_dir;
    struct nx_store store;
    struct nx_view *view;
    const struct nx_workspace *ws; /* the one chosen, or NULL for all. Borrowed from the view */
    struct nx_scope scope;
};

/* Takes the picture that one command works on. Errors are of the command line, or NX_ENOMEM: a store that is
 * not there is the view's problem. place_close() also after failure. */
NX_MUST_USE int place_open(struct place *p, const struct opts *o, const struct ui *ui, struct nx_err *err);
void place_close(struct place *p);

/* The run that a selector names in this place, with the remedies that nxctl has. */
NX_MUST_USE int place_pick(const struct place *p, const struct opts *o, const char *selector,
                           struct nx_pick *ret, struct nx_err *err);

/* Gives what nx_select() said of a selector those remedies; rc is its result. Returns the code of the error
 * that is then in err, or 0. */
NX_MUST_USE int place_explain(const struct place *p, const struct opts *o, const char *selector, int rc,
                              struct nx_err *err);

/* Says, behind an answer, which run lists could not be read. Returns the exit status of the first, or 0. */
int place_report(const struct place *p, const struct ui *ui);

/* Is the selector a recording's path, or "-" for one on standard input? */
bool place_is_file(const char *selector);

#endif
