#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/export.h"

#include <string.h>

#include "api/pass.h"

static int run_pass(struct nx_recording *rec, const struct nx_export_opts *opts, struct nx_sink *sink,
                    struct nx_export_report *report, struct nx_err *err)
{
    struct pass p = {.opts = opts, .report = report};
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

int nx_export(struct nx_recording *rec, const struct nx_export_opts *opts, struct nx_sink *sink,
              struct nx_export_report *report, struct nx_err *err)
{
    if (opts->strict) {
        /* nextest writes nothing when it gives up, so look first: a second pass is cheaper than keeping the trace. */
        struct nx_sink nowhere = {.magic = 1, .write = discard};
        int rc = run_pass(rec, opts, &nowhere, report, err);
        if (rc < 0)
            return rc;
    }
    return run_pass(rec, opts, sink, report, err);
}
