#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/www.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/handlers.h"
#include "daemon/jobs.h"
#include "daemon/log.h"
#include "daemon/reply.h"
#include "daemon/www_files.h"

enum { LOOK_MS = 250 };

/* No Cross-Origin-Opener-Policy: a page that hands a trace over to Perfetto's, which it opened, needs it as its
 * opener. */
#define CSP                                                                                                  \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "    \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const char no_page[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>nxtrace</title></head>\n"
    "<body><h1>The page is not installed</h1>\n"
    "<p>nxtraced runs, but found no folder with the files of its page. Install nxtrace anew, or start nxtraced with "
    "<code>--www-dir DIR</code>, where DIR is the folder <code>www</code> of the project.</p>\n"
    "<p>All else works: the runs are at <a href=\"/api/v1/runs\">/api/v1/runs</a>, the latest one's trace is at "
    "<a href=\"/traces/latest.json\">/traces/latest.json</a>.</p></body></html>\n";

static const char shell_name[] = "index.html";

struct waiting {
    struct waiting *next;
    struct req *req;
    char *name; /* NULL: the shell */
};

struct www_look {
    struct job job; /* first */
    struct waiting *waiting;
    const char *given;
    uint64_t known;
    struct www_set *set; /* NULL after success: unchanged */
    int r;
    struct nx_err err;
};

static int look(const char *given, uint64_t known, struct www_set **ret, struct nx_err *err)
{
    char *dir = NULL;
    *ret = NULL;
    int r = www_find(given, &dir, err);
    if (r == 0) {
        r = www_read(dir, known, ret, err);
    }
    free(dir);
    return r;
}

static void drop(struct www *w)
{
    for (size_t i = 0; w->set && i < w->set->n; i++) {
        for (int enc = 0; enc < NX_ENC_COUNT; enc++) {
            answer_release(w->set->v[i].answer[enc]);
        }
    }
    www_set_free(w->set);
    w->set = NULL;
}

void www_start(struct nxd *d)
{
    struct nx_err err;
    if (look(d->opt.www_dir, 0, &d->www.set, &err) < 0) {
        log_err(LOG_LEVEL_WARN, "no page is served", &err);
    }
}

void www_fini(struct nxd *d)
{
    drop(&d->www);
}

/* --- answering --- */

static void reply_with(struct req *r, struct answer *a)
{
    if (a) {
        answer_reply(r, a);
        answer_release(a);
    } else {
        req_reply(r, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    }
}

static void reply_no_page(struct req *r)
{
    struct answer_meta meta = {.type = "text/html; charset=utf-8", .cache = "no-store", .csp = CSP,
                               .status = MHD_HTTP_INTERNAL_SERVER_ERROR};
    struct nx_strbuf body;
    nx_strbuf_init(&body, 0);
    nx_strbuf_adds(&body, no_page);
    reply_with(r, answer_new(r->d, r->target, &meta, &body));
    nx_strbuf_fini(&body);
}

/* The file in that encoding, made into an answer when it is first asked for. */
static struct answer *answer_of(struct nxd *d, struct www_file *f, enum nx_encoding enc)
{
    if (!f->answer[enc] && f->body[enc].n == 0) {
        enc = NX_ENC_IDENTITY;
    }
    if (!f->answer[enc]) {
        struct answer_meta meta = {.type = f->type, .cache = "no-cache", .csp = CSP, .enc = enc,
                                   .encodable = f->encodable, .status = MHD_HTTP_OK};
        f->answer[enc] = answer_new(d, "", &meta, &f->body[enc]);
        if (!f->answer[enc]) { /* and the bytes are gone: read them anew */
            d->www.set->signature = 0;
            d->www.looked = 0;
        }
    }
    return f->answer[enc];
}

static void answer_file(struct req *r, const char *name, bool shell)
{
    struct www_file *f = www_set_find(r->d->www.set, nx_slice_of(name));
    struct answer *a = f ? answer_of(r->d, f, r->enc) : NULL;
    if (a) {
        answer_reply(r, a);
    } else if (f) {
        req_reply(r, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    } else if (shell) {
        reply_no_page(r);
    } else {
        struct nx_err err;
        (void)nx_fail(&err, NX_ENOTFOUND, name, "the page has no such file");
        req_error(r, &err);
    }
}

/* --- looking anew --- */

static void run(struct job *j)
{
    struct www_look *l = (struct www_look *)(void *)j;
    l->r = look(l->given, l->known, &l->set, &l->err);
}

static void answer_waiting(struct waiting *w)
{
    answer_file(w->req, w->name ? w->name : shell_name, !w->name);
    free(w->name);
    free(w);
}

/* While the files cannot be read, those that were are served on. */
static void done(struct job *j)
{
    struct www_look *l = (struct www_look *)(void *)j;
    struct www *www = &j->d->www;
    www->looking = NULL;
    www->looked = uv_now(&j->d->loop);
    if (l->r < 0) {
        log_err(LOG_LEVEL_DEBUG, "the page's files", &l->err);
    } else if (l->set) {
        drop(www);
        www->set = l->set;
    }
    while (l->waiting) {
        struct waiting *w = l->waiting;
        l->waiting = w->next;
        answer_waiting(w);
    }
    free(l);
}

static int start_look(struct nxd *d)
{
    struct www_look *l = calloc(1, sizeof *l);
    if (!l) {
        return -1;
    }
    l->given = d->opt.www_dir;
    l->known = d->www.set ? d->www.set->signature : 0;
    d->www.looking = l;
    job_start(d, &l->job, run, done);
    return 0;
}

/* `name` of p == NULL: the shell. */
static void serve(struct req *r, struct nx_slice name)
{
    struct www *www = &r->d->www;
    struct waiting *w = NULL;
    bool fresh = !www->looking && www->looked && uv_now(&r->d->loop) - www->looked < LOOK_MS;
    if (!fresh && (w = calloc(1, sizeof *w)) && (!name.p || (w->name = strndup(name.p, name.n))) &&
        (www->looking || start_look(r->d) == 0)) {
        w->req = r;
        w->next = www->looking->waiting;
        www->looking->waiting = w;
        req_wait(r);
        return;
    }
    if (w) {
        free(w->name);
        free(w);
    }
    answer_file(r, name.p ? name.p : shell_name, !name.p);
}

void www_shell(struct req *r, const struct match *m)
{
    (void)m;
    serve(r, (struct nx_slice){NULL, 0});
}

void www_get(struct req *r, const struct match *m)
{
    serve(r, m->file);
}
