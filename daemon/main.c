/* nxtraced: serves recorded runs as traces. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "daemon/daemon.h"
#include "daemon/jobs.h"
#include "daemon/kept.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/loop.h"

/* A build's traces are kept apart from every other's: their converter may differ. */
static uint64_t build_id(void)
{
    uint64_t h = NX_FNV;
    struct stat st;
    const char *version =
#ifdef PACKAGE_VERSION
        PACKAGE_VERSION;
#else
        "";
#endif
    h = nx_fnv(h, version, strlen(version));
    if (stat("/proc/self/exe", &st) == 0) {
        uint64_t parts[] = {(uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};
        h = nx_fnv(h, parts, sizeof parts);
    }
    return h;
}

/* Without a cache every request converts anew: slower, and just as right. */
static void open_cache(struct nxd *d)
{
    struct nx_err err;
    char *dir = NULL;
    int r = 0;
    if (d->opt.cache_size == 0) {
        return;
    }
    if (!d->opt.cache_dir) {
        r = nx_traces_default_dir(&dir, &err);
    }
    if (r == 0) {
        r = nx_traces_open(dir ? dir : d->opt.cache_dir, d->opt.cache_size, &d->traces, &err);
    }
    if (r < 0) {
        d->traces = NULL;
        log_err(LOG_LEVEL_WARN, "no trace is kept", &err);
    }
    free(dir);
}

static int open_stores(struct nxd *d, struct nx_err *err)
{
    const char *tmp = getenv("TMPDIR");
    int r = 0;
    d->scratch_dir = strdup(tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (!d->scratch_dir) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory");
    }
    for (size_t i = 0; r == 0 && i < d->opt.stores_n; i++) {
        r = nx_stores_add(&d->stores, d->opt.stores[i], err);
    }
    return r < 0 ? r : nx_stores_settle(&d->stores, true, err);
}

static int serve(struct nxd *d)
{
    struct nx_err err;
    bool taken = false;
    int r = open_stores(d, &err);
    if (r == 0) {
        kept_find(d);
        r = listen_open(d, &d->listen_fd, &taken, &err);
    }
    if (r == 0) {
        open_cache(d);
        www_start(d);
        r = loop_run(d, &err);
    }
    if (r < 0) {
        log_err(LOG_LEVEL_ERR, "", &err);
        return taken ? EXIT_TAKEN : nx_code_exit(err.code);
    }
    return d->status;
}

int main(int argc, char **argv)
{
    static struct nxd d; /* libuv's handles make it large */
    int r = options_parse(argc, argv, &d.opt);
    if (r != 0) {
        options_fini(&d.opt);
        return r > 0 ? 0 : nx_code_exit(NX_EUSAGE);
    }
    log_init(d.opt.verbosity);
    signal(SIGPIPE, SIG_IGN);
    jobs_init(d.opt.jobs);
    d.listen_fd = -1;
    d.build = build_id();
    d.policy = (struct policy){.origins = d.opt.origins, .origins_n = d.opt.origins_n,
                               .hosts = d.opt.hosts, .hosts_n = d.opt.hosts_n};
    procs_init(&d.procs, d.opt.no_procs);
    int status = serve(&d);
    watcher_fini(&d);
    answers_fini(&d);
    www_fini(&d);
    feed_fini(&d);
    live_fini(&d);
    follows_fini(&d);
    procs_fini(&d.procs);
    nx_view_unref(d.view);
    nx_traces_close(d.traces);
    if (d.listen_fd >= 0) {
        close(d.listen_fd);
    }
    nx_stores_fini(&d.stores);
    free(d.scratch_dir);
    options_fini(&d.opt);
    return status;
}
