/*
 * Traces of runs that go on: for each one that somebody looks at, the converter's state and the bytes so
 * far are kept, so that a request costs what its log has more.
 *
 * At most FOLLOWS_MAX at a time, the one longest not asked for goes first; closed when the run ends or
 * nobody asked for a minute. The bytes lie in a file without a name, which only ever grows: an answer is
 * its first so many bytes and a footer of its own, and for Perfetto also an opening. Used on the loop's thread.
 */
#ifndef NXD_FOLLOWS_H
#define NXD_FOLLOWS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/slice.h"
#include "catalog/view.h"

struct conv_spec;
struct follow;
struct nxd;

enum { FOLLOWS_MAX = 8 };

struct follows {
    struct follow *first;
    unsigned n;
    uv_timer_t timer; /* only while there are any */
};

struct follow_result {
    int r;              /* 0, or a code and err: convert it in the ordinary way */
    const struct nx_err *err;
    int fd;             /* borrowed: dup() it */
    uint64_t size;      /* the document is so many bytes of it, and the footer */
    struct nx_slice opening; /* takes the place of as many bytes at its beginning; borrowed */
    struct nx_slice footer;
    const char *missing; /* for a header; "" for nothing */
};

void follows_init(struct nxd *d);
/* Calls `done` later, from the loop. false: it will not, there are too many, or there is no memory. */
bool follows_request(struct nxd *d, const struct conv_spec *spec,
                     void (*done)(void *arg, const struct follow_result *res),
                     void *arg);
/* Closes those of runs that do not go on in this view. */
void follows_view(struct nxd *d, const struct nx_view *v);
/* After the last job. */
void follows_fini(struct nxd *d);

#endif
