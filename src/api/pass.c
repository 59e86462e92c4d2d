#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/pass.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PROGRESS_LINES = 1024 };

void pass_note(struct nx_export_report *r, const char *fmt, ...)
{
    if (r->notes_n == NX_EXPORT_NOTES)
        return; /* the counts still tell */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->notes[r->notes_n++], NX_EXPORT_NOTE, fmt, ap);
    va_end(ap);
}

int pass_start(struct pass *p, struct nx_recording *rec, struct nx_sink *sink, struct nx_err *err)
{
    struct nx_reader *reader;
    int rc = nx_recording_log(rec, &reader, err);
    if (rc == 0)
        rc = nx_runlog_open(reader, &p->log, err);
    if (rc < 0)
        return rc;
    p->decoder = nx_decoder_new(p->opts->strict);
    if (!p->decoder)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for a decoder");
    struct nx_trace_opts to = {
        .by_slot = p->opts->group_by == NX_BY_SLOT,
        .pretty = p->opts->pretty,
        .strict = p->opts->strict,
        .for_perfetto = p->opts->for_perfetto,
        .marked = p->marked,
        .lines = p->lines,
        .nextest_version = nx_recording_run(rec)->nextest_version,
    };
    return nx_trace_new(&to, sink, &p->trace, err);
}

void pass_stop(struct pass *p)
{
    nx_trace_free(p->trace);
    nx_decoder_free(p->decoder);
    nx_runlog_close(p->log);
}

/* A line that is no event. Strict gives up in nextest's words. */
static int bad_line(struct pass *p, uint64_t line, struct nx_err *err, int rc)
{
    struct nx_export_report *r = p->report;
    uint64_t column = err->offset == NX_NOWHERE ? 0 : err->offset + 1;
    if (p->opts->strict || rc == -NX_ENOMEM) {
        /* What is no UTF-8 fails in nextest while the line is read, before it is parsed. */
        if (strcmp(err->why, "invalid UTF-8") == 0)
            nx_err_wrap(err, "error reading line %" PRIu64 " from run log, column %" PRIu64, line, column);
        else
            nx_err_wrap(err, "error parsing event at line %" PRIu64 ", column %" PRIu64, line, column);
        nx_err_at(err, line, err->offset);
        if (!err->hint[0])
            nx_err_hint(err, "without --strict the rest of the log is used");
        return rc;
    }
    r->bad_lines++;
    r->missing = true;
    pass_note(r, "line %" PRIu64 " of the run log could not be read and is left out: %s at column %" PRIu64, line, err->why,
         column);
    return 0;
}

static int one_line(struct pass *p, struct nx_slice line, uint64_t number, struct nx_err *err)
{
    struct nx_export_report *r = p->report;
    const struct nx_event *ev;
    const char *odd;
    r->lines++;
    int rc = nx_decode(p->decoder, line, &ev, &odd, err);
    if (rc < 0)
        return bad_line(p, number, err, rc);
    if (odd)
        pass_note(r, "line %" PRIu64 " of the run log is not as nextest writes it: %s", number, odd);
    rc = nx_trace_event(p->trace, ev, &odd, err);
    if (rc < 0) {
        nx_err_at(err, number, NX_NOWHERE);
        return rc;
    }
    if (odd) {
        r->orphans++;
        r->missing = true;
        pass_note(r, "line %" PRIu64 " of the run log is left out: %s", number, odd);
    }
    return 0;
}

/* The log is over, and not by a clean end. A limit on one line costs that line, anything else the rest. */
static int log_failed(struct pass *p, struct nx_err *err, int rc, bool *ret_go_on)
{
    struct nx_export_report *r = p->report;
    *ret_go_on = false;
    if (p->opts->strict) {
        if (rc == -NX_ETRUNC || rc == -NX_EFORMAT) {
            nx_err_wrap(err, "error reading line %" PRIu64 " from run log", err->line);
            nx_err_hint(err, "without --strict everything before that is used");
            err->code = NX_EFORMAT; /* exit status 96, as nextest's */
        }
        return -(int)err->code;
    }
    switch (-rc) {
    case NX_ETRUNC:
        pass_note(r, "the run log ends early, in line %" PRIu64 ": %s; the run is still going on, or was killed", err->line,
             err->why);
        break;
    case NX_EFORMAT:
        pass_note(r, "the run log cannot be read from line %" PRIu64 " on: %s", err->line, err->why);
        break;
    case NX_ELIMIT:
        pass_note(r, "line %" PRIu64 " of the run log is left out: %s", err->line, err->why);
        r->bad_lines++;
        *ret_go_on = !nx_runlog_ended(p->log);
        break;
    default: /* the system's doing, not the log's */
        return rc;
    }
    /* Whatever stands behind the end of the run is no loss. */
    if (rc != -NX_EFORMAT || !nx_trace_run_finished(p->trace))
        r->missing = true;
    return 0;
}

int pass_lines(struct pass *p, struct nx_err *err)
{
    while (!p->limited || p->report->lines < p->lines) {
        struct nx_slice line;
        uint64_t number;
        int rc = nx_runlog_next(p->log, &line, &number, err);
        if (rc == 0)
            return 0;
        if (rc < 0) {
            bool go_on;
            rc = log_failed(p, err, rc, &go_on);
            if (rc < 0 || !go_on)
                return rc;
            continue;
        }
        rc = one_line(p, line, number, err);
        if (rc < 0)
            return rc;
        if (p->report->lines % PROGRESS_LINES == 0 && p->opts->progress &&
            p->opts->progress(p->opts->progress_arg, nx_runlog_consumed(p->log)) != 0)
            return nx_fail(err, NX_ESHUTDOWN, NULL, "stopped");
    }
    return 0;
}
