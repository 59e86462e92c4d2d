#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "catalog/absorb.h"

#include <stdlib.h>

#include "event/decode.h"
#include "recording/runlog.h"

struct nx_logread {
    struct nx_absorb *to;
    struct nx_runlog *log; /* NULL: it could not be opened, `why` tells */
    struct nx_decoder *decoder;
    struct nx_err why;
    int got; /* by the last line */
    uint64_t lines, bad_lines;
    bool whole;
};

int nx_logread_open(struct nx_absorb *a, struct nx_recording *rec, struct nx_logread **ret, struct nx_err *err)
{
    struct nx_logread *r = calloc(1, sizeof *r);
    struct nx_reader *reader;
    if (r)
        r->decoder = nx_decoder_new(false);
    if (!r || !r->decoder) {
        nx_logread_close(r);
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to read a run log");
    }
    r->to = a;
    r->got = nx_recording_log(rec, &reader, &r->why);
    if (r->got == 0)
        r->got = nx_runlog_open(reader, &r->log, &r->why);
    *ret = r;
    return 0;
}

void nx_logread_close(struct nx_logread *r)
{
    if (!r)
        return;
    nx_runlog_close(r->log);
    nx_decoder_free(r->decoder);
    free(r);
}

/* One line: 1, 0 at the end (for now or for good), negative where the index failed. */
static int one_line(struct nx_logread *r, struct nx_err *err)
{
    struct nx_slice line;
    uint64_t number;
    const struct nx_event *ev;
    const char *odd;
    r->got = nx_runlog_next(r->log, &line, &number, &r->why);
    if (r->got == 0) {
        r->whole = true;
        return 0;
    }
    if (r->got < 0 && nx_runlog_ended(r->log))
        return 0;
    r->lines++;
    if (r->got < 0 || nx_decode(r->decoder, line, &ev, &odd, &r->why) < 0) {
        r->bad_lines++;
        return 1;
    }
    r->whole |= ev->kind == NX_EV_RUN_FINISHED;
    int rc = nx_absorb_event(r->to, ev, number, err);
    return rc < 0 ? rc : 1;
}

int nx_logread_more(struct nx_logread *r, struct nx_run_row *row, struct nx_err *refused, struct nx_err *err)
{
    int rc = r->log ? 1 : 0;
    if (r->log)
        nx_runlog_retry(r->log);
    while (rc > 0)
        rc = one_line(r, err);
    row->depth = r->whole ? NX_DEPTH_WHOLE : NX_DEPTH_PART;
    row->bad_lines = r->bad_lines + (r->log && r->got < 0); /* an end that should not be there is one */
    nx_err_clear(refused);
    if (r->got == -NX_EIO || r->got == -NX_EGONE) {
        *refused = r->why;
        row->depth = r->lines > 0 ? NX_DEPTH_PART : NX_DEPTH_LISTED;
    } else if (r->got == -NX_ENOMEM && rc == 0) {
        rc = nx_fail(err, NX_ENOMEM, r->why.object, "no memory to read a run log");
    }
    return rc;
}

bool nx_logread_goes_on(const struct nx_logread *r)
{
    return r->log && r->got == -NX_ETRUNC && !r->whole;
}

uint64_t nx_logread_consumed(const struct nx_logread *r)
{
    return r->log ? nx_runlog_consumed(r->log) : 0;
}
