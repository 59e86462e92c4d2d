/*
 * One request, from its first line to its end.
 *
 * Born when libmicrohttpd has read the request line, and dies when the connection is done with it; a job that
 * answers later holds a second reference, which only the loop drops. A handler either answers with
 * req_reply() and its like before it returns, or calls req_wait() and lets somebody answer later, on the
 * loop's thread.
 */
#ifndef NXD_REQ_H
#define NXD_REQ_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "daemon/url.h"
#include "io/encode.h"

struct answer;
struct nxd;

enum method { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, METHOD_OTHER };

struct req {
    uint32_t magic;
    unsigned refs;
    struct nxd *d;
    struct MHD_Connection *conn;
    enum method method;
    bool headers_read, too_large, waiting, queued;
    bool counted;            /* in http.active */
    bool trace;              /* its answer is a trace, or an error about one */
    bool old;                /* HTTP/1.0, which needs no Host */
    uint64_t body;           /* bytes of it read so far */
    unsigned hosts;          /* how many Host headers came */
    /* Header values: borrowed from the connection, gone with the request. */
    const char *host, *origin, *if_none_match, *if_range, *range, *accept_encoding, *ac_method,
        *content_length, *last_event_id;
    int origin_idx;          /* an allowed origin's, or -1 */
    enum nx_encoding enc;    /* the best that the client takes */
    struct url url;
    struct MHD_Response *resp; /* to be queued; owned until then, or, with an answer, the answer's */
    struct answer *answer;     /* a reference, or NULL */
    unsigned status;
    char *target;            /* as it came; behind the struct in memory */
};

/* libmicrohttpd's callbacks. cls is the struct nxd. */
void *req_on_line(void *cls, const char *target, struct MHD_Connection *conn);
enum MHD_Result req_on_access(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
                              const char *version, const char *data, size_t *data_n, void **con_cls);
void req_on_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
                      enum MHD_RequestTerminationCode why);

/* The answer will come later: suspends the connection. Called from a handler; takes a reference for the
 * job. */
void req_wait(struct req *r);

/* Answers with `resp` (one reference is taken over; NULL: no memory, the connection ends). When the
 * request was waiting, drops the job's reference, resumes and pumps: `r` may be gone then. */
void req_reply(struct req *r, unsigned status, struct MHD_Response *resp);

/* Answers with the error as JSON and its status by base/err.def. */
void req_error(struct req *r, const struct nx_err *err);

#endif
