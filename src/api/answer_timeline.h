/*
 * A run over time, as a document: columns instead of objects, so that 20,000 executions are some hundred kilobytes. For src/api alone.
 */
#ifndef NX_API_ANSWER_TIMELINE_H
#define NX_API_ANSWER_TIMELINE_H

#include "api/select.h"
#include "api/world.h"
#include "base/strbuf.h"

/* {"run","whole","ended","stress","wall","slots","binaries","tests","groups","outcomes","executions","scripts","pauses","sub_runs",
 * "summary"}. Errors as nx_select()'s and timeline_read()'s, NX_EVERSION. */
NX_MUST_USE int nx_answer_timeline(const struct nx_world *w, struct nx_scope scope, struct nx_slice selector, struct nx_strbuf *out,
                                   struct nx_err *err);

#endif
