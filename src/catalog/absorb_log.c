#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "catalog/absorb.h"

#include "event/decode.h"
#include "recording/runlog.h"

int nx_absorb_log(struct nx_absorb *a, struct nx_recording *rec, struct nx_run_row *row,
                  struct nx_err *refused, struct nx_err *err)
{
    struct nx_err why;
    uint64_t lines = 0;
    struct nx_reader *reader;
    struct nx_runlog *log = NULL;
    struct nx_decoder *decoder = nx_decoder_new(false);
    if (!decoder)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to read a run log");
    bool whole = false;
    int rc = 0, got = nx_recording_log(rec, &reader, &why);
    if (got == 0)
        got = nx_runlog_open(reader, &log, &why);
    while (got >= 0 && rc == 0) {
        struct nx_slice line;
        uint64_t number;
        const struct nx_event *ev;
        const char *odd;
        got = nx_runlog_next(log, &line, &number, &why);
        if (got == 0) {
            whole = true;
            break;
        }
        if (got < 0) {
            row->bad_lines++;
            if (nx_runlog_ended(log))
                break;
            got = 0;
            lines++;
            continue;
        }
        lines++;
        if (nx_decode(decoder, line, &ev, &odd, &why) < 0) {
            row->bad_lines++;
        } else {
            if (ev->kind == NX_EV_RUN_FINISHED)
                whole = true;
            rc = nx_absorb_event(a, ev, number, err);
        }
    }
    row->depth = whole ? NX_DEPTH_WHOLE : NX_DEPTH_PART;
    nx_err_clear(refused);
    if (got == -NX_EIO || got == -NX_EGONE) {
        *refused = why;
        row->depth = lines > 0 ? NX_DEPTH_PART : NX_DEPTH_LISTED;
    } else if (got == -NX_ENOMEM && rc == 0) {
        rc = nx_fail(err, NX_ENOMEM, why.object, "no memory to read a run log");
    }
    nx_runlog_close(log);
    nx_decoder_free(decoder);
    return rc;
}
