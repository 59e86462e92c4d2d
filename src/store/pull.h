/*
 * Reads nextest's JSON documents as they come, by serde's rules, without a tree: a member that is there twice
 * is an error, one that nobody knows is passed over, and a struct may also be written as an array of its
 * members in order.
 *
 * The text is followed by NX_SCAN_PAD readable bytes, as json/scan.h wants it, and outlives the reading.
 * Functions return false at an end or a failure; the first failure stays in `rc` (-NX_EFORMAT, which names
 * the member or the byte, -NX_ELIMIT, -NX_ENOMEM), and all after it fail too. Strings live until
 * nx_pull_forget(). Used by one thread.
 */
#ifndef NX_STORE_PULL_H
#define NX_STORE_PULL_H

#include "base/err.h"
#include "json/scan.h"

struct nx_pull {
    struct nx_scan scan;
    struct nx_arena arena;
    struct nx_err *err; /* borrowed */
    int rc;
    unsigned depth;
};

void nx_pull_init(struct nx_pull *p, const char *text, size_t n, struct nx_err *err);
void nx_pull_fini(struct nx_pull *p);
void nx_pull_forget(struct nx_pull *p);     /* frees the strings that were read */
bool nx_pull_end(struct nx_pull *p);        /* nothing but white space is left */
bool nx_pull_fail(struct nx_pull *p);       /* takes over the scanner's error; false */
/* Fail with `field `name` is not `wanted``, and with `missing field `name``; false. */
bool nx_pull_bad(struct nx_pull *p, const char *name, const char *wanted);
bool nx_pull_lost(struct nx_pull *p, const char *name);

/* --- structs --- */

/* The members of a struct in the order in which serde writes them, at most 32. */
struct nx_members {
    const struct nx_slice *names;
    unsigned n, at;
    uint32_t seen;
    bool array, first;
    bool buffered; /* set for an internally tagged enum: unknown members are checked as serde buffers them */
};

/* Enters an object, or an array that stands for one; `what` names it: `what` is not an object. */
bool nx_pull_open(struct nx_pull *p, struct nx_members *m, const struct nx_slice *names, unsigned n,
                  const char *what);
/* The next known member, whose value the caller then reads. False at the end, or p->rc. */
bool nx_pull_member(struct nx_pull *p, struct nx_members *m, unsigned *ret);
/* All of these (bit per member) must have been there; names the first that was not. */
bool nx_pull_need(struct nx_pull *p, const struct nx_members *m, uint32_t wanted);

/* --- lists and maps --- */

bool nx_pull_list(struct nx_pull *p, const char *name, const char *wanted);
bool nx_pull_item(struct nx_pull *p, bool *first); /* false at the end, or p->rc; *first begins true */
bool nx_pull_map(struct nx_pull *p, const char *name, const char *wanted);
bool nx_pull_key(struct nx_pull *p, bool *first, char **ret_key);

/* --- values; `name` is for the error --- */

bool nx_pull_null(struct nx_pull *p); /* consumes null, where it is one */
bool nx_pull_slice(struct nx_pull *p, const char *name, const char *wanted, struct nx_slice *ret);
/* As a C string in the arena: a string that holds U+0000 is refused. */
bool nx_pull_text(struct nx_pull *p, const char *name, const char *wanted, char **ret);
bool nx_pull_u64(struct nx_pull *p, const char *name, uint64_t max, uint64_t *ret);
bool nx_pull_u32(struct nx_pull *p, const char *name, uint32_t *ret);
bool nx_pull_i32(struct nx_pull *p, const char *name, int32_t *ret);
bool nx_pull_double(struct nx_pull *p, const char *name, double *ret);
/* `buffered`: as serde checks a value that it keeps before it knows the type. */
bool nx_pull_skip(struct nx_pull *p, bool buffered);

#endif
