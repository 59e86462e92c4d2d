/* The page: what runs there are, with links that open them. Everything that comes out of a store is
 * escaped. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/words.h"
#include "daemon/daemon.h"
#include "daemon/handlers.h"
#include "daemon/jobs.h"
#include "daemon/reply.h"
#include "daemon/title.h"

enum { ROWS = 200 };

#define CSP                                                                                                  \
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}\n"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid #ddd;vertical-align:top}\n"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}code{font-size:90%}"
    ".bad{color:#a00}.note{color:#666}\n"
    "@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}a{color:#8ab4f8}"
    "th,td{border-color:#444}"
    ".bad{color:#f88}.note{color:#999}}\n";

struct page {
    struct job job; /* first */
    struct req *req;
    struct nx_view *view;
    char *base; /* http://127.0.0.1:9001 */
    struct nx_strbuf out;
};

static void text(struct nx_strbuf *out, const char *z)
{
    for (; z && *z; z++) {
        switch (*z) {
        case '&': nx_strbuf_adds(out, "&amp;"); break;
        case '<': nx_strbuf_adds(out, "&lt;"); break;
        case '>': nx_strbuf_adds(out, "&gt;"); break;
        case '"': nx_strbuf_adds(out, "&quot;"); break;
        case '\'': nx_strbuf_adds(out, "&#39;"); break;
        default: nx_strbuf_addc(out, (unsigned char)*z < 0x20 || *z == 0x7f ? ' ' : *z);
        }
    }
}

/* The workspace is named where the run's id alone would be ambiguous. */
static void trace_path(struct nx_strbuf *out, const struct page *p, const struct nx_row *row)
{
    char title[TITLE_MAX];
    if (nx_view_prefix_len(p->view, NULL, row->run) >= strlen(row->run->id)) {
        nx_strbuf_adds(out, "/workspaces/");
        url_encode(out, nx_slice_of(row->ws->name));
    }
    nx_strbuf_addf(out, "/traces/%s/%s.json", row->run->id, title_of(row->ws, row->run, title));
}

static void links(struct page *p, const struct nx_row *row)
{
    struct nx_strbuf path, address;
    nx_strbuf_init(&path, 0);
    nx_strbuf_init(&address, 0);
    trace_path(&path, p, row);
    nx_strbuf_addf(&address, "%s%s", p->base, path.failed ? "" : path.p);
    nx_strbuf_adds(&p->out, "<a href=\"https://ui.perfetto.dev/#!/?url=");
    url_encode(&p->out, nx_slice_of(address.failed ? "" : address.p));
    nx_strbuf_adds(&p->out,
                   "\" target=\"_blank\" rel=\"noopener noreferrer\">open in Perfetto</a> · <a href=\"");
    text(&p->out, path.failed ? "" : path.p);
    nx_strbuf_adds(&p->out, "\" download>download</a>");
    nx_strbuf_fini(&path);
    nx_strbuf_fini(&address);
}

static void one_run(struct page *p, const struct nx_row *row)
{
    struct nx_strbuf *o = &p->out;
    const struct nx_run *run = row->run;
    char start[NX_WORDS_TIME];
    nx_strbuf_addf(o, "<tr><td>%s</td><td>", nx_words_time(run->started_at, start));
    text(o, nx_words_workspace(row->ws));
    nx_strbuf_addf(o, "</td><td><code>%.8s</code></td><td>", run->id);
    text(o, nx_words_status(run->status));
    nx_strbuf_adds(o, "</td><td class=\"n\">");
    if (nx_run_ended(run)) {
        nx_strbuf_addf(o, "%llu passed", (unsigned long long)run->passed);
        if (run->failed) {
            nx_strbuf_addf(o, ", <span class=\"bad\">%llu failed</span>", (unsigned long long)run->failed);
        }
    }
    nx_strbuf_adds(o, "</td><td class=\"n\">");
    if (run->has_duration) {
        nx_strbuf_addf(o, "%.3f s", run->duration_secs);
    }
    nx_strbuf_adds(o, "</td><td>");
    links(p, row);
    nx_strbuf_adds(o, "</td></tr>\n");
}

static void problems(struct page *p)
{
    if (p->view->problem) {
        nx_strbuf_adds(&p->out, "<p class=\"bad\">");
        text(&p->out, p->view->problem);
        nx_strbuf_adds(&p->out, "</p>\n");
    }
    for (size_t i = 0; i < p->view->n; i++) {
        if (p->view->v[i]->problem) {
            nx_strbuf_adds(&p->out, "<p class=\"bad\">");
            text(&p->out, p->view->v[i]->problem);
            nx_strbuf_adds(&p->out, "</p>\n");
        }
    }
}

