#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/ask.h"

#include <stdlib.h>

#include "api/answer.h"
#include "api/answer_output.h"
#include "api/answer_timeline.h"
#include "api/ask_args.h"
#include "api/openapi.h"
#include "api/runs_gone.h"

int nx_ask_check(enum nx_question q, const struct nx_args *args, struct nx_err *err)
{
    struct nx_asking a;
    return nx_asking_read(q, args, &a, err);
}

bool nx_ask_needs_index(enum nx_question q, const struct nx_args *args)
{
    struct nx_asking a;
    switch (q) {
    case NX_Q_WORKSPACES:
    case NX_Q_RUN:
    case NX_Q_TIMELINE:
    case NX_Q_TRACE:
    case NX_Q_OPENAPI:
        return false;
    case NX_Q_RUNS:
        return nx_asking_read(q, args, &a, NULL) == 0 && nx_runs_need_index(&a.list);
    default:
        return true;
    }
}

bool nx_ask_index_may_know(enum nx_question q, const struct nx_args *args, int rc)
{
    struct nx_asking a;
    char whole[NX_RUN_ID];
    return (q == NX_Q_RUN || q == NX_Q_TIMELINE) && (rc == -NX_ENOTFOUND || rc == -NX_ENORUNS) && nx_asking_read(q, args, &a, NULL) == 0
           && nx_selector_is_whole(nx_slice_of(a.run), whole);
}

/* The run was not found (rc and err say so): does the index know that it was there once? Then `out` gets what is known of it, or, without
 * one, that is the error. */
static int ask_gone(const struct nx_world *w, const struct nx_asking *a, struct nx_strbuf *out, int rc, struct nx_err *err)
{
    struct nx_pick pick;
    char whole[NX_RUN_ID];
    if (!w->ix || (rc != -NX_ENOTFOUND && rc != -NX_ENORUNS) || !nx_selector_is_whole(nx_slice_of(a->run), whole)) {
        return rc;
    }
    struct nx_gone gone;
    struct nx_err why = *err;
    int again = nx_gone_pick(w, a->scope, whole, &gone, &pick, err);
    if (again == 0) {
        again = out ? nx_answer_gone(w->view, pick, out, err)
                    : nx_fail(err, NX_EGONE, NULL, "run %s is no longer on disk: only its history is left", whole);
    }
    nx_gone_fini(&gone);
    if (again == -NX_ENOTFOUND) { /* as it was said before */
        *err = why;
        return rc;
    }
    return again;
}

static int ask_run(const struct nx_world *w, const struct nx_asking *a, struct nx_strbuf *out,
                   struct nx_err *err)
{
    struct nx_pick pick;
    int rc = nx_select(w->view, a->scope, nx_slice_of(a->run), &pick, err);
    return rc < 0 ? ask_gone(w, a, out, rc, err) : nx_answer_run(w->view, pick, out, err);
}

static int ask_timeline(const struct nx_world *w, const struct nx_asking *a, struct nx_strbuf *out, struct nx_err *err)
{
    int rc = nx_answer_timeline(w, a->scope, nx_slice_of(a->run), out, err);
    return rc < 0 ? ask_gone(w, a, NULL, rc, err) : rc;
}

static int ask_tests(const struct nx_world *w, const struct nx_asking *a, struct nx_strbuf *out,
                     struct nx_err *err)
{
    struct nx_found run;
    int rc = nx_world_run(w, a->scope, nx_slice_of(a->run), &run, err);
    if (rc == 0) {
        rc = nx_answer_tests(w, &run, &a->tests, out, err);
        nx_found_fini(&run);
    }
    return rc;
}

static int ask_output(const struct nx_world *w, const struct nx_asking *a, struct nx_strbuf *out,
                      struct nx_said *said, struct nx_err *err)
{
    struct nx_found run;
    struct nx_output_found o;
    int rc = nx_world_run(w, a->scope, nx_slice_of(a->run), &run, err);
    if (rc < 0) {
        return rc;
    }
    rc = nx_output_get(w, &run, &a->output, &o, err);
    if (rc == 0) {
        said->attempt = o.attempt;
        said->truncated = o.truncated;
        said->original_size = o.original_size;
        rc = nx_answer_output(&run, &a->output, &o, a->as, out, &said->media, err);
        free(o.p);
    }
    nx_found_fini(&run);
    return rc;
}

static int ask_compare(const struct nx_world *w, const struct nx_asking *a, struct nx_strbuf *out,
                       struct nx_err *err)
{
    struct nx_found base, head;
    int rc = nx_world_run(w, a->scope, nx_slice_of(a->base), &base, err);
    if (rc < 0) {
        return rc;
    }
    rc = nx_world_run(w, a->scope, nx_slice_of(a->head), &head, err);
    if (rc == 0) {
        rc = nx_answer_compare(w, &base, &head, out, err);
        nx_found_fini(&head);
    }
    nx_found_fini(&base);
    return rc;
}

static int dispatch(const struct nx_world *w, enum nx_question q, const struct nx_asking *a,
                    struct nx_strbuf *out, struct nx_said *said, struct nx_err *err)
{
    switch (q) {
    case NX_Q_WORKSPACES:
        return nx_answer_workspaces(w->view, out, err);
    case NX_Q_RUNS:
        return nx_answer_runs_where(w, a->scope, &a->list, out, err);
    case NX_Q_RUN:
        return ask_run(w, a, out, err);
    case NX_Q_TIMELINE:
        return ask_timeline(w, a, out, err);
    case NX_Q_TESTS:
        return ask_tests(w, a, out, err);
    case NX_Q_OUTPUT:
        return ask_output(w, a, out, said, err);
    case NX_Q_SEARCH:
        return nx_answer_search(w, a->text, a->limit, a->after, out, err);
    case NX_Q_HISTORY:
        return nx_answer_history(w, a->scope, a->output.binary, a->output.test, a->runs, out, err);
    case NX_Q_FLAKY:
        return nx_answer_flaky(w, a->scope, a->runs, a->limit, out, err);
    case NX_Q_SLOWEST:
        return nx_answer_slowest(w, a->scope, a->runs, a->limit, out, err);
    case NX_Q_COMPARE:
        return ask_compare(w, a, out, err);
    case NX_Q_OPENAPI:
        return nx_answer_openapi(out, err);
    case NX_Q_TRACE:
    case NX_Q_COUNT:
        break;
    }
    return nx_fail(err, NX_EINTERNAL, NULL, "this question has no document for an answer");
}

int nx_ask(const struct nx_world *w, enum nx_question q, const struct nx_args *args, struct nx_strbuf *out,
           struct nx_said *ret, struct nx_err *err)
{
    struct nx_asking a;
    struct nx_said said = {.media = NX_MEDIA_JSON};
    int rc = nx_asking_read(q, args, &a, err);
    if (rc == 0 && !w->ix && nx_ask_needs_index(q, args)) {
        rc = nx_fail(err, NX_EBUSY, NULL, "there is no index to look this up in");
    }
    if (rc == 0) {
        rc = dispatch(w, q, &a, out, &said, err);
    }
    if (rc == 0 && ret) {
        *ret = said;
    }
    return rc;
}
