/* A run as a trace: which run, is its file there, else convert it, and send it. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/answer.h"
#include "api/select.h"
#include "api/title.h"
#include "base/hash.h"
#include "daemon/daemon.h"
#include "daemon/growing.h"
#include "daemon/handlers.h"
#include "daemon/jobs.h"
#include "daemon/negotiate.h"
#include "daemon/reply.h"
#include "recording/recording.h"

enum { ETAG = 64 };

/* One request for a trace, from its address to its file. */
struct want {
    struct job job; /* first */
    struct req *req;          /* waiting, so it is there until it was answered */
    char *workspace, *selector;
    enum nx_encoding enc;
    struct conv_spec spec;    /* view is a reference of our own */
    char full_key[CONV_KEY + 1]; /* of the form that the client wants; spec.key is the plain form's */
    char etag[ETAG];
    int fd;                   /* of that form, or of the plain one (see plain), or -1 */
    uint64_t size;
    bool plain, kept;
    char missing[CONV_MISSING];
    int r;
    struct nx_err err;
};

static void want_free(struct want *w)
{
    if (w) {
        if (w->fd >= 0) {
            close(w->fd);
        }
        nx_view_unref(w->spec.view);
        free(w->workspace);
        free(w->selector);
        free(w);
    }
}

static void fail(struct want *w, const struct nx_err *err)
{
    req_error(w->req, err);
    want_free(w);
}

static uint64_t fnv(uint64_t h, const char *z)
{
    return nx_fnv(h, z, strlen(z));
}

/* Everything that the bytes depend on. */
static void make_keys(struct want *w, uint64_t build)
{
    struct conv_spec *s = &w->spec;
    uint64_t place = fnv(fnv(NX_FNV, s->ws->store->dir), s->ws->name);
    snprintf(s->key, sizeof s->key,
             "%s-%c%c%s-%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%" PRIx64 "-%" PRIx64 "-%" PRIx64, s->run->id,
             s->slot ? 's' : 'b', s->pretty ? 'p' : 'c', s->perfetto ? "f" : "", s->log.size, (uint64_t)s->log.mtime_nsec, s->log.ino,
             s->log.dev, place, build);
    const char *ext = w->enc == NX_ENC_GZIP ? ".gz" : w->enc == NX_ENC_ZSTD ? ".zst" : "";
    assert(strlen(s->key) + strlen(ext) < sizeof w->full_key);
    snprintf(w->full_key, sizeof w->full_key, "%.190s%s", s->key, ext);
    snprintf(w->etag, sizeof w->etag, "\"%.8s-%016" PRIx64 "%s\"", s->run->id,
             fnv(NX_FNV, s->key), ext);
}

/* In the words that nxctl has for it. */
static int why_no_log(struct want *w, const char *path)
{
    struct nx_recording *rec = NULL;
    struct nx_reader *log = NULL;
    int sys = errno;
    char *dir = nx_run_dir(w->spec.ws, w->spec.run);
    int r = dir ? nx_recording_open_dir(dir, w->spec.run, &rec, &w->err)
            : nx_fail(&w->err, NX_ENOMEM, NULL, "no memory");
    if (r == 0) {
        r = nx_recording_log(rec, &log, &w->err);
    }
    if (r == 0) { /* it came in this moment: the next request finds it */
        r = nx_fail_sys(&w->err, NX_EGONE, sys, path, "the log was not there");
    }
    nx_reader_close(log);
    nx_recording_close(rec);
    free(dir);
    return r;
}

static int find_log(struct want *w)
{
    struct conv_spec *s = &w->spec;
    struct stat st;
    char *path = nx_run_log(s->ws, s->run);
    int r = 0;
    if (!path) {
        r = nx_fail(&w->err, NX_ENOMEM, NULL, "no memory");
    } else if (stat(path, &st) < 0) {
        r = why_no_log(w, path);
    } else {
        log_id_of(&st, &s->log);
    }
    free(path);
    return r;
}

