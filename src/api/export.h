/*
 * The main job: a recording in, a trace out.
 *
 * One streaming pass; memory is bounded by the tests open at once and the longest line. Where nextest would give up,
 * the default goes on with all that can be read and tells in the report; `strict` gives up where nextest does.
 * One thread per call; different calls may run at once.
 */
#ifndef NX_API_EXPORT_H
#define NX_API_EXPORT_H

#include "io/sink.h"
#include "recording/recording.h"

enum nx_group_by { NX_BY_BINARY, NX_BY_SLOT };

struct nx_export_opts {
    enum nx_group_by group_by;
    bool pretty;  /* --message-format json-pretty */
    bool strict;
    bool for_perfetto; /* see trace/trace.h; of a run that has not ended, it begins by telling how far its log was read */
    /* Called now and then with the compressed bytes read so far; not 0: stop (the export fails with NX_ESHUTDOWN).
     * May be NULL. */
    int (*progress)(void *arg, uint64_t consumed);
    void *progress_arg;
};

enum { NX_EXPORT_NOTES = 16, NX_EXPORT_NOTE = 512 };

struct nx_export_report {
    uint64_t lines, events;    /* log lines read, trace events written */
    uint64_t bad_lines;        /* lines that could not be read */
    uint64_t orphans;          /* ends without a start */
    bool missing;              /* the log is cut or lines were lost: the trace is not whole */
    bool open_run;             /* no run-finished event was seen */
    size_t notes_n;            /* what was missing or odd, as sentences for a person; the first NX_EXPORT_NOTES */
    char notes[NX_EXPORT_NOTES][NX_EXPORT_NOTE];
};

/* Writes the trace of `rec` to `sink`. 0: written, and well-formed even when report->missing. A negative code: the
 * sink may have got a part, which is not closed as if it were whole. `report` is always filled. */
NX_MUST_USE int nx_export(struct nx_recording *rec, const struct nx_export_opts *opts,
                          struct nx_sink *sink, struct nx_export_report *report, struct nx_err *err);

#endif
