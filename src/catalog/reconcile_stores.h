/*
 * The part of reconcile.c that is about whole stores and workspaces. Only it uses this.
 */
#ifndef NX_CATALOG_RECONCILE_STORES_H
#define NX_CATALOG_RECONCILE_STORES_H

#include "catalog/view.h"
#include "index/index.h"

/* Makes the index know the view's stores by their present names. One that lies where another did, which is not
 * given any more, is that one under another name; the first one given is that of a version that had only one. */
NX_MUST_USE int nx_reconcile_stores(struct nx_index *ix, const struct nx_view *view, struct nx_err *err);

/* Marks as gone the runs of workspaces that are not in the view. Of a store that cannot be read nothing is known
 * to be gone. *ret_gone is raised by how many changed. */
NX_MUST_USE int nx_reconcile_vanished(struct nx_index *ix, const struct nx_view *view, uint64_t *ret_gone,
                                      struct nx_err *err);

#endif
