/*
 * Logs of runs that go on, kept open between looks, so that a look costs what is new.
 *
 * A few at a time: the one that was longest without news makes room, and one without any for many looks goes. An entry
 * is good as long as the index has of the run just what was written from it last, and the log is the same file and no
 * shorter; else all is read anew. Belongs to one index: after it was closed, or set aside, everything kept is void.
 * Used by the index's writer.
 */
#ifndef NX_CATALOG_GROWING_H
#define NX_CATALOG_GROWING_H

#include <sys/types.h>

#include "catalog/absorb.h"

struct nx_growing;

/* NULL: no memory. */
struct nx_growing *nx_growing_new(void);
void nx_growing_free(struct nx_growing *g); /* takes NULL */

/* One run being read; owned. */
struct nx_grow {
    int64_t run; /* its id in the index, which tells it from others */
    struct nx_recording *rec;
    struct nx_absorb *absorb;
    struct nx_logread *log;
    dev_t dev; /* the log as it was found: the file, */
    ino_t ino;
    uint64_t size; /* and what the index was told of it */
    int64_t mtime;
    uint64_t looks; /* the last one that found something */
};
void nx_grow_close(struct nx_grow *one); /* takes NULL */

/* A look at all runs begins. */
void nx_growing_look(struct nx_growing *g);

/* Takes the run's entry out, if there is one and it is good: `had_size` and `had_mtime` are what the index has, the
 * file is now as dev, ino and size say. NULL: there is none, read the log from its start. */
struct nx_grow *nx_growing_take(struct nx_growing *g, int64_t run, uint64_t had_size, int64_t had_mtime, dev_t dev,
                                ino_t ino, uint64_t size);

/* Keeps it for the next look, where that is of use; else closes it. Once what was read is written for good. */
void nx_growing_keep(struct nx_growing *g, struct nx_grow *one);

/* The run has ended, or is gone. */
void nx_growing_drop(struct nx_growing *g, int64_t run);

/* How many are kept. */
size_t nx_growing_count(const struct nx_growing *g);

#endif
