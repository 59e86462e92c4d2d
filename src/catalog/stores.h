/*
 * The recording stores that a command line names: `[NAME=]DIR` each.
 *
 * nx_stores_add() every one, then nx_stores_settle(), which gives each a name and, where none was given, takes
 * nextest's own. Names are what the API, the index and `STORE:NAME` know a store by: letters, digits, `.`, `_`
 * and `-`, at most NX_STORE_NAME bytes. What stands before the first `=` is a name unless it holds a slash, so
 * a folder with such a sign is written with one: `./a=b`. Views point at the stores: nx_stores_fini() comes
 * after the last of them, and frees their archives' names (`kept`), too. One thread.
 */
#ifndef NX_CATALOG_STORES_H
#define NX_CATALOG_STORES_H

#include "catalog/view.h"

enum { NX_STORE_NAME = 64 };

struct nx_stores {
    struct nx_store *v;
    size_t n;
    bool *named; /* of each: by hand */
};

/* NX_EUSAGE for a bad name or no folder. */
NX_MUST_USE int nx_stores_add(struct nx_stores *s, const char *given, struct nx_err *err);

/* The only one without a name is `default`; of several, each has its folder's. NX_EUSAGE where a folder's makes
 * no name, or two have the same. `whole`: folders are made absolute, without looking whether they are there. */
NX_MUST_USE int nx_stores_settle(struct nx_stores *s, bool whole, struct nx_err *err);

void nx_stores_fini(struct nx_stores *s);

#endif
