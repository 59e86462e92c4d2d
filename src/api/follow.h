/*
 * A run that goes on, as a trace that grows: each look costs what is new in the log, not the whole.
 *
 * The events so far go to the sink; a document is these bytes and the footer of the moment. When the run has ended, the same bytes have come
 * out that nx_export() writes. One thread at a time.
 */
#ifndef NX_API_FOLLOW_H
#define NX_API_FOLLOW_H

#include "api/export.h"
#include "base/strbuf.h"

struct nx_follow;

/* Follows the run in `dir` (its folder). Borrows the sink. `opts->strict` and the progress callback are not used. */
NX_MUST_USE int nx_follow_open(const char *dir, const struct nx_run *run, const struct nx_export_opts *opts,
                               struct nx_sink *sink, struct nx_follow **ret, struct nx_err *err);
void nx_follow_close(struct nx_follow *f); /* takes NULL */

/* Takes in what the log has more, and flushes to the sink. *ret_grown: new events were written. */
NX_MUST_USE int nx_follow_more(struct nx_follow *f, bool *ret_grown, struct nx_err *err);

/* With `opts->for_perfetto`: what the document now begins with, instead of as many bytes in the sink. Else nothing. */
NX_MUST_USE int nx_follow_opening(struct nx_follow *f, struct nx_strbuf *out, struct nx_err *err);

/* What must follow the bytes in the sink to make them a whole document now. */
NX_MUST_USE int nx_follow_footer(struct nx_follow *f, struct nx_strbuf *out, struct nx_err *err);

/* What is known so far; borrowed. `missing` says only what is lost, not that the run goes on. */
const struct nx_export_report *nx_follow_report(const struct nx_follow *f);

#endif
