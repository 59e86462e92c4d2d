#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/export.h"

#include <stdlib.h>
#include <string.h>

#include "api/pass.h"

/* `lines` (NULL: of all there are): of so many, and it says so. */
static int run_pass(struct nx_recording *rec, const struct nx_export_opts *opts, const uint64_t *lines, struct nx_sink *sink,
                    struct nx_export_report *report, struct nx_err *err)
{
    struct pass p = {.opts = opts, .report = report, .marked = lines, .limited = lines, .lines = lines ? *lines : 0};
    memset(report, 0, sizeof *report);
    if (nx_recording_newer_minor(rec))
        pass_note(report, "the recording has a newer minor format than this nxtrace knows: what is new in it is left out");
    int rc = pass_start(&p, rec, sink, err);
    if (rc == 0)
        rc = pass_lines(&p, err);
    if (rc == 0)
        rc = nx_trace_finish(p.trace, err);
    if (p.trace) {
        report->events = nx_trace_events(p.trace);
        report->open_run = !nx_trace_run_finished(p.trace);
    }
    pass_stop(&p);
    if (rc < 0)
        nx_err_object(err, nx_recording_name(rec));
    return rc;
}

static int discard(struct nx_sink *self, const void *p, size_t n, struct nx_err *err)
{
    (void)self;
    (void)p;
    (void)n;
    (void)err;
    return 0;
}

/* The mark stands at the beginning, so the lines are counted first: the log may grow meanwhile. */
static int export_marked(struct nx_recording *rec, const struct nx_export_opts *opts, struct nx_sink *sink,
                         struct nx_export_report *report, struct nx_err *err)
{
    struct nx_sink nowhere = {.magic = 1, .write = discard};
    struct nx_export_report *again = malloc(sizeof *again);
    int rc = again ? run_pass(rec, opts, NULL, &nowhere, report, err) : nx_fail(err, NX_ENOMEM, NULL, "no memory for a report");
    if (rc == 0)
        rc = run_pass(rec, opts, &report->lines, sink, again, err);
    free(again);
    return rc;
}

int nx_export(struct nx_recording *rec, const struct nx_export_opts *opts, struct nx_sink *sink,
              struct nx_export_report *report, struct nx_err *err)
{
    if (opts->strict) {
        /* nextest writes nothing when it gives up, so look first: a second pass is cheaper than keeping the trace. */
        struct nx_sink nowhere = {.magic = 1, .write = discard};
        int rc = run_pass(rec, opts, NULL, &nowhere, report, err);
        if (rc < 0)
            return rc;
    }
    if (opts->for_perfetto && !nx_run_ended(nx_recording_run(rec)))
        return export_marked(rec, opts, sink, report, err);
    return run_pass(rec, opts, NULL, sink, report, err);
}
