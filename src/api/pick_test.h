/*
 * Which test is meant: as nx_select() for runs, by what a person writes.
 *
 * Words are a test's name, `binary name`, `binary$name` (as in nextest's attempt ids), or `binary::name`;
 * where no test is so called, the end of a name behind a `::`.
 */
#ifndef NX_API_PICK_TEST_H
#define NX_API_PICK_TEST_H

#include "api/world.h"

struct nx_test_pick {
    char *binary, *name; /* owned; NUL-terminated, as names of tests hold no NUL */
};
void nx_test_pick_fini(struct nx_test_pick *p);

/* Among the tests of `run`, or, with NULL, all tests that the index knows. NX_ENOTFOUND (the remedy names
 * some with the words in their name), NX_EAMBIGUOUS (the text lists up to 8). */
NX_MUST_USE int nx_test_pick(const struct nx_world *w, const struct nx_found *run, const char *words,
                             struct nx_test_pick *ret, struct nx_err *err);

/* Among the tests of those of the view's newest `n` runs that are in the scope, as far as the index has them. */
NX_MUST_USE int nx_test_pick_newest(const struct nx_world *w, struct nx_scope scope, size_t n, const char *words,
                                    struct nx_test_pick *ret, struct nx_err *err);

#endif
