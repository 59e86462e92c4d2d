/*
 * Answers: a typed question in, a JSON document out. The daemon serves these bytes over HTTP, nxctl prints
 * the same with --json. An answer holds no clock, host, absolute address or daemon fact, and its order is
 * explicit.
 *
 * Documents are compact JSON followed by one LF, appended to `out`. No number passes 2^53 (the readers of run
 * lists and manifests refuse larger ones); times are RFC 3339. doc/API.md describes every member. Any thread;
 * the view must stay referenced during the call.
 */
#ifndef NX_API_ANSWER_H
#define NX_API_ANSWER_H

#include "api/select.h"
#include "base/strbuf.h"

/* {"workspaces":[{"store","name","path","runs","latest","problem"}],"stores":[{"name","problem"}],"problem"}: the
 * workspaces in order of path, the stores as they were given. */
NX_MUST_USE int nx_answer_workspaces(const struct nx_view *view, struct nx_strbuf *out, struct nx_err *err);

/* {"runs":[<run>...],"next":<cursor or null>,"problems":[...]}: newest start first over all workspaces in
 * scope. `limit` 0 is all (nxctl); `after` is a cursor from an earlier answer, or NULL; a bad one is
 * NX_EUSAGE, a workspace that is not there NX_ENOTFOUND. Cursors hold in URLs unescaped, and stay good when
 * runs come and go. */
NX_MUST_USE int nx_answer_runs(const struct nx_view *view, struct nx_scope scope, size_t limit,
                               const char *after, struct nx_strbuf *out, struct nx_err *err);

/* One run: all that its list entry says, and its build scope, environment and children. */
NX_MUST_USE int nx_answer_run(const struct nx_view *view, struct nx_pick pick, struct nx_strbuf *out,
                              struct nx_err *err);
/* The same for one that nextest has pruned, see api/runs_gone.h. */
NX_MUST_USE int nx_answer_gone(const struct nx_view *view, struct nx_pick pick, struct nx_strbuf *out,
                               struct nx_err *err);

/* The same for a portable recording, which is in no workspace. */
struct nx_recording;
NX_MUST_USE int nx_answer_recording(struct nx_recording *rec, struct nx_strbuf *out, struct nx_err *err);

/* {"error":{"code","message","hint","object","line","offset"}}; members without a value are null. Cannot fail
 * but for memory, which out->failed tells. */
void nx_answer_error(const struct nx_err *e, struct nx_strbuf *out);

#endif
