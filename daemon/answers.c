#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/answers.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/daemon.h"
#include "daemon/negotiate.h"
#include "daemon/reply.h"

enum { KEPT_MAX = 512 };
static const size_t bytes_max = 32u << 20;

struct answer {
    unsigned users;         /* the cache, the maker, requests that were not yet queued */
    unsigned live;          /* responses that libmicrohttpd has not freed: the body must outlive them */
    struct answer *chain;   /* in the cache */
    enum nx_encoding asked; /* part of the key: what the client takes best */
    struct answer_meta meta;
    char *body;
    size_t n;
    char etag[32];
    uint64_t until;         /* the loop's milliseconds */
    struct MHD_Response **resp; /* [0]: for no origin; [1 + i]: for origin i */
    size_t resp_n;
    char target[];
};

static struct answer **bucket(struct nxd *d, const char *target, enum nx_encoding enc)
{
    return &d->answers.buckets[(nx_fnv(NX_FNV, target, strlen(target)) + (unsigned)enc) % ANSWERS_BUCKETS];
}

static void free_if_done(struct answer *a)
{
    if (a->users == 0 && a->live == 0) {
        free(a->body);
        free(a->resp);
        free(a);
    }
}

static void on_response_freed(void *cls)
{
    struct answer *a = cls;
    a->live--;
    free_if_done(a);
}

void answer_release(struct answer *a)
{
    if (!a || --a->users > 0) {
        return;
    }
    a->live++; /* so that it lives through the loop */
    for (size_t i = 0; i < a->resp_n; i++) {
        if (a->resp[i]) {
            MHD_destroy_response(a->resp[i]); /* those that are being sent live on, and the body with them */
        }
    }
    a->live--;
    free_if_done(a);
}

struct answer *answer_new(struct nxd *d, const char *target, const struct answer_meta *meta,
                          struct nx_strbuf *body)
{
    size_t n = strlen(target);
    struct answer *a = calloc(1, sizeof *a + n + 1);
    if (!a) {
        return NULL;
    }
    a->resp_n = d->policy.origins_n + 1;
    a->resp = calloc(a->resp_n, sizeof *a->resp);
    a->body = nx_strbuf_take(body, &a->n);
    if (!a->resp || !a->body) {
        free(a->resp);
        free(a->body);
        free(a);
        return NULL;
    }
    a->users = 1;
    a->meta = *meta;
    memcpy(a->target, target, n + 1);
    snprintf(a->etag, sizeof a->etag, "\"%016" PRIx64 "\"", nx_fnv(NX_FNV, a->body, a->n) ^ (uint64_t)a->n);
    return a;
}

static struct MHD_Response *make_response(struct nxd *d, struct answer *a, size_t i)
{
    struct MHD_Response *resp =
        MHD_create_response_from_buffer_with_free_callback_cls(a->n, a->body, on_response_freed, a);
    if (!resp) {
        return NULL;
    }
    a->live++;
    reply_header(resp, "Content-Type", a->meta.type);
    reply_header(resp, "Cache-Control", a->meta.cache);
    reply_header(resp, "ETag", a->etag);
    if (a->meta.csp) {
        reply_header(resp, "Content-Security-Policy", a->meta.csp);
        reply_header(resp, "Referrer-Policy", "no-referrer");
    }
    if (a->meta.enc != NX_ENC_IDENTITY) {
        reply_header(resp, "Content-Encoding", reply_encoding_name(a->meta.enc));
    }
    reply_common(resp, i ? d->policy.origins[i - 1] : NULL, a->meta.encodable);
    return resp;
}

void answer_reply(struct req *r, struct answer *a)
{
    size_t i = (size_t)(r->origin_idx + 1);
    assert(i < a->resp_n);
    if (!a->resp[i]) {
        a->resp[i] = make_response(r->d, a, i);
    }
    bool same = a->meta.status == MHD_HTTP_OK && negotiate_match(r->if_none_match, a->etag);
    if (a->resp[i]) {
        a->users++;
        r->answer = a;
    }
    req_reply(r, same ? MHD_HTTP_NOT_MODIFIED : a->meta.status, a->resp[i]);
}

static void evict(struct answers *c, struct answer **p)
{
    struct answer *a = *p;
    *p = a->chain;
    a->chain = NULL;
    c->n--;
    c->bytes -= a->n;
    answer_release(a);
}

static void empty(struct answers *c)
{
    for (size_t i = 0; i < ANSWERS_BUCKETS; i++) {
        while (c->buckets[i]) {
            evict(c, &c->buckets[i]);
        }
    }
}

void answers_clear(struct nxd *d)
{
    empty(&d->answers);
    d->answers.generation++;
}

void answers_fini(struct nxd *d)
{
    empty(&d->answers);
}

struct answer *answers_find(struct nxd *d, const char *target, enum nx_encoding enc)
{
    struct answer **p = bucket(d, target, enc);
    while (*p) {
        struct answer *a = *p;
        if (a->asked == enc && strcmp(a->target, target) == 0) {
            if (uv_now(&d->loop) < a->until) {
                return a;
            }
            evict(&d->answers, p);
            return NULL;
        }
        p = &a->chain;
    }
    return NULL;
}

void answers_keep(struct nxd *d, struct answer *a, enum nx_encoding enc, uint64_t keep_ms)
{
    struct answers *c = &d->answers;
    struct answer *old = answers_find(d, a->target, enc);
    struct answer **p = bucket(d, a->target, enc);
    if (a->n > bytes_max / 4 || a->until != 0) {
        return;
    }
    if (old) {
        while (*p != old) {
            p = &(*p)->chain;
        }
        evict(c, p);
    }
    if (c->n >= KEPT_MAX || c->bytes + a->n > bytes_max) {
        empty(c); /* rare, and everything in it can be had again in no time */
    }
    p = bucket(d, a->target, enc);
    a->until = uv_now(&d->loop) + keep_ms;
    a->asked = enc;
    a->chain = *p;
    *p = a;
    a->users++;
    c->n++;
    c->bytes += a->n;
}
