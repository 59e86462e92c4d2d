#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/indexer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog/growing.h"
#include "catalog/keep.h"
#include "daemon/log.h"
#include "io/dirs.h"
#include "state/home.h"

enum { CONNECTIONS_KEPT = 4, READ_AT_LEAST = 16, AGAIN_MS = 600000 /* between passes that only time asks for */ };

struct indexer {
    char *path;
    struct nx_index *writer; /* the thread's */
    struct nx_growing *growing; /* likewise: logs that go on, of this writer */
    uv_thread_t thread;
    uv_async_t async;
    void (*changed)(void *arg);
    void *arg;
    uint64_t offered_at;     /* the loop's milliseconds */

    uv_mutex_t lock; /* what follows */
    uv_cond_t wake;
    struct nx_view *next; /* offered, not yet begun */
    struct nx_retain retain;
    bool stop;
    struct indexer_state state;
    struct nx_index *idle[CONNECTIONS_KEPT];
    size_t idle_n;
};

int indexer_default_dir(char **ret, struct nx_err *err)
{
    const char *given = getenv("STATE_DIRECTORY");
    if (!given || given[0] != '/') {
        return nx_home_dir(ret, err);
    }
    *ret = strndup(given, strcspn(given, ":"));
    return *ret ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory for a path");
}

/* --- the writer --- */

struct pass { /* one reconcile */
    struct indexer *ix;
    unsigned read;
};

/* A newer view has newer runs, and a first index takes long: it comes first, once this pass has got on a
 * little. */
static int heed_stop(void *arg, const struct nx_run *run)
{
    struct pass *p = arg;
    (void)run;
    uv_mutex_lock(&p->ix->lock);
    bool stop = p->ix->stop || (p->ix->next && p->read >= READ_AT_LEAST);
    uv_mutex_unlock(&p->ix->lock);
    p->read++;
    return stop;
}

/* The database was damaged while it was open, or is another file by now: begin it anew, everything comes back
 * from the recordings. *ret_told says so. */
static int reopen(struct indexer *ix, bool damaged, struct nx_err *ret_told, struct nx_err *err)
{
    char *aside = NULL;
    nx_growing_free(ix->growing);
    ix->growing = NULL;
    nx_index_close(ix->writer);
    ix->writer = NULL;
    int r = damaged ? nx_index_set_aside(ix->path, &aside, err) : 0;
    if (r == 0) {
        r = nx_index_open(ix->path, NX_INDEX_WRITE, &ix->writer, aside ? NULL : &aside, err);
    }
    if (aside) {
        (void)nx_fail(ret_told, NX_EFORMAT, ix->path, "was damaged; it is put aside as %s and made anew",
                      aside);
    }
    free(aside);
    return r;
}

static int heed_stop_too(void *arg)
{
    struct pass *p = arg;
    uv_mutex_lock(&p->ix->lock);
    bool stop = p->ix->stop;
    uv_mutex_unlock(&p->ix->lock);
    return stop;
}

/* The history that retention does not want any more. The pages are used again: the file does not shrink, and does not
 * grow for what comes in their place. */
static int forget(struct indexer *ix, struct nx_view *view, struct pass *pass, uint64_t *ret_n, struct nx_err *err)
{
    struct timespec now;
    uv_mutex_lock(&ix->lock);
    struct nx_retain retain = ix->retain;
    uv_mutex_unlock(&ix->lock);
    clock_gettime(CLOCK_REALTIME, &now);
    int r = nx_forget(ix->writer, view, &retain, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, heed_stop_too, pass,
                      ret_n, err);
    if (*ret_n > 0) {
        log_say(LOG_LEVEL_INFO, "forgot %" PRIu64 " runs that nextest has pruned, by age and number", *ret_n);
    }
    return r;
}

static void reconcile(struct indexer *ix, struct nx_view *view)
{
    struct pass pass = {.ix = ix};
    struct nx_err err, refused, told;
    struct nx_reconcile_opts opts = {.step = heed_stop, .arg = &pass, .refused = &refused};
    struct nx_reconciled sum = {0};
    nx_err_clear(&refused);
    nx_err_clear(&told);
    int r = ix->writer && !nx_index_replaced(ix->writer) ? 0 : reopen(ix, false, &told, &err);
    if (!ix->growing) {
        ix->growing = nx_growing_new(); /* without memory every log is read anew */
    }
    opts.growing = ix->growing;
    if (r == 0) {
        r = nx_reconcile(ix->writer, view, &opts, &sum, &err);
    }
    if (r == -NX_EFORMAT && (r = reopen(ix, true, &told, &err)) == 0) {
        opts.growing = NULL;
        r = nx_reconcile(ix->writer, view, &opts, &sum, &err);
    }
    uint64_t forgotten = 0;
    if (r == 0 && !sum.stopped) {
        r = forget(ix, view, &pass, &forgotten, &err);
    }
    uv_mutex_lock(&ix->lock);
    struct indexer_state *s = &ix->state;
    bool news = forgotten || sum.read || sum.gone || sum.changed || s->generation == 0 || r < 0;
    s->generation += news;
    s->read += sum.read;
    s->executions += sum.executions;
    s->bad += sum.bad;
    s->err = r < 0 ? err : told.code != NX_OK ? told : refused;
    uv_mutex_unlock(&ix->lock);
    if (news) {
        uv_async_send(&ix->async);
    }
}

