/*
 * A body that is a file's first so many bytes, which goes on growing, with an opening of its own and a footer.
 */
#ifndef NXD_GROWING_H
#define NXD_GROWING_H

#include "daemon/follows.h"

struct MHD_Response;

/* Keeps a descriptor, an opening and a footer of its own, without headers yet. NULL: no memory or descriptor. */
struct MHD_Response *growing_response(const struct follow_result *res);

#endif
