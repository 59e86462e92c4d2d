/*
 * The handlers of routes.def. Each answers, or calls req_wait() and answers later.
 */
#ifndef NXD_HANDLERS_H
#define NXD_HANDLERS_H

#include "daemon/route.h"

void www_shell(struct req *r, const struct match *m);
void www_get(struct req *r, const struct match *m);
void health_alive(struct req *r, const struct match *m);
void health_ready(struct req *r, const struct match *m);
void ask_workspaces(struct req *r, const struct match *m);
void ask_runs(struct req *r, const struct match *m);
void ask_run(struct req *r, const struct match *m);
void ask_tests(struct req *r, const struct match *m);
void ask_timeline(struct req *r, const struct match *m);
void ask_output(struct req *r, const struct match *m);
void ask_search(struct req *r, const struct match *m);
void ask_history(struct req *r, const struct match *m);
void ask_flaky(struct req *r, const struct match *m);
void ask_slowest(struct req *r, const struct match *m);
void ask_compare(struct req *r, const struct match *m);
void ask_openapi(struct req *r, const struct match *m);
void running_get(struct req *r, const struct match *m);
void server_get(struct req *r, const struct match *m);
void events_get(struct req *r, const struct match *m);
void trace_get(struct req *r, const struct match *m);

/* Answers from the cache of rendered answers; false: not in it. */
bool ask_cached(struct req *r);

#endif
