/*
 * The parts that several answers are made of. For src/api alone.
 */
#ifndef NX_API_ANSWER_PUT_H
#define NX_API_ANSWER_PUT_H

#include "catalog/view.h"
#include "json/write.h"

/* What a run's document is made from; nothing is owned. */
struct nx_put_run {
    const struct nx_view *view;    /* NULL for a portable recording */
    const struct nx_workspace *ws; /* likewise */
    const struct nx_run *run;
    bool has_log, has_store;
    bool gone; /* nextest has pruned it: it is in no view */
};

/* A run as an entry of a list, or whole. */
void nx_put_run(struct nx_json *w, const struct nx_put_run *p, bool whole);

/* {"code","message","hint","object","line","offset"} */
void nx_put_error(struct nx_json *w, const struct nx_err *e);

/* Which of a run's files are in its folder. */
void nx_put_files(struct nx_put_run *p);

/* Ends a document: LF, and an error where memory did not suffice. */
NX_MUST_USE int nx_put_end(struct nx_strbuf *out, struct nx_err *err);

#endif