/* On the pool: which run, and is its trace there? */
static void look(struct job *j)
{
    struct want *w = (struct want *)(void *)j;
    struct nxd *d = j->d; /* traces and what is set once at start only */
    struct nx_scope scope = {w->workspace, NULL};
    struct nx_pick pick;
    struct nx_err err;
    w->r = nx_select(w->spec.view, scope, nx_slice_of(w->selector), &pick, &w->err);
    if (w->r < 0) {
        return;
    }
    w->spec.ws = pick.ws;
    w->spec.run = pick.run;
    w->spec.keep = nx_run_ended(pick.run);
    /* A format that cannot be read is the better reason also where the log is gone. */
    w->r = nx_run_check_version(pick.run, false, NULL, &w->err);
    if (w->r == 0) {
        w->r = find_log(w);
    }
    if (w->r < 0) {
        return;
    }
    make_keys(w, d->build);
    w->kept = w->spec.keep;
    if (!w->spec.keep || !d->traces) {
        return;
    }
    if (nx_traces_get(d->traces, w->full_key, &w->fd, &w->size, &err) == 0) {
        w->plain = w->enc == NX_ENC_IDENTITY;
    } else if (w->enc != NX_ENC_IDENTITY &&
               nx_traces_get(d->traces, w->spec.key, &w->fd, &w->size, &err) == 0) {
        w->plain = true;
    } else {
        w->fd = -1;
    }
}

static void add_headers(struct want *w, struct MHD_Response *resp)
{
    struct req *r = w->req;
    char title[NX_TITLE_MAX], disposition[NX_TITLE_MAX + 64];
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s%s%s%s.json\"",
             nx_title(w->spec.ws, w->spec.run, title), w->spec.slot ? ".slot" : "",
             w->spec.pretty ? ".pretty" : "", w->spec.perfetto ? ".perfetto" : "");
    reply_header(resp, "Content-Type", "application/json");
    reply_header(resp, "Content-Disposition", disposition);
    if (w->enc != NX_ENC_IDENTITY) {
        reply_header(resp, "Content-Encoding", reply_encoding_name(w->enc));
    }
    if (w->kept) {
        reply_header(resp, "ETag", w->etag);
        reply_header(resp, "Accept-Ranges", "bytes");
        reply_header(resp, "Cache-Control", "no-cache"); /* may be kept, if asked for anew each time */
    } else {
        reply_header(resp, "Cache-Control", "no-store");
    }
    if (w->missing[0]) {
        reply_header(resp, "X-Nxtrace-Missing", w->missing);
    }
    reply_common(resp, reply_origin(r), true);
}

static ssize_t no_body(void *cls, uint64_t pos, char *buf, size_t max)
{
    (void)cls;
    (void)pos;
    (void)buf;
    (void)max;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/* The client has it, and we need not even have it. */
static void reply_not_modified(struct want *w)
{
    struct MHD_Response *resp =
        w->fd >= 0 && w->plain == (w->enc == NX_ENC_IDENTITY)
            ? MHD_create_response_from_fd64(w->size, w->fd)
            : MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, no_body, NULL, NULL);
    if (resp) {
        if (w->fd >= 0 && w->plain == (w->enc == NX_ENC_IDENTITY)) {
            w->fd = -1; /* the response's now */
        }
        add_headers(w, resp);
    }
    req_reply(w->req, MHD_HTTP_NOT_MODIFIED, resp);
    want_free(w);
}

static void reply_nowhere(struct want *w)
{
    char range[48];
    struct nx_strbuf doc;
    struct nx_err err;
    struct req *r = w->req;
    (void)nx_fail(&err, NX_EUSAGE, NULL, "no byte of the range that was asked for exists");
    nx_strbuf_init(&doc, 0);
    nx_answer_error(&err, &doc);
    struct MHD_Response *resp = reply_error(r, &doc, MHD_HTTP_RANGE_NOT_SATISFIABLE);
    if (resp) {
        snprintf(range, sizeof range, "bytes */%" PRIu64, w->size);
        reply_header(resp, "Content-Range", range);
    }
    nx_strbuf_fini(&doc);
    req_reply(r, MHD_HTTP_RANGE_NOT_SATISFIABLE, resp);
    want_free(w);
}

