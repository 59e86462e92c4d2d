#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/reply.h"

#include <stdlib.h>

#include "daemon/daemon.h"

bool reply_header(struct MHD_Response *resp, const char *name, const char *value)
{
    return MHD_add_response_header(resp, name, value) == MHD_YES;
}

const char *reply_origin(const struct req *r)
{
    return r->origin_idx >= 0 ? r->d->policy.origins[r->origin_idx] : NULL;
}

const char *reply_encoding_name(enum nx_encoding enc)
{
    return enc == NX_ENC_GZIP ? "gzip" : enc == NX_ENC_ZSTD ? "zstd" : NULL;
}

void reply_common(struct MHD_Response *resp, const char *origin, bool vary_encoding)
{
    reply_header(resp, "X-Content-Type-Options", "nosniff");
    reply_header(resp, "Cross-Origin-Resource-Policy", "same-origin");
    reply_header(resp, "Vary", vary_encoding ? "Origin, Accept-Encoding" : "Origin");
    if (origin) {
        reply_header(resp, "Access-Control-Allow-Origin", origin);
        reply_header(
            resp, "Access-Control-Expose-Headers",
            "Content-Disposition, Content-Encoding, Content-Length, Content-Range, ETag, X-Nxtrace-Missing");
    }
}

struct MHD_Response *reply_error(struct req *r, struct nx_strbuf *doc, unsigned status)
{
    size_t n = 0;
    char *p = nx_strbuf_take(doc, &n);
    if (!p) {
        return NULL;
    }
    struct MHD_Response *resp = MHD_create_response_from_buffer(n, p, MHD_RESPMEM_MUST_FREE);
    if (!resp) {
        free(p);
        return NULL;
    }
    reply_header(resp, "Content-Type", "application/json");
    reply_header(resp, "Cache-Control", "no-store");
    reply_common(resp, reply_origin(r), false);
    if (status == 503) {
        reply_header(resp, "Retry-After", "2");
    } else if (status == 405) {
        reply_header(resp, "Allow", "GET, HEAD, OPTIONS");
    }
    if (r->d->draining || status == 413) {
        reply_header(resp, "Connection", "close");
    }
    return resp;
}

struct MHD_Response *reply_options(struct req *r)
{
    struct MHD_Response *resp = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!resp) {
        return NULL;
    }
    reply_header(resp, "Allow", "GET, HEAD, OPTIONS");
    reply_header(resp, "X-Content-Type-Options", "nosniff");
    reply_header(resp, "Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    if (r->origin_idx >= 0) {
        reply_header(resp, "Access-Control-Allow-Origin", reply_origin(r));
        reply_header(resp, "Access-Control-Allow-Methods", "GET, HEAD");
        reply_header(resp, "Access-Control-Allow-Headers", "If-None-Match, If-Range, Range");
        reply_header(resp, "Access-Control-Max-Age", "600");
    }
    return resp;
}
