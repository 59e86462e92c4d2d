/*
 * The command line of nxtraced, from options.def.
 */
#ifndef NXD_OPTIONS_H
#define NXD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/retain.h"

struct options {
    const char *listen;       /* NULL: the default address */
    const char **stores;      /* `[NAME=]DIR` each; none: nextest's rules. Owned array of borrowed strings */
    size_t stores_n;
    const char *cache_dir;    /* NULL: the default */
    uint64_t cache_size;
    const char *index_dir;    /* NULL: the default */
    bool no_index, no_procs;
    bool once;                /* end when a trace was delivered */
    bool keep_recordings;
    struct nx_retain retain;
    const char *www_dir;      /* NULL: found */
    char *perfetto_url;       /* owned; without a slash at its end */
    char *perfetto_origin;    /* owned */
    const char **origins;     /* owned array of borrowed strings */
    size_t origins_n;
    const char **hosts;
    size_t hosts_n;
    unsigned rescan, drain;   /* seconds */
    unsigned jobs;
    int ready_fd;             /* -1: none */
    int verbosity;            /* -1 quiet, 0, 1 verbose */
};

/* What the program ends with, beyond the statuses of base/err.def. */
enum {
    EXIT_TAKEN = 98, /* somebody else listens at the address */
    EXIT_CUT = 75,   /* ended before all was sent: the deadline passed, a second signal came, or with
                       --once nothing was fetched */
};

/* 0: go on. 1: all was said (--help, --version), exit 0. -1: an error was printed, exit 2. Strings are
 * borrowed from argv. */
int options_parse(int argc, char **argv, struct options *o);
void options_fini(struct options *o);

#endif
