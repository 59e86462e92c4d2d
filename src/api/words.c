#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

const char *nx_words_status(enum nx_run_status status)
{
    switch (status) {
    case NX_RUN_INCOMPLETE:
        return "incomplete";
    case NX_RUN_COMPLETED:
        return "completed";
    case NX_RUN_CANCELLED:
        return "cancelled";
    case NX_RUN_STRESS_COMPLETED:
        return "stress-completed";
    case NX_RUN_STRESS_CANCELLED:
        return "stress-cancelled";
    case NX_RUN_UNKNOWN:
        break;
    }
    return "unknown";
}

uint64_t nx_words_not_run(const struct nx_run *run)
{
    uint64_t left = run->has_initial ? run->initial_count : 0;
    left -= run->passed < left ? run->passed : left;
    return left - (run->failed < left ? run->failed : left);
}

char *nx_words_counts(const struct nx_run *run)
{
    struct nx_strbuf b;
    bool stress = run->status == NX_RUN_STRESS_COMPLETED || run->status == NX_RUN_STRESS_CANCELLED;
    nx_strbuf_init(&b, 0);
    if (!nx_run_ended(run)) {
        nx_strbuf_adds(&b, nx_words_status(run->status));
    } else if (!stress && run->initial_count == 0) {
        nx_strbuf_adds(&b, "0 passed");
    } else {
        nx_strbuf_addf(&b, "%" PRIu64 " passed", run->passed);
        if (stress) {
            nx_strbuf_adds(&b, run->passed == 1 ? " iteration" : " iterations");
        }
        if (run->failed > 0) {
            nx_strbuf_addf(&b, " / %" PRIu64 " failed", run->failed);
        }
        if (nx_words_not_run(run) > 0) {
            nx_strbuf_addf(&b, " / %" PRIu64 " not run", nx_words_not_run(run));
        }
        if (run->status == NX_RUN_CANCELLED || run->status == NX_RUN_STRESS_CANCELLED) {
            nx_strbuf_adds(&b, " (cancelled)");
        }
    }
    char *text = nx_strbuf_take(&b, NULL);
    nx_strbuf_fini(&b);
    return text;
}

const char *nx_words_time(struct nx_instant t, char *buf)
{
    /* RFC 3339 without fraction and offset, and a space for the T. */
    char full[NX_INSTANT_TEXT];
    nx_instant_text(t, full);
    size_t n = 0;
    for (const char *p = full; *p && n + 1 < NX_WORDS_TIME; p++) {
        if (*p == '.' || *p == 'Z' || ((*p == '+' || *p == '-') && strchr(full, 'T') < p)) {
            break;
        }
        buf[n++] = *p == 'T' ? ' ' : *p;
    }
    buf[n] = '\0';
    return buf;
}

const char *nx_words_offset(struct nx_instant t, char *buf)
{
    int32_t o = t.offset < 0 ? -t.offset : t.offset;
    int n = snprintf(buf, NX_WORDS_TIME, "%c%02d:%02d", t.offset < 0 ? '-' : '+', (int)(o / 3600),
                     (int)(o / 60 % 60));
    if (o % 60 != 0 && n > 0) {
        snprintf(buf + n, (size_t)(NX_WORDS_TIME - n), ":%02d", (int)(o % 60));
    }
    return buf;
}

const char *nx_words_workspace(const struct nx_workspace *ws)
{
    return ws->path ? ws->path : ws->name;
}

const char *nx_words_place(const struct nx_view *view, const struct nx_workspace *ws, char *buf)
{
    if (view->stores_n < 2) {
        return nx_words_workspace(ws);
    }
    snprintf(buf, NX_WORDS_PLACE, "%s:%s", ws->store->name, ws->name);
    return buf;
}

const char *nx_words_obstacle(const struct nx_run *run, bool has_log, char *buf, size_t cap)
{
    struct nx_err e;
    if (nx_run_check_version(run, false, NULL, &e) < 0) {
        snprintf(buf, cap, "%s", e.why);
    } else {
        snprintf(buf, cap, "%s", has_log ? "" : "run.log.zst is missing");
    }
    return buf;
}

const char *nx_words_quote(struct nx_slice s, char *buf, size_t cap)
{
    enum { LONGEST = 8 };
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (n + LONGEST >= cap) {
            /* Not in the middle of a character. */
            while (n > 0 && ((unsigned char)buf[n - 1] & 0xc0) == 0x80) {
                n--;
            }
            if (n > 0 && (unsigned char)buf[n - 1] >= 0xc0) {
                n--;
            }
            n += (size_t)snprintf(buf + n, cap - n, "...");
            break;
        }
        if (c < 0x20 || c == 0x7f) {
            n += (size_t)snprintf(buf + n, cap - n, "\\x%02x", c);
        } else {
            buf[n++] = (char)c;
        }
    }
    buf[n] = '\0';
    return buf;
}
