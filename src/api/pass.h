/*
 * A recording's log on its way into a trace: what an export and a run that is followed share. For src/api alone.
 */
#ifndef NX_API_PASS_H
#define NX_API_PASS_H

#include "api/export.h"
#include "event/decode.h"
#include "recording/runlog.h"
#include "trace/trace.h"

struct pass {
    const struct nx_export_opts *opts;
    struct nx_export_report *report;
    bool marked, limited; /* the trace tells of how many lines it was made; and it is made of no more */
    uint64_t lines;
    struct nx_runlog *log;
    struct nx_decoder *decoder;
    struct nx_trace *trace;
};

/* Opens everything; pass_stop() is due also after a failure. */
NX_MUST_USE int pass_start(struct pass *p, struct nx_recording *rec, struct nx_sink *sink, struct nx_err *err);
void pass_stop(struct pass *p);

/* Takes in every line that can be read now. What is missing goes into the report, or, strict, is the error. */
NX_MUST_USE int pass_lines(struct pass *p, struct nx_err *err);

/* Another sentence for the report. */
void pass_note(struct nx_export_report *r, const char *fmt, ...) NX_PRINTF(2, 3);

#endif
