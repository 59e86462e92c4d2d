#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/req.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/answer.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/negotiate.h"
#include "daemon/reply.h"
#include "daemon/route.h"

#define MAGIC 0x6e785251u /* nxRQ */

/* Beyond the limit a body is still read for a while, so that the answer reaches a client which sends
 * first. */
enum { BODY_PATIENCE = 16 * NXD_BODY_MAX };

static struct req *req_of(void *p)
{
    struct req *r = p;
    assert(!r || r->magic == MAGIC);
    return r;
}

static void unref(struct req *r)
{
    if (--r->refs == 0) {
        assert(!r->waiting);
        url_fini(&r->url);
        r->magic = 0;
        free(r);
    }
}

void *req_on_line(void *cls, const char *target, struct MHD_Connection *conn)
{
    struct nxd *d = cls;
    size_t n = strlen(target);
    struct req *r = calloc(1, sizeof *r + n + 1);
    if (!r) {
        return NULL;
    }
    r->magic = MAGIC;
    r->refs = 1;
    r->d = d;
    r->conn = conn;
    r->origin_idx = -1;
    r->target = (char *)(r + 1);
    memcpy(r->target, target, n + 1);
    return r;
}

static void drop_response(struct req *r)
{
    if (r->answer) {
        answer_release(r->answer);
    } else if (r->resp) {
        MHD_destroy_response(r->resp);
    }
    r->answer = NULL;
    r->resp = NULL;
}

void req_on_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
                      enum MHD_RequestTerminationCode why)
{
    struct req *r = req_of(*con_cls);
    (void)cls;
    *con_cls = NULL;
    if (!r) {
        return;
    }
    log_say(LOG_LEVEL_DEBUG, "%u %s%s", r->status, r->target,
            why == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " (cut short)");
    if (r->counted) {
        r->d->http.active--;
        conns_busy(r->d, conn, false);
    }
    bool good = r->status == MHD_HTTP_OK || r->status == MHD_HTTP_NOT_MODIFIED;
    if (r->trace && r->method == METHOD_GET && good && why == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        r->d->delivered = true;
    }
    r->conn = NULL;
    drop_response(r);
    unref(r);
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                 const char *value, size_t value_n)
{
    struct req *r = cls;
    (void)kind;
    (void)value_n;
    if (!value) {
        return MHD_YES;
    }
    switch (key_n) {
#define TAKE(name, member)                  \
    if (strcasecmp(key, name) == 0) {       \
        r->member = value;                  \
        return MHD_YES;                     \
    }
    case 4:
        if (strcasecmp(key, "Host") == 0) {
            r->host = value;
            r->hosts++;
        }
        break;
    case 5:
        TAKE("Range", range)
        break;
    case 6:
        TAKE("Origin", origin)
        break;
    case 8:
        TAKE("If-Range", if_range)
        break;
    case 13:
        TAKE("If-None-Match", if_none_match)
        TAKE("Last-Event-ID", last_event_id)
        break;
    case 14:
        TAKE("Content-Length", content_length)
        break;
    case 15:
        TAKE("Accept-Encoding", accept_encoding)
        break;
    case 29:
        TAKE("Access-Control-Request-Method", ac_method)
        break;
#undef TAKE
    default:
        break;
    }
    return MHD_YES;
}

static void read_headers(struct req *r, const char *method, const char *version)
{
    r->headers_read = true;
    r->old = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    r->method = strcmp(method, "GET") == 0       ? METHOD_GET
                : strcmp(method, "HEAD") == 0    ? METHOD_HEAD
                : strcmp(method, "OPTIONS") == 0 ? METHOD_OPTIONS
                                                 : METHOD_OTHER;
    (void)MHD_get_connection_values_n(r->conn, MHD_HEADER_KIND, on_header, r);
    r->origin_idx = policy_origin(&r->d->policy, r->origin);
    r->enc = negotiate_encoding(r->accept_encoding);
}

