/*
 * The description of this API: what an operation may answer besides the good answer, one row a status.
 *
 * An operation lists only those that can come of what it takes, and those that any request may get (as 403 and
 * 413). Each is a `$ref` to one of the shared responses.
 */
#ifndef NX_API_OPENAPI_FAULTS_H
#define NX_API_OPENAPI_FAULTS_H

#include "json/write.h"

/* What an operation is like. */
enum nx_openapi_trait {
    NX_OPENAPI_NAMES = 1,  /* it names what may not be there, or several times */
    NX_OPENAPI_RUN = 2,    /* a run, whose files may be gone */
    NX_OPENAPI_READS = 4,  /* it reads what may be damaged */
    NX_OPENAPI_TAGGED = 8, /* the answer has an ETag */
    NX_OPENAPI_RANGES = 16 /* parts of it may be had */
};

/* The traits that a parameter of this name brings. */
unsigned nx_openapi_traits_of(const char *param);

/* The members of an operation's "responses" behind the good one; traits: a sum. */
void nx_openapi_put_faults(struct nx_json *w, unsigned traits);

/* The key and value of "responses" in "components". */
void nx_openapi_put_fault_components(struct nx_json *w);

#endif
