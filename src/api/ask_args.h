/*
 * The parameters of a question, read once: words into values. For src/api alone.
 */
#ifndef NX_API_ASK_ARGS_H
#define NX_API_ASK_ARGS_H

#include "api/ask.h"
#include "api/asked.h"
#include "api/output.h"
#include "api/runs.h"

enum nx_as { NX_AS_BYTES, NX_AS_TEXT, NX_AS_JSON };

struct nx_asking { /* strings are the arguments' own; NULL: not given */
    struct nx_scope scope;
    const char *run, *binary, *test, *base, *head;
    size_t limit, runs;
    const char *text, *after;
    struct nx_tests_query tests;
    struct nx_output_query output;
    enum nx_as as;
    struct nx_runs_query list;
};

NX_MUST_USE int nx_asking_read(enum nx_question q, const struct nx_args *args, struct nx_asking *ret,
                               struct nx_err *err);

#endif
