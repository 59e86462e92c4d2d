/*
 * Which handler answers a request: the table routes.def.
 */
#ifndef NXD_ROUTE_H
#define NXD_ROUTE_H

#include "base/slice.h"
#include "daemon/req.h"

/* What the path says. Slices lie in the request's url. */
struct match {
    struct nx_slice workspace, run, binary, test, file; /* p == NULL: not in this route */
    bool slot, pretty, perfetto;
};

/* Answers, or calls req_wait(). */
void route_request(struct req *r);

#endif
