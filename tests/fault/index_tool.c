/*
 * The index without a daemon, for tests that interrupt it:
 *
 *     index_tool fill STATE DATABASE   makes the database equal to the store
 *     index_tool dump DATABASE         prints all that it holds, by names and not by ids, so that two of them
 * can be compared
 *
 * Exit status: the error's (base/err.def); its text is on standard error.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/reconcile.h"

static struct nx_err err;

static int say(void)
{
    char text[6000];
    fprintf(stderr, "index_tool: %s: %s\n", nx_code_text(err.code), nx_err_text(&err, text, sizeof text));
    if (err.hint[0])
        fprintf(stderr, "index_tool: %s\n", err.hint);
    return nx_code_exit(err.code);
}

/* --- fill --- */

static int fill(const char *state, const char *database)
{
    struct nx_err refused;
    nx_err_clear(&refused);
    const struct nx_reconcile_opts opts = {.refused = &refused};
    struct nx_reconciled sum;
    struct nx_view *view;
    struct nx_index *ix;
    char *aside = NULL;
    const struct nx_store store = {.name = "default", .dir = state};
    if (nx_view_take(&store, 1, NULL, NULL, 1000, &view, &err) < 0)
        return say();
    if (view->err) {
        err = *view->err;
        return say();
    }
    int status = 0, rc = nx_index_open(database, NX_INDEX_WRITE, &ix, &aside, &err);
    if (rc == 0) {
        rc = nx_reconcile(ix, view, &opts, &sum, &err);
        nx_index_close(ix);
    }
    /* As the daemon does: damage that shows only in use. */
    if (rc == -NX_EFORMAT && !aside && nx_index_set_aside(database, &aside, &err) == 0) {
        rc = nx_index_open(database, NX_INDEX_WRITE, &ix, NULL, &err);
        if (rc == 0) {
            rc = nx_reconcile(ix, view, &opts, &sum, &err);
            nx_index_close(ix);
        }
    }
    if (rc < 0)
        status = say();
    if (rc == 0 && refused.code != NX_OK) {
        err = refused;
        fputs("index_tool: for now without all of a run:\n", stderr);
        status = say();
    }
    if (aside)
        fprintf(stderr, "index_tool: set aside as %s\n", aside);
    free(aside);
    nx_view_unref(view);
    return status;
}

/* --- dump --- */

static int dump_exec(void *arg, const struct nx_exec_out *o)
{
    const struct nx_exec_row *r = &o->row;
    (void)arg;
    printf("  %.*s %.*s %u %u %s%s%s%s %" PRId64 " %" PRIu64 " %u '%.*s' %" PRIu64 "\n", (int)o->binary.n,
           o->binary.p, (int)o->name.n, o->name.p, r->stress, r->attempt, nx_outcome_text(r->outcome),
           r->slow ? " slow" : "", r->last ? " last" : "", r->flaky_fails ? " flaky-fails" : "", r->start,
           r->duration, r->slot, (int)o->group.n, o->group.p ? o->group.p : "", r->line);
    return 0;
}

static int dump_run(void *arg, const struct nx_run_row *row)
{
    struct nx_index *ix = arg;
    const struct nx_tally *t = &row->tally;
    const struct nx_exec_filter all = {0};
    struct nx_test_row first = {0};
    if (row->first_failure && nx_index_test_name(ix, row->first_failure, &first, &err) < 0)
        return -NX_EINTERNAL;
    printf("run %s %" PRId64 " %" PRId64 " %s %s disk=%d depth=%d log=%" PRIu64 " profile=%s tests=%" PRIu64
           ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
           " first='%.*s' %d %" PRIu64 " %" PRIu64 " bad=%" PRIu64 "\n",
           row->uuid, row->started, row->last_written, row->status, row->entry, row->on_disk, (int)row->depth,
           row->log_size, row->profile ? row->profile : "-", t->tests, t->passed, t->flaky, t->failed,
           t->running, t->skipped, t->executions, t->slow, t->slots, (int)first.name.n,
           first.name.p ? first.name.p : "", row->stress, row->scripts, row->scripts_failed, row->bad_lines);
    return nx_index_execs(ix, row->id, &all, dump_exec, NULL, &err);
}

static int dump(const char *database)
{
    const struct nx_run_filter all = {0};
    struct nx_index *ix;
    if (nx_index_open(database, NX_INDEX_READ, &ix, NULL, &err) < 0)
        return say();
    int rc = nx_index_runs(ix, &all, dump_run, ix, &err);
    nx_index_close(ix);
    return rc < 0 ? say() : 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "fill") == 0)
        return fill(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "dump") == 0)
        return dump(argv[2]);
    fprintf(stderr, "usage: index_tool fill STATE DATABASE | dump DATABASE\n");
    return 2;
}
