#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/span.h"

#include <string.h>

#include "event/decode.h"
#include "event/instant.h"
#include "recording/runlog.h"

static bool is(struct nx_str s, const char *z)
{
    return s.n == strlen(z) && memcmp(s.p, z, s.n) == 0;
}

/* True where the event tells of a start. */
static bool take(const struct nx_event *ev, struct nx_span *s)
{
    int64_t at = nx_instant_micros(ev->timestamp);
    switch (ev->kind) {
    case NX_EV_TEST_STARTED:
    case NX_EV_TEST_RETRY_STARTED:
        *s = (struct nx_span){at, at};
        return true;
    case NX_EV_TEST_ATTEMPT_FAILED_WILL_RETRY:
    case NX_EV_TEST_FINISHED:
        s->to = at > s->from ? at : s->from;
        return false;
    default:
        return false;
    }
}

static bool is_of_test(const struct nx_event *ev, const char *binary, const char *test)
{
    bool has = ev->kind == NX_EV_TEST_STARTED || ev->kind == NX_EV_TEST_RETRY_STARTED
               || ev->kind == NX_EV_TEST_ATTEMPT_FAILED_WILL_RETRY || ev->kind == NX_EV_TEST_FINISHED;
    return has && is(ev->test.name, test) && is(ev->test.binary, binary);
}

int nx_span_of_test(struct nx_recording *rec, const char *binary, const char *test, struct nx_span *ret, struct nx_err *err)
{
    struct nx_reader *reader;
    struct nx_runlog *log = NULL;
    struct nx_decoder *decoder = nx_decoder_new(false);
    struct nx_span s = {0, 0};
    struct nx_err why;
    bool found = false;
    int rc = decoder ? nx_recording_log(rec, &reader, err) : nx_fail(err, NX_ENOMEM, NULL, "no memory to read a run log");
    rc = rc < 0 ? rc : nx_runlog_open(reader, &log, err);
    while (rc == 0 && !nx_runlog_ended(log)) {
        struct nx_slice line;
        uint64_t number;
        const struct nx_event *ev;
        const char *odd;
        int got = nx_runlog_next(log, &line, &number, &why);
        if (got == 0 || got == -NX_ENOMEM) {
            rc = got < 0 ? nx_fail(err, NX_ENOMEM, NULL, "no memory to read a run log") : 0;
            break;
        }
        if (got > 0 && nx_decode(decoder, line, &ev, &odd, &why) == 0 && is_of_test(ev, binary, test)) {
            found |= take(ev, &s);
        }
    }
    nx_runlog_close(log);
    nx_decoder_free(decoder);
    if (rc == 0 && !found) {
        rc = nx_fail(err, NX_ENOTFOUND, test, "is not in the run's log");
    }
    if (rc == 0) {
        *ret = s;
    }
    return rc;
}
