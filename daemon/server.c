/* What the daemon says of itself, for its page: facts that no answer of src/api may hold. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "daemon/daemon.h"
#include "daemon/handlers.h"
#include "daemon/reply.h"
#include "json/write.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static void put(struct nx_json *w, const char *key, const char *value)
{
    nx_json_key(w, key);
    nx_json_strz(w, value);
}

static const char *index_word(const struct nxd *d)
{
    return !d->indexer ? "none" : indexer_look(d->indexer).generation > 0 ? "ready" : "reading";
}

static void put_stores(struct nx_json *w, const struct nx_view *v)
{
    nx_json_key(w, "stores");
    nx_json_arr(w);
    for (size_t i = 0; i < v->stores_n; i++) {
        nx_json_obj(w);
        put(w, "name", v->stores[i].store->name);
        put(w, "path", v->stores[i].store->dir);
        put(w, "problem", v->stores[i].problem);
        nx_json_end_obj(w);
    }
    nx_json_end_arr(w);
}

static void put_document(const struct nxd *d, struct nx_strbuf *out)
{
    struct nx_json w;
    nx_json_init(&w, out);
    nx_json_obj(&w);
    put(&w, "version", PACKAGE_VERSION);
    put(&w, "address", d->base);
    put(&w, "perfetto_url", d->opt.perfetto_url);
    nx_json_key(&w, "perfetto_may_read");
    nx_json_bool(&w, policy_origin(&d->policy, d->opt.perfetto_origin) >= 0);
    put(&w, "index", index_word(d));
    nx_json_key(&w, "procs");
    nx_json_bool(&w, !d->opt.no_procs);
    put_stores(&w, d->view);
    nx_json_end_obj(&w);
    nx_strbuf_addc(out, '\n');
}

static bool takes_none(struct req *r)
{
    const char *at = r->url.query;
    char *name, *value;
    bool bad = false, any = url_next_param(&at, &name, &value, &bad);
    struct nx_err err;
    if (!any && !bad) {
        return true;
    }
    if (any) {
        (void)nx_fail(&err, NX_EUSAGE, NULL, "no such parameter: `%.60s`", name);
        free(name);
        free(value);
    } else {
        (void)nx_fail(&err, NX_EUSAGE, NULL, "not an address that can be read");
    }
    req_error(r, &err);
    return false;
}

void server_get(struct req *r, const struct match *m)
{
    const struct answer_meta meta = {.type = "application/json", .cache = "no-cache", .status = MHD_HTTP_OK};
    struct nx_strbuf out;
    (void)m;
    if (!takes_none(r)) {
        return;
    }
    nx_strbuf_init(&out, 0);
    put_document(r->d, &out);
    struct answer *a = answer_new(r->d, r->target, &meta, &out);
    nx_strbuf_fini(&out);
    if (a) {
        answer_reply(r, a);
        answer_release(a);
    } else {
        req_reply(r, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    }
}