static void writer(void *arg)
{
    struct indexer *ix = arg;
    uv_mutex_lock(&ix->lock);
    while (!ix->stop) {
        struct nx_view *view = ix->next;
        ix->next = NULL;
        ix->state.busy = view != NULL;
        if (!view) {
            uv_cond_wait(&ix->wake, &ix->lock);
            continue;
        }
        uv_mutex_unlock(&ix->lock);
        reconcile(ix, view);
        nx_view_unref(view);
        uv_mutex_lock(&ix->lock);
    }
    uv_mutex_unlock(&ix->lock);
}

/* --- from the loop --- */

static void on_async(uv_async_t *a)
{
    struct indexer *ix = a->data;
    ix->changed(ix->arg);
}

static void free_parts(struct indexer *ix)
{
    for (size_t i = 0; i < ix->idle_n; i++) {
        nx_index_close(ix->idle[i]);
    }
    nx_growing_free(ix->growing);
    nx_index_close(ix->writer); /* last: only it can put the write-ahead log into the database */
    nx_view_unref(ix->next);
    free(ix->path);
    free(ix);
}

int indexer_open(uv_loop_t *loop, const char *dir, void (*changed)(void *arg), void *arg,
                 struct indexer **ret, char **ret_aside, struct nx_err *err)
{
    struct indexer *ix = calloc(1, sizeof *ix);
    char path[4096];
    int r = ix ? nx_dirs_make(dir, err) : nx_fail(err, NX_ENOMEM, dir, "no memory for the index");
    if (r == 0 &&
        (snprintf(path, sizeof path, "%s/" NX_HOME_INDEX, dir) >= (int)sizeof path || !(ix->path = strdup(path)))) {
        r = nx_fail(err, NX_ENOMEM, dir, "no memory for the index");
    }
    if (r == 0) {
        r = nx_index_open(ix->path, NX_INDEX_WRITE, &ix->writer, ret_aside, err);
        if (r == -NX_EWRITE || r == -NX_EIO || r == -NX_ELOCKED) {
            r = 0; /* it is opened again with the first view, and said then if that fails too */
        }
    }
    if (r < 0) {
        if (ix) {
            free_parts(ix);
        }
        return r;
    }
    ix->changed = changed;
    ix->arg = arg;
    ix->async.data = ix;
    if (uv_mutex_init(&ix->lock) != 0 || uv_cond_init(&ix->wake) != 0 ||
        uv_async_init(loop, &ix->async, on_async) != 0 || uv_thread_create(&ix->thread, writer, ix) != 0) {
        abort(); /* the system has no threads left: nothing else would work either */
    }
    *ret = ix;
    return 0;
}

void indexer_retain(struct indexer *ix, const struct nx_retain *retain)
{
    uv_mutex_lock(&ix->lock);
    ix->retain = *retain;
    uv_mutex_unlock(&ix->lock);
}

bool indexer_wants(struct indexer *ix)
{
    uv_mutex_lock(&ix->lock);
    bool ages = ix->retain.has_age, failed = ix->state.err.code != NX_OK;
    uv_mutex_unlock(&ix->lock);
    return failed || (ages && uv_now(ix->async.loop) - ix->offered_at >= AGAIN_MS);
}

void indexer_offer(struct indexer *ix, struct nx_view *view)
{
    ix->offered_at = uv_now(ix->async.loop);
    uv_mutex_lock(&ix->lock);
    nx_view_unref(ix->next);
    ix->next = nx_view_ref(view);
    uv_cond_signal(&ix->wake);
    uv_mutex_unlock(&ix->lock);
}

static void on_closed(uv_handle_t *h)
{
    struct indexer *ix = h->data;
    uv_cond_destroy(&ix->wake);
    uv_mutex_destroy(&ix->lock);
    free_parts(ix);
}

void indexer_close(struct indexer *ix)
{
    if (!ix) {
        return;
    }
    uv_mutex_lock(&ix->lock);
    ix->stop = true;
    uv_cond_signal(&ix->wake);
    uv_mutex_unlock(&ix->lock);
    uv_thread_join(&ix->thread);
    uv_close((uv_handle_t *)&ix->async, on_closed);
}

/* --- readers --- */

int indexer_borrow(struct indexer *ix, struct nx_index **ret, struct nx_err *err)
{
    struct nx_index *conn = NULL;
    do {
        nx_index_close(conn);
        uv_mutex_lock(&ix->lock);
        conn = ix->idle_n > 0 ? ix->idle[--ix->idle_n] : NULL;
        uv_mutex_unlock(&ix->lock);
    } while (conn && nx_index_replaced(conn));
    if (conn) {
        *ret = conn;
        return 0;
    }
    return nx_index_open(ix->path, NX_INDEX_READ, ret, NULL, err);
}

void indexer_return(struct indexer *ix, struct nx_index *conn, bool damaged)
{
    uv_mutex_lock(&ix->lock);
    if (!damaged && ix->idle_n < CONNECTIONS_KEPT) {
        ix->idle[ix->idle_n++] = conn;
        conn = NULL;
    }
    uv_mutex_unlock(&ix->lock);
    nx_index_close(conn);
}

struct indexer_state indexer_look(struct indexer *ix)
{
    uv_mutex_lock(&ix->lock);
    struct indexer_state s = ix->state;
    uv_mutex_unlock(&ix->lock);
    return s;
}
