#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/route.h"

#include <assert.h>
#include <string.h>

#include "daemon/handlers.h"
#include "daemon/reply.h"

static const struct {
    void (*handler)(struct req *r, const struct match *m);
    const char *pattern;
} routes[] = {
#define NXD_ROUTE(handler, pattern, help) {handler, pattern},
#include "daemon/routes.def"
#undef NXD_ROUTE
};

#define SUFFIXES "[.slot][.pretty][.perfetto].json"

static bool cut_suffix(struct nx_slice *s, const char *suffix)
{
    size_t n = strlen(suffix);
    if (s->n <= n || memcmp(s->p + s->n - n, suffix, n) != 0) {
        return false;
    }
    s->n -= n;
    return true;
}

/* One segment of a pattern, [p, p+n), against one of the path. */
static bool match_segment(const char *p, size_t n, struct nx_slice seg, struct match *m)
{
    if (n == 0 || p[0] != '{') {
        return seg.n == n && memcmp(seg.p, p, n) == 0;
    }
    size_t name_n = strcspn(p, "}") + 1;
    if (n > name_n) {
        assert(n - name_n == strlen(SUFFIXES) && memcmp(p + name_n, SUFFIXES, n - name_n) == 0);
        if (!cut_suffix(&seg, ".json")) {
            return false;
        }
        m->perfetto = cut_suffix(&seg, ".perfetto");
        m->pretty = cut_suffix(&seg, ".pretty");
        m->slot = cut_suffix(&seg, ".slot");
    }
    if (seg.n == 0) {
        return false;
    }
    if (strncmp(p, "{workspace}", name_n) == 0) {
        m->workspace = seg;
    } else if (strncmp(p, "{run}", name_n) == 0) {
        m->run = seg;
    } else if (strncmp(p, "{binary}", name_n) == 0) {
        m->binary = seg;
    } else if (strncmp(p, "{test}", name_n) == 0) {
        m->test = seg;
    } else if (strncmp(p, "{file}", name_n) == 0) {
        m->file = seg;
    }
    return true;
}

/* Matches `pattern` from segment *i on; ends behind it. */
static bool match_from(const char *pattern, const char *end, const struct url *u, size_t *i, struct match *m)
{
    while (pattern < end) {
        pattern++; /* the slash */
        size_t n = 0;
        while (pattern + n < end && pattern[n] != '/') {
            n++;
        }
        if (*i >= u->n || *i >= URL_SEGMENTS || !match_segment(pattern, n, u->seg[*i], m)) {
            return false;
        }
        ++*i;
        pattern += n;
    }
    return true;
}

static bool match_route(const char *pattern, const struct url *u, struct match *m)
{
    const char *end = pattern + strlen(pattern);
    const char *open = strstr(pattern, "[/"), *shut = open ? strchr(open, ']') : NULL;
    size_t i = 0;
    if (!open) {
        *m = (struct match){0};
        return match_from(pattern, end, u, &i, m) && i == u->n;
    }
    for (int with = 0; with < 2; with++) {
        *m = (struct match){0};
        i = 0;
        if (match_from(pattern, open, u, &i, m) && (!with || match_from(open + 1, shut, u, &i, m)) &&
            match_from(shut + 1, end, u, &i, m) && i == u->n) {
            return true;
        }
    }
    return false;
}

static void refuse_method(struct req *r)
{
    struct nx_err err;
    (void)nx_fail(&err, NX_EMETHOD, NULL, "only GET, HEAD and OPTIONS are answered here");
    req_error(r, &err);
}

static void answer_options(struct req *r)
{
    if (r->origin && r->ac_method && r->origin_idx < 0) {
        struct nx_err err;
        (void)nx_fail(&err, NX_EFORBIDDEN, NULL, "pages of this origin may not read here");
        nx_err_hint(&err, "start nxtraced with --allow-origin ORIGIN");
        req_error(r, &err);
    } else {
        req_reply(r, MHD_HTTP_NO_CONTENT, reply_options(r));
    }
}

void route_request(struct req *r)
{
    struct match m;
    if ((r->method == METHOD_GET || r->method == METHOD_HEAD) && ask_cached(r)) {
        return;
    }
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (match_route(routes[i].pattern, &r->url, &m)) {
            if (r->method == METHOD_OTHER) {
                refuse_method(r);
            } else if (r->method == METHOD_OPTIONS) {
                answer_options(r);
            } else {
                routes[i].handler(r, &m);
            }
            return;
        }
    }
    struct nx_err err;
    (void)nx_fail(&err, NX_ENOTFOUND, NULL, "nothing is served at this address");
    nx_err_hint(&err, "runs are listed at / and at /api/v1/runs");
    req_error(r, &err);
}
