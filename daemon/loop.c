/* The loop's life: signals, readiness, and the end. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/kept.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/systemd.h"

static void cut(const char *why)
{
    log_say(LOG_LEVEL_WARN, "%s: ended before all was sent", why);
    _exit(EXIT_CUT);
}

static void on_signal(uv_signal_t *s, int signum)
{
    struct nxd *d = s->data;
    if (signum == SIGHUP && !d->terminal) {
        watcher_force(d);
    } else if (d->draining) {
        cut("a second signal");
    } else {
        log_say(LOG_LEVEL_INFO, "told to end by %s",
                signum == SIGINT ? "SIGINT" : signum == SIGHUP ? "the terminal" : "SIGTERM");
        nxd_shutdown(d);
    }
}

static void on_deadline(uv_timer_t *t)
{
    (void)t;
    cut("the deadline");
}

static void close_handle(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h)) {
        uv_close(h, NULL);
    }
}

void nxd_shutdown(struct nxd *d)
{
    if (d->draining) {
        return;
    }
    d->draining = true;
    if (d->opt.once && !d->delivered && d->status == 0) {
        d->status = EXIT_CUT;
    }
    systemd_notify("STOPPING=1");
    http_quiesce(d);
    watcher_stop(d);
    live_stop(d);
    feed_end(d);
    uv_timer_start(&d->deadline, on_deadline, (uint64_t)d->opt.drain * 1000, 0);
    if (d->http.active) {
        log_say(LOG_LEVEL_INFO, "%u requests are still being answered", d->http.active);
    }
    nxd_check_drained(d);
}

void nxd_check_drained(struct nxd *d)
{
    if (!d->draining || d->stopped || d->http.active || d->jobs || d->http.pumping) {
        return;
    }
    d->stopped = true;
    http_stop(d);
    keeper_close(d->keeper); /* before the index, which it reads */
    d->keeper = NULL;
    indexer_close(d->indexer);
    d->indexer = NULL;
    uv_walk(&d->loop, close_handle, NULL); /* with nothing open the loop comes to its end */
}

static void tell_ready_fd(struct nxd *d, const char *latest)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%s/\n%s\n", d->base, latest);
    if (d->opt.ready_fd >= 0) {
        if (write(d->opt.ready_fd, text, (size_t)n) != n) {
            log_say(LOG_LEVEL_WARN, "--ready-fd %d: %s", d->opt.ready_fd, strerror(errno));
        }
        if (d->opt.ready_fd > 2) {
            close(d->opt.ready_fd);
        }
    }
}

void nxd_ready(struct nxd *d)
{
    char latest[160];
    struct nx_err err;
    int fd = d->listen_fd;
    d->listen_fd = -1;
    if (http_start(d, fd, &err) < 0) {
        log_err(LOG_LEVEL_ERR, "cannot serve", &err);
        d->status = nx_code_exit(err.code);
        nxd_shutdown(d);
        return;
    }
    snprintf(latest, sizeof latest, "%s/traces/latest.json", d->base);
    if (d->opt.verbosity >= 0) {
        printf("page: %s/\nlatest trace: %s%s\n", d->base, latest, d->view->runs ? "" : " (no runs yet)");
        fflush(stdout);
    }
    tell_ready_fd(d, latest);
    systemd_notify("READY=1");
}

static void on_indexed(void *arg)
{
    struct nxd *d = arg;
    struct indexer_state s = indexer_look(d->indexer);
    answers_clear(d);
    live_indexed(d);
    if (s.err.code != NX_OK) {
        log_err(LOG_LEVEL_WARN, "the index is behind", &s.err);
    } else {
        log_say(LOG_LEVEL_DEBUG, "index: %" PRIu64 " logs read, %" PRIu64 " executions", s.read,
                s.executions);
    }
}

/* Without an index everything but the questions about single tests is answered. */
static void open_index(struct nxd *d)
{
    struct nx_err err;
    char *dir = NULL, *aside = NULL;
    if (d->opt.no_index) {
        return;
    }
    int r = d->opt.index_dir ? 0 : indexer_default_dir(&dir, &err);
    if (r == 0) {
        r = indexer_open(&d->loop, d->opt.index_dir ? d->opt.index_dir : dir, on_indexed, d, &d->indexer,
                         &aside, &err);
    }
    if (r < 0) {
        log_err(LOG_LEVEL_WARN, "no index, so nothing about single tests is answered", &err);
    } else if (aside) {
        log_say(LOG_LEVEL_WARN, "the index was damaged; it is put aside as %s and made anew", aside);
    }
    free(aside);
    free(dir);
}

static int add_signal(struct nxd *d, uv_signal_t *s, int signum)
{
    int r = uv_signal_init(&d->loop, s);
    s->data = d;
    return r < 0 ? r : uv_signal_start(s, on_signal, signum);
}

int loop_run(struct nxd *d, struct nx_err *err)
{
    int r = uv_loop_init(&d->loop);
    if (r < 0) {
        return nx_fail(err, NX_EIO, NULL, "cannot make an event loop: %s", uv_strerror(r));
    }
    uv_timer_init(&d->loop, &d->deadline);
    feed_init(d);
    live_init(d);
    follows_init(d);
    d->terminal = isatty(STDIN_FILENO) || isatty(STDOUT_FILENO) || isatty(STDERR_FILENO);
    r = add_signal(d, &d->term, SIGTERM);
    r = r < 0 ? r : add_signal(d, &d->intr, SIGINT);
    r = r < 0 ? r : add_signal(d, &d->hup, SIGHUP);
    if (r < 0) {
        d->status = nx_code_exit(NX_EIO);
        log_say(LOG_LEVEL_ERR, "cannot listen for signals: %s", uv_strerror(r));
        nxd_shutdown(d);
    } else {
        open_index(d);
        kept_open(d);
        struct nx_err why;
        if (watcher_start(d, &why) < 0) {
            d->status = nx_code_exit(why.code);
            log_err(LOG_LEVEL_ERR, "", &why);
            nxd_shutdown(d);
        }
    }
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
    /* Not an assert alone: what was left open is our own bug also in a build without them. */
    r = uv_loop_close(&d->loop);
    if (r != 0) {
        log_say(LOG_LEVEL_ERR, "handles were left open: %s", uv_strerror(r));
        abort();
    }
    return 0;
}
