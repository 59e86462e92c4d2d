#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/kept.h"

#include <stdlib.h>

#include "archive/archive.h"
#include "base/strbuf.h"
#include "daemon/daemon.h"
#include "daemon/log.h"

/* <state dir>/kept. Owned. */
static char *root_of(const struct nxd *d, struct nx_err *err)
{
    struct nx_strbuf b;
    char *dir = NULL;
    if (!d->opt.index_dir && indexer_default_dir(&dir, err) < 0) {
        return NULL;
    }
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/kept", d->opt.index_dir ? d->opt.index_dir : dir);
    free(dir);
    char *root = nx_strbuf_take(&b, NULL);
    if (!root) {
        (void)nx_fail(err, NX_ENOMEM, NULL, "no memory for a path");
    }
    return root;
}

void kept_find(struct nxd *d)
{
    struct nx_err err;
    char *root = root_of(d, &err);
    if (!root) {
        log_err(d->opt.keep_recordings ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "recordings are not kept", &err);
        return;
    }
    for (size_t i = 0; i < d->stores.n; i++) {
        struct nx_store *store = &d->stores.v[i];
        char *dir = NULL;
        if (nx_archive_find(root, store->name, store->dir, &dir, &err) == 0) {
            store->kept = dir;
        } else {
            log_err(LOG_LEVEL_WARN, "recordings are not kept", &err);
        }
    }
    free(root);
}

static void on_changed(void *arg)
{
    watcher_force(arg);
}

void kept_open(struct nxd *d)
{
    const struct keeper_opts o = {.stores = d->stores.v, .stores_n = d->stores.n, .copy = d->opt.keep_recordings,
                                  .retain = d->opt.retain, .indexer = d->indexer};
    struct nx_err err;
    if (d->indexer) {
        indexer_retain(d->indexer, &d->opt.retain);
    }
    if ((o.copy || nx_retain_any(&o.retain)) && keeper_open(&d->loop, &o, on_changed, d, &d->keeper, &err) < 0) {
        log_err(LOG_LEVEL_WARN, "recordings are not kept", &err);
    }
}

void kept_view(struct nxd *d, bool same)
{
    if (d->keeper && (!same || keeper_wants(d->keeper))) {
        keeper_offer(d->keeper, d->view, &d->live);
    }
}