static void run(struct job *j)
{
    struct page *p = (struct page *)(void *)j;
    const struct nx_view *v = p->view;
    struct nx_strbuf *o = &p->out;
    nx_strbuf_adds(o,
                   "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>nxtrace</title>"
                   "<meta name=\"viewport\" content=\"width=device-width\">"
                   "<link rel=\"stylesheet\" href=\"/style.css\"></head>\n<body><h1>nxtrace</h1>\n");
    nx_strbuf_adds(o, "<p class=\"note\">Runs recorded in ");
    text(o, v->stores[0].store->dir);
    nx_strbuf_adds(o, "</p>\n");
    problems(p);
    if (v->runs == 0) {
        nx_strbuf_adds(
            o, "<p>No recorded runs. nextest records when <code>[experimental] record = true</code> and "
               "<code>[record] enabled = true</code> stand in its user config.</p>\n");
    } else {
        nx_strbuf_adds(
            o, "<table><thead><tr><th>Started</th><th>Workspace</th><th>Run</th><th>Status</th><th>Tests</th>"
               "<th>Time</th><th>Trace</th></tr></thead><tbody>\n");
        for (size_t i = 0; i < v->runs && i < ROWS; i++) {
            one_run(p, &v->by_start[i]);
        }
        nx_strbuf_adds(o, "</tbody></table>\n");
    }
    if (v->runs > ROWS) {
        nx_strbuf_addf(
            o,
            "<p class=\"note\">The newest %d of %zu runs; all are at <a href=\"/api/v1/runs\">/api/v1/runs"
            "</a>.</p>\n",
            (int)ROWS, v->runs);
    }
    nx_strbuf_adds(
        o,
        "<p class=\"note\">Perfetto's page reads traces from http://127.0.0.1:9001 only, and the browser may "
        "ask once whether it may: click Allow.</p>\n</body></html>\n");
}

static void page_free(struct page *p)
{
    nx_view_unref(p->view);
    nx_strbuf_fini(&p->out);
    free(p->base);
    free(p);
}

static void reply_with(struct req *r, struct nx_strbuf *body, const char *type, const char *cache)
{
    struct answer_meta meta = {.type = type, .cache = cache, .csp = CSP, .status = MHD_HTTP_OK};
    struct answer *a = answer_new(r->d, r->target, &meta, body);
    if (a) {
        answer_reply(r, a);
        answer_release(a);
    } else {
        req_reply(r, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    }
}

static void done(struct job *j)
{
    struct page *p = (struct page *)(void *)j;
    reply_with(p->req, &p->out, "text/html; charset=utf-8", "no-store");
    page_free(p);
}

/* The address under which Perfetto is to find us: whoever calls us localhost means 127.0.0.1, the only
 * name that it takes. */
static char *base_for(const struct req *r)
{
    struct nx_strbuf out;
    struct nx_slice host = r->url.authority.n ? r->url.authority : nx_slice_of(r->host);
    const char *port = host.n ? memchr(host.p, ':', host.n) : NULL;
    size_t n = port ? (size_t)(port - host.p) : host.n;
    nx_strbuf_init(&out, 0);
    if (n == 0 ||
        (n == 9 && (strncasecmp(host.p, "localhost", n) == 0 || memcmp(host.p, "127.0.0.1", n) == 0))) {
        if (port) {
            nx_strbuf_addf(&out, "http://127.0.0.1%.*s", (int)(host.p + host.n - port), port);
        } else {
            nx_strbuf_adds(&out, r->d->base);
        }
    } else {
        nx_strbuf_adds(&out, "http://");
        nx_strbuf_add(&out, host.p, host.n);
    }
    return nx_strbuf_take(&out, NULL);
}

void page_index(struct req *r, const struct match *m)
{
    (void)m;
    struct page *p = calloc(1, sizeof *p);
    if (!p || !(p->base = base_for(r))) {
        struct nx_err err;
        free(p);
        (void)nx_fail(&err, NX_ENOMEM, NULL, "no memory");
        req_error(r, &err);
        return;
    }
    nx_strbuf_init(&p->out, 0);
    p->req = r;
    p->view = nx_view_ref(r->d->view);
    req_wait(r);
    job_start(r->d, &p->job, run, done);
}

void page_style(struct req *r, const struct match *m)
{
    (void)m;
    struct nx_strbuf body;
    nx_strbuf_init(&body, 0);
    nx_strbuf_adds(&body, style);
    reply_with(r, &body, "text/css", "no-cache");
    nx_strbuf_fini(&body);
}
