#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/follow.h"

#include <stdlib.h>

#include "api/pass.h"

struct nx_follow {
    struct nx_recording *rec;
    struct nx_export_opts opts;
    struct nx_export_report report;
    struct pass pass;
};

int nx_follow_open(const char *dir, const struct nx_run *run, const struct nx_export_opts *opts, struct nx_sink *sink,
                   struct nx_follow **ret, struct nx_err *err)
{
    struct nx_follow *f = calloc(1, sizeof *f);
    if (!f)
        return nx_fail(err, NX_ENOMEM, dir, "no memory to follow a run");
    f->opts = *opts;
    f->opts.strict = false;
    f->opts.progress = NULL;
    f->pass = (struct pass){.opts = &f->opts, .report = &f->report, .marked = opts->for_perfetto};
    int rc = nx_recording_open_dir(dir, run, &f->rec, err);
    if (rc == 0)
        rc = pass_start(&f->pass, f->rec, sink, err);
    if (rc < 0) {
        nx_follow_close(f);
        return rc;
    }
    *ret = f;
    return 0;
}

void nx_follow_close(struct nx_follow *f)
{
    if (!f)
        return;
    pass_stop(&f->pass);
    nx_recording_close(f->rec);
    free(f);
}

int nx_follow_more(struct nx_follow *f, bool *ret_grown, struct nx_err *err)
{
    struct nx_export_report *r = &f->report;
    uint64_t before = nx_trace_events(f->pass.trace);
    /* An end for now is no loss and no news: only what is lost for good stays in the report. */
    bool missing = r->missing;
    size_t notes = r->notes_n;
    uint64_t bad = r->bad_lines + r->orphans;
    nx_runlog_retry(f->pass.log);
    int rc = pass_lines(&f->pass, err);
    if (rc == 0)
        rc = nx_trace_flush(f->pass.trace, err);
    if (r->bad_lines + r->orphans == bad) {
        r->missing = missing;
        r->notes_n = notes;
    }
    r->events = nx_trace_events(f->pass.trace);
    r->open_run = !nx_trace_run_finished(f->pass.trace);
    *ret_grown = r->events != before;
    return rc;
}

int nx_follow_opening(struct nx_follow *f, struct nx_strbuf *out, struct nx_err *err)
{
    return nx_trace_opening(f->pass.trace, f->report.lines, out, err);
}

int nx_follow_footer(struct nx_follow *f, struct nx_strbuf *out, struct nx_err *err)
{
    return nx_trace_footer(f->pass.trace, out, err);
}

const struct nx_export_report *nx_follow_report(const struct nx_follow *f)
{
    return &f->report;
}
