/*
 * One question of nxctl, answered by src/api in this process: over an index in memory, filled as deep as the
 * question needs. Where the daemon keeps an index of the same stores, in its usual place or where --index says, ours
 * lies over that one: only what it lacks is read. Without --index such a file is a help and no more; one that cannot
 * be used, or turns out to be damaged, is done without.
 *
 * asking_open(); asking_add() each parameter; asking_answer(). `out` then holds the answer. asking_close()
 * also after failure.
 */
#ifndef CLIENT_ASKING_H
#define CLIENT_ASKING_H

#include "api/ask.h"
#include "api/loose.h"
#include "api/pick_test.h"
#include "client/opt.h"
#include "client/place.h"
#include "client/progress.h"
#include "client/ui.h"

enum { ASKING_ARGS = 12 };

struct asking {
    const struct opts *o;
    const struct ui *ui;
    struct place place;
    struct nx_world world;
    struct nx_index *ix;
    char *file;        /* the index that ours lies over; owned; NULL: none */
    bool without_file; /* look for none */
    bool all_names;    /* the question is about all tests that there are */
    struct nx_loose loose[2]; /* portable recordings that were named as runs */
    size_t loose_n;
    struct nx_arg v[ASKING_ARGS];
    size_t n;
    struct progress progress;
    struct nx_strbuf out;
    struct nx_said said;
};

/* Opens no index of our own yet: asking_answer() and asking_index() do, where one is needed. */
NX_MUST_USE int asking_open(struct asking *a, const struct opts *o, const struct ui *ui, struct nx_err *err);
void asking_close(struct asking *a);

/* Adds the workspace that was chosen, if one was. */
void asking_scope(struct asking *a);

/* A run: a selector, or a portable recording's path, which is then read. */
NX_MUST_USE int asking_run(struct asking *a, const char *name, const char *selector, struct nx_err *err);

/* Which test of that run is meant: the run is read for its tests' names. The run and the scope were added before. */
NX_MUST_USE int asking_pick(struct asking *a, const char *selector, const char *words, struct nx_test_pick *ret,
                            struct nx_err *err);

/* value NULL: not given. Borrows both. */
void asking_add(struct asking *a, const char *name, const char *value);

/* Opens the index, once. */
NX_MUST_USE int asking_index(struct asking *a, struct nx_err *err);

/* Was it the index's file that failed, and can it be done without? Then it is closed, and the same can be tried again. */
bool asking_without_file(struct asking *a, int rc, const struct nx_err *err);

/* Fills the index as the question needs it. */
NX_MUST_USE int asking_fill(struct asking *a, enum nx_question q, struct nx_err *err);

/* Tells how far filling is: for nx_fill_init(), with the struct asking. */
int asking_step(void *arg, const struct nx_run *run);

/* Fills and asks. */
NX_MUST_USE int asking_answer(struct asking *a, enum nx_question q, struct nx_err *err);

/* What a command does at its end: an error, a document, or what `print` makes of it; then what could not be
 * read. Returns the exit status. */
int asking_end(struct asking *a, int rc, int (*print)(struct asking *a), struct nx_err *err);

#endif
