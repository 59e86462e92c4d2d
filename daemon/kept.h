/*
 * The archives of the daemon's stores: which there are, and the keeper behind them. On the loop's thread.
 */
#ifndef NXD_KEPT_H
#define NXD_KEPT_H

#include <stdbool.h>

struct nxd;

/* Says of each store where its archive is, or is to be. Before the first view. */
void kept_find(struct nxd *d);
/* Starts the keeper, where anything is to be kept or may go. After the index was opened. */
void kept_open(struct nxd *d);
/* A new view, or a run whose end is known by now. `same`: it shows nothing new. */
void kept_view(struct nxd *d, bool same);

#endif
