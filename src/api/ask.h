/*
 * One way in for every question: names and values as a request or a command line gave them, in; an answer
 * out.
 *
 * The daemon and nxctl both come through here, so both read limits, words and times alike. Which names a
 * question takes is in questions.def; a name that is not there, or there twice, is NX_EUSAGE, and so is a
 * value that makes no sense. All names are taken alike, wherever they stood; `workspace`, where the route has
 * it in brackets, may be a query parameter too. Any thread, as long as the world's view and index are its own
 * for the call.
 */
#ifndef NX_API_ASK_H
#define NX_API_ASK_H

#include "api/questions.h"
#include "api/world.h"
#include "base/strbuf.h"

struct nx_arg {
    const char *name, *value; /* decoded; UTF-8 is not taken for granted */
};

struct nx_args { /* borrowed */
    const struct nx_arg *v;
    size_t n;
    bool unbounded; /* nxctl: without a `limit` there is none, and any is good */
};

enum {
    NX_ASK_LIMIT = 100,      /* rows of a page, and the most that may be asked for */
    NX_ASK_LIMIT_MAX = 1000,
    NX_ASK_TOP = 20,         /* rows of flaky and slowest, for nxctl too */
    NX_ASK_RUNS = 50,        /* runs that they look at */
    NX_ASK_HISTORY = 100,    /* runs of a history */
    NX_ASK_RUNS_MAX = 10000,
};

enum nx_media {
    NX_MEDIA_JSON,
    NX_MEDIA_TEXT,  /* UTF-8 */
    NX_MEDIA_BYTES, /* no UTF-8 */
};

struct nx_said { /* what the body alone does not tell */
    enum nx_media media;
    /* Of an output: */
    uint32_t attempt;
    bool truncated;         /* nextest cut it when recording ... */
    uint64_t original_size; /* ... from so many bytes */
};

/* Appends the answer to `out`. Not for NX_Q_TRACE, which is nx_export(). Errors are those of the question's
 * own function (api/answer.h, api/asked.h, api/output.h), and NX_EUSAGE. *ret (may be NULL) is filled on
 * success. */
NX_MUST_USE int nx_ask(const struct nx_world *w, enum nx_question q, const struct nx_args *args,
                       struct nx_strbuf *out, struct nx_said *ret, struct nx_err *err);

/* Looks at the words alone: NX_EUSAGE for most of what nx_ask() would say that of. */
NX_MUST_USE int nx_ask_check(enum nx_question q, const struct nx_args *args, struct nx_err *err);

/* Does the question need an index? Else the world's `ix` may be NULL. */
bool nx_ask_needs_index(enum nx_question q, const struct nx_args *args);

/* nx_ask() said `rc` without an index: would one perhaps know more? */
bool nx_ask_index_may_know(enum nx_question q, const struct nx_args *args, int rc);

/* Fills an index in memory just as deep as the question needs, so that nx_ask() then says what it would say
 * of a full one. `step` (may be NULL) is called before each run that is read; not 0: stop. Errors as
 * nx_ask()'s. */
NX_MUST_USE int nx_ask_fill(const struct nx_world *w, enum nx_question q, const struct nx_args *args,
                            int (*step)(void *arg, const struct nx_run *run), void *arg, struct nx_err *err);

#endif