/* w->fd and w->size are what the client wants. */
static void reply_file(struct want *w)
{
    struct req *r = w->req;
    uint64_t first = 0, last = 0;
    enum range range = RANGE_WHOLE;
    char text[96];
    if (w->kept && r->method == METHOD_GET && negotiate_if_range(r->if_range, w->etag)) {
        range = negotiate_range(r->range, w->size, &first, &last);
    }
    if (range == RANGE_NOWHERE) {
        reply_nowhere(w);
        return;
    }
    struct MHD_Response *resp =
        range == RANGE_PART ? MHD_create_response_from_fd_at_offset64(last - first + 1, w->fd, first)
                            : MHD_create_response_from_fd64(w->size, w->fd);
    if (resp) {
        w->fd = -1; /* the response's now */
        add_headers(w, resp);
        if (range == RANGE_PART) {
            snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last, w->size);
            reply_header(resp, "Content-Range", text);
        }
    }
    req_reply(r, range == RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, resp);
    want_free(w);
}

static void go_on(struct want *w);

static void on_converted(void *arg, const struct conv_result *res)
{
    struct want *w = arg;
    if (res->r < 0) {
        fail(w, &res->err);
        return;
    }
    int fd = fcntl(res->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        (void)nx_fail_sys(&w->err, NX_EIO, errno, w->spec.key, "cannot open a trace");
        fail(w, &w->err);
        return;
    }
    if (w->fd >= 0) {
        close(w->fd);
        w->plain = false;
    } else {
        w->plain = true;
        w->kept = res->kept;
        memcpy(w->missing, res->missing, sizeof w->missing);
    }
    w->fd = fd;
    w->size = res->size;
    go_on(w);
}

/* --- a run that goes on --- */

static void convert(struct want *w);

static void on_followed(void *arg, const struct follow_result *res)
{
    struct want *w = arg;
    if (res->r < 0) {
        convert(w); /* which says in its own words what is wrong */
        return;
    }
    struct MHD_Response *resp = growing_response(res);
    if (resp) {
        memcpy(w->missing, res->missing, sizeof w->missing);
        add_headers(w, resp);
    }
    req_reply(w->req, MHD_HTTP_OK, resp);
    want_free(w);
}

/* Sends, or has made what is lacking. */
static void go_on(struct want *w)
{
    if (w->fd >= 0 && w->plain == (w->enc == NX_ENC_IDENTITY)) {
        reply_file(w);
    } else {
        convert(w);
    }
}

/* First the plain form, then the one that was asked for. */
static void convert(struct want *w)
{
    struct conv_spec spec = w->spec;
    spec.enc = NX_ENC_IDENTITY;
    spec.src_fd = -1;
    if (w->fd >= 0) {
        spec.enc = w->enc;
        spec.src_fd = w->fd;
        spec.keep = w->kept;
        memcpy(spec.key, w->full_key, sizeof spec.key);
    }
    if (conv_request(w->req->d, &spec, on_converted, w, &w->err) < 0) {
        fail(w, &w->err);
    }
}

static void on_looked(struct job *j)
{
    struct want *w = (struct want *)(void *)j;
    if (w->r < 0) {
        fail(w, &w->err);
    } else if (w->kept && negotiate_match(w->req->if_none_match, w->etag)) {
        reply_not_modified(w);
    } else if (w->spec.keep) {
        go_on(w);
    } else {
        w->enc = NX_ENC_IDENTITY; /* compressing would cost the whole each time */
        if (!follows_request(w->req->d, &w->spec, on_followed, w)) {
            go_on(w);
        }
    }
}

void trace_get(struct req *r, const struct match *m)
{
    struct want *w = calloc(1, sizeof *w);
    struct nx_err err;
    if (w) {
        w->fd = -1;
    }
    if (!w || !(w->selector = strdup(m->run.p)) ||
        (m->workspace.p && !(w->workspace = strdup(m->workspace.p)))) {
        want_free(w);
        (void)nx_fail(&err, NX_ENOMEM, NULL, "no memory");
        req_error(r, &err);
        return;
    }
    w->selector[m->run.n] = 0; /* without the suffixes */
    w->req = r;
    r->trace = true;
    w->enc = r->enc;
    w->spec.src_fd = -1;
    w->spec.slot = m->slot;
    w->spec.pretty = m->pretty;
    w->spec.perfetto = m->perfetto;
    w->spec.view = nx_view_ref(r->d->view);
    req_wait(r);
    job_start(r->d, &w->job, look, on_looked);
}
