/*
 * Conversions: a run into a trace file, a trace file into its compressed form; on the pool, into the cache
 * where it is to be kept.
 *
 * One at a time for a key, which says all that the result depends on: who asks for one that is under way
 * joins it. At most --jobs run at once; past a cap on those that wait the answer is NX_EBUSY. Used on the
 * loop's thread.
 */
#ifndef NXD_CONVERT_H
#define NXD_CONVERT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "catalog/view.h"
#include "io/encode.h"

struct nxd;
struct conv;

enum { CONV_KEY = 200, CONV_MISSING = 1024 };

struct convs {
    struct conv *running, *first, *last; /* first to last: waiting for their turn */
    unsigned running_n, waiting_n;
};

/* Which bytes the log had: what is converted from other bytes has another key. */
struct log_id {
    uint64_t dev, ino, size;
    int64_t mtime_nsec;
};
void log_id_of(const struct stat *st, struct log_id *ret);

struct conv_spec {
    char key[CONV_KEY + 1];
    bool keep;             /* the run has ended: its trace may be kept */
    enum nx_encoding enc;  /* NX_ENC_IDENTITY: convert the run; else: compress src_fd */
    int src_fd;            /* borrowed; -1 for a conversion */
    struct nx_view *view;  /* borrowed; holds the rest */
    const struct nx_workspace *ws;
    const struct nx_run *run;
    bool slot, pretty, perfetto;
    struct log_id log;
};

struct conv_result {
    int r;                 /* 0, or a code and err */
    struct nx_err err;
    int fd;                /* borrowed: dup() it */
    uint64_t size;
    bool kept;             /* it is whole, and in the cache under its key, or could be */
    char missing[CONV_MISSING]; /* what could not be read, for a header; "" for nothing */
};

/* Calls `done` later, from the loop. Fails with NX_EBUSY or NX_ENOMEM, and then never calls it. */
NX_MUST_USE int conv_request(struct nxd *d, const struct conv_spec *spec,
                             void (*done)(void *arg, const struct conv_result *res), void *arg,
                             struct nx_err *err);

/* What is lacking, as a header's value: one line, printable ASCII; "" for nothing. */
struct nx_export_report;
void conv_missing(const struct nx_export_report *rep, char ret[CONV_MISSING]);

#endif