/* Is it for us at all? Fills err if not. */
static bool acceptable(struct req *r, struct nx_err *err)
{
    struct nx_slice host = nx_slice_of(r->host);
    if (r->too_large) {
        (void)nx_fail(err, NX_ETOOLARGE, NULL, "a request's body may have at most %d bytes",
                      (int)NXD_BODY_MAX);
        return false;
    }
    if (strlen(r->target) > NXD_TARGET_MAX || url_parse(r->target, &r->url) < 0) {
        (void)nx_fail(err, NX_EUSAGE, NULL, "not an address that can be read");
        return false;
    }
    if (r->url.authority.n > 0) {
        host = r->url.authority;
    }
    if (r->hosts > 1 || (!r->host && !r->old)) {
        (void)nx_fail(err, NX_EUSAGE, NULL, r->host ? "more than one Host header" : "no Host header");
        return false;
    }
    /* Without one it is no browser's request, so nobody was led here by a name. */
    if ((r->host || host.n > 0) && !policy_host(&r->d->policy, host)) {
        (void)nx_fail(err, NX_EFORBIDDEN, NULL, "this name is not one of this daemon's: %.*s",
                      (int)(host.n < 256 ? host.n : 256), host.p);
        nx_err_hint(err, "use http://127.0.0.1, or start nxtraced with --allow-host NAME");
        return false;
    }
    if (r->d->draining) {
        (void)nx_fail(err, NX_ESHUTDOWN, NULL, "nxtraced is being stopped");
        return false;
    }
    return true;
}

/* From here on a shutdown waits for it. */
static void count(struct req *r)
{
    if (!r->counted) {
        r->counted = true;
        r->d->http.active++;
        conns_busy(r->d, r->conn, true);
    }
}

static enum MHD_Result queue(struct req *r)
{
    if (!r->resp) {
        return MHD_NO;
    }
    r->queued = true;
    enum MHD_Result ok = MHD_queue_response(r->conn, r->status, r->resp);
    drop_response(r);
    return ok;
}

enum MHD_Result req_on_access(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
                              const char *version, const char *data, size_t *data_n, void **con_cls)
{
    struct req *r = req_of(*con_cls);
    struct nx_err err;
    (void)cls;
    (void)conn;
    (void)url;
    (void)data;
    if (!r) {
        return MHD_NO;
    }
    if (!r->headers_read) {
        read_headers(r, method, version);
        if (r->content_length && strtoull(r->content_length, NULL, 10) > NXD_BODY_MAX) {
            count(r);
            r->too_large = true; /* said before it is sent, where the client asked (100-continue) or not */
            (void)acceptable(r, &err);
            req_error(r, &err);
            return queue(r);
        }
        /* An answer now would make libmicrohttpd close the connection. */
        return MHD_YES;
    }
    if (*data_n > 0) {
        r->body += *data_n;
        *data_n = 0;
        r->too_large = r->body > NXD_BODY_MAX;
        return r->body > BODY_PATIENCE ? MHD_NO : MHD_YES;
    }
    if (r->queued) {
        return MHD_YES;
    }
    count(r);
    if (!r->resp) {
        if (acceptable(r, &err)) {
            route_request(r);
        } else {
            req_error(r, &err);
        }
        if (r->waiting) {
            return MHD_YES;
        }
    }
    return queue(r);
}

void req_wait(struct req *r)
{
    assert(!r->waiting && !r->resp);
    r->waiting = true;
    r->refs++;
    MHD_suspend_connection(r->conn);
}

void req_reply(struct req *r, unsigned status, struct MHD_Response *resp)
{
    assert(!r->resp);
    r->status = status;
    r->resp = resp;
    if (r->waiting) {
        struct nxd *d = r->d;
        r->waiting = false;
        assert(r->conn); /* a suspended connection does not end */
        MHD_resume_connection(r->conn);
        unref(r);
        http_pump(d);
    }
}

void req_error(struct req *r, const struct nx_err *err)
{
    struct nx_strbuf out;
    nx_strbuf_init(&out, 0);
    nx_answer_error(err, &out);
    int status = nx_code_http(err->code);
    if (status >= 500) {
        log_err(status == 503 ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, r->target, err);
    }
    req_reply(r, (unsigned)status, reply_error(r, &out, (unsigned)status));
    nx_strbuf_fini(&out);
}
