#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "catalog/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog/growing.h"
#include "catalog/reconcile_stores.h"
#include "recording/recording.h"
#include "store/run_write.h"

/* What the index has of a workspace's runs. */
struct had {
    char uuid[37];
    int64_t id, last_written, log_mtime;
    uint64_t log_size;
    enum nx_depth depth;
    bool on_disk;
    char status[24];
};

enum { NOTHING_READ = 1 };

struct work {
    struct nx_index *ix;
    const struct nx_reconcile_opts *opts;
    struct nx_reconciled *sum;
    int64_t workspace;
    struct had *had; /* by uuid */
    size_t had_n, had_cap;
    int64_t *ids;    /* of the runs on disk */
    size_t ids_n;
    const char **runs; /* opts->runs, sorted */
    size_t runs_n;
    struct nx_strbuf entry;
};

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory to compare runs");
}

/* --- what the index has --- */

static int remember(void *arg, const struct nx_run_row *row)
{
    struct work *w = arg;
    if (w->had_n == w->had_cap) {
        size_t cap = w->had_cap ? w->had_cap * 2 : 64;
        struct had *v = realloc(w->had, cap * sizeof *v);
        if (!v)
            return -NX_ENOMEM;
        w->had = v;
        w->had_cap = cap;
    }
    struct had *h = &w->had[w->had_n++];
    *h = (struct had){.id = row->id,
                      .last_written = row->last_written,
                      .log_mtime = row->log_mtime,
                      .log_size = row->log_size,
                      .depth = row->depth,
                      .on_disk = row->on_disk};
    snprintf(h->uuid, sizeof h->uuid, "%s", row->uuid);
    snprintf(h->status, sizeof h->status, "%s", row->status);
    return 0;
}

static int by_uuid(const void *a, const void *b)
{
    return memcmp(((const struct had *)a)->uuid, ((const struct had *)b)->uuid, 36);
}

static const struct had *find_had(const struct work *w, const char *uuid)
{
    struct had key;
    memcpy(key.uuid, uuid, sizeof key.uuid);
    return w->had_n ? bsearch(&key, w->had, w->had_n, sizeof key, by_uuid) : NULL;
}

/* --- one run --- */

struct found { /* a run's log as it lies there */
    char *dir;
    bool has_log, readable;
    uint64_t size;
    int64_t mtime;
    dev_t dev;
    ino_t ino;
};

static int look(const struct nx_workspace *ws, const struct nx_run *run, struct found *f, struct nx_err *err)
{
    char path[4200];
    struct stat st;
    *f = (struct found){.dir = nx_run_dir(ws, run)};
    if (!f->dir)
        return no_memory(err);
    snprintf(path, sizeof path, "%s/run.log.zst", f->dir);
    f->has_log = stat(path, &st) == 0 && S_ISREG(st.st_mode);
    if (f->has_log) {
        f->size = (uint64_t)st.st_size;
        f->dev = st.st_dev;
        f->ino = st.st_ino;
        f->mtime = nx_instant_nanos((struct nx_instant){st.st_mtim.tv_sec, (uint32_t)st.st_mtim.tv_nsec, 0});
    }
    f->readable = f->has_log && nx_run_check_version(run, false, NULL, NULL) == 0;
    return 0;
}

static bool same_listing(const struct had *h, const struct nx_run *run)
{
    return h->on_disk && h->last_written == nx_instant_nanos(run->last_written_at) &&
           strncmp(h->status, run->status_text, sizeof h->status - 1) == 0;
}

/* Does its log hold something that the index does not have? */
static bool must_read(const struct had *h, const struct found *f)
{
    if (!f->readable)
        return false;
    return !h || (h->depth != NX_DEPTH_WHOLE && h->depth != NX_DEPTH_PART) || h->log_size != f->size ||
           h->log_mtime != f->mtime;
}

/* What the system refuses now it may give later: what was read till then is shown, and read again. */
static int note_refused(struct work *w, const struct nx_err *refused, struct nx_run_row *row)
{
    if (refused->code == NX_EIO) {
        row->log_mtime = 0; /* no file's */
        if (w->sum->refused++ == 0 && w->opts->refused)
            *w->opts->refused = *refused;
    }
    return refused->code != NX_OK && row->depth == NX_DEPTH_LISTED ? NOTHING_READ : 0;
}

/* Where the run's log was left at the last look, or its start. */
static int begin_reading(struct work *w, const struct had *h, const struct nx_run *run, const struct found *f,
                         const struct nx_run_row *row, struct nx_grow **ret, struct nx_err *err)
{
    *ret = h && w->opts->growing ? nx_growing_take(w->opts->growing, h->id, h->log_size, h->log_mtime, f->dev, f->ino, f->size)
                                 : NULL;
    if (*ret)
        return 0;
    struct nx_grow *one = calloc(1, sizeof *one);
    if (!one)
        return no_memory(err);
    one->run = row->id;
    one->dev = f->dev;
    one->ino = f->ino;
    int rc = nx_recording_open_dir(f->dir, run, &one->rec, err);
    if (rc == 0)
        rc = nx_absorb_new(w->ix, row->id, row->started, &one->absorb, err);
    if (rc == 0)
        rc = nx_logread_open(one->absorb, one->rec, &one->log, err);
    if (rc < 0)
        nx_grow_close(one);
    else
        *ret = one;
    return rc;
}

static int absorb_run(struct work *w, struct nx_grow *one, struct nx_run_row *row, struct nx_err *err)
{
    struct nx_err refused;
    int rc = nx_logread_more(one->log, row, &refused, err);
    if (rc == 0)
        rc = note_refused(w, &refused, row);
    if (rc == 0)
        rc = nx_absorb_write(one->absorb, row, err);
    if (rc == 0)
        rc = nx_index_put_run(w->ix, row, &row->id, err);
    if (rc == 0) {
        w->sum->read++;
        w->sum->executions += row->tally.executions;
        w->sum->bad += row->bad_lines > 0;
    }
    one->size = row->log_size;
    one->mtime = row->log_mtime;
    return rc;
}

/* What was read is written, or taken back. */
static void end_reading(struct work *w, const struct nx_run *run, struct nx_grow *one, int rc)
{
    if (one && rc == 0 && w->opts->growing && !nx_run_ended(run))
        nx_growing_keep(w->opts->growing, one);
    else
        nx_grow_close(one);
}

/* In one transaction: the list entry, and the log where it must be read. A run whose log is gone keeps what
 * was read before. */
static int write_run(struct work *w, const struct had *h, const struct nx_run *run, const struct found *f,
                     bool read, struct nx_run_row *row, struct nx_err *err)
{
    struct nx_grow *one = NULL;
    int rc = nx_index_begin(w->ix, err);
    if (rc < 0)
        return rc;
    if (h) {
        row->id = h->id;
        rc = nx_index_relist_run(w->ix, row, err);
    } else {
        row->depth = w->opts->listed_only || f->readable ? NX_DEPTH_LISTED : NX_DEPTH_CLOSED;
        rc = nx_index_put_run(w->ix, row, &row->id, err);
    }
    if (rc == 0 && read)
        rc = begin_reading(w, h, run, f, row, &one, err);
    if (rc == 0 && read)
        rc = absorb_run(w, one, row, err);
    if (rc == 0)
        rc = nx_index_commit(w->ix, err);
    if (rc != 0)
        nx_index_rollback(w->ix);
    end_reading(w, run, one, rc);
    /* What was known of it stays, and it is tried again. */
    return rc == NOTHING_READ ? write_run(w, h, run, f, false, row, err) : rc;
}

static int changed_run(struct work *w, const struct had *h, const struct nx_run *run, const struct found *f,
                       bool read, struct nx_err *err)
{
    struct nx_json json;
    nx_strbuf_clear(&w->entry);
    nx_json_init(&json, &w->entry);
    nx_run_write(&json, run);
    if (w->entry.failed)
        return no_memory(err);
    struct nx_run_row row = {
        .workspace = w->workspace,
        .uuid = run->id,
        .started = nx_instant_nanos(run->started_at),
        .last_written = nx_instant_nanos(run->last_written_at),
        .status = run->status_text,
        .entry = w->entry.p,
        .on_disk = true,
        .log_size = f->size,
        .log_mtime = f->mtime,
    };
    int rc = write_run(w, h, run, f, read, &row, err);
    if (rc == 0) {
        w->ids[w->ids_n++] = row.id;
        w->sum->changed++;
    }
    return rc;
}

static int one_run(struct work *w, const struct nx_workspace *ws, const struct nx_run *run,
                   struct nx_err *err)
{
    const struct had *h = find_had(w, run->id);
    struct found f = {0};
    bool read = false;
    int rc = 0;
    /* What was read whole is not looked at again: no file of it is touched. */
    if (!w->opts->listed_only && !(h && h->depth == NX_DEPTH_WHOLE && same_listing(h, run))) {
        rc = look(ws, run, &f, err);
        read = rc == 0 && must_read(h, &f);
    }
    if (rc < 0) {
        free(f.dir);
        return rc;
    }
    if (h && same_listing(h, run) && !read)
        w->ids[w->ids_n++] = h->id;
    else if (read && w->opts->step && w->opts->step(w->opts->arg, run) != 0)
        w->sum->stopped = true;
    else
        rc = changed_run(w, h, run, &f, read, err);
    free(f.dir);
    return rc;
}

/* --- a workspace --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool wanted(const struct work *w, const struct nx_run *run, size_t nth)
{
    const char *id = run->id;
    if (w->opts->newest && nth >= w->opts->newest)
        return false;
    return !w->opts->runs || (w->runs_n && bsearch(&id, w->runs, w->runs_n, sizeof *w->runs, by_text));
}

static int sort_wanted(struct work *w, struct nx_err *err)
{
    for (w->runs_n = 0; w->opts->runs && w->opts->runs[w->runs_n];)
        w->runs_n++;
    w->runs = calloc(w->runs_n + 1, sizeof *w->runs);
    if (!w->runs)
        return no_memory(err);
    if (w->runs_n > 0) {
        memcpy(w->runs, w->opts->runs, w->runs_n * sizeof *w->runs);
        qsort(w->runs, w->runs_n, sizeof *w->runs, by_text);
    }
    return 0;
}

/* Of a few runs each is looked up, of many the workspace's are walked through. */
static int recall(struct work *w, struct nx_err *err)
{
    enum { FEW = 1000 };
    struct nx_run_filter f = {.workspace = w->workspace};
    int rc = 0;
    w->had_n = w->ids_n = 0;
    if (!w->opts->runs || w->runs_n > FEW)
        rc = nx_index_runs(w->ix, &f, remember, w, err);
    else
        for (size_t i = 0; i < w->runs_n && rc == 0; i++) {
            f.uuid = w->runs[i];
            rc = nx_index_runs(w->ix, &f, remember, w, err);
        }
    if (w->had_n > 0)
        qsort(w->had, w->had_n, sizeof *w->had, by_uuid);
    return rc == -NX_ENOMEM ? no_memory(err) : rc;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int mark_gone(struct work *w, const struct nx_view *view, const struct nx_workspace *ws,
                     struct nx_err *err)
{
    uint64_t n = 0;
    if (w->ids_n > 0)
        qsort(w->ids, w->ids_n, sizeof *w->ids, by_number);
    /* A list that cannot be read, or a store that is away, says nothing about what is gone. */
    if (ws->problem || nx_view_store_err(view, ws) || w->sum->stopped || w->opts->runs || w->opts->newest)
        return 0;
    int rc = nx_index_begin(w->ix, err);
    if (rc == 0)
        rc = nx_index_keep_only(w->ix, w->workspace, w->ids, w->ids_n, &n, err);
    if (rc == 0)
        rc = nx_index_commit(w->ix, err);
    if (rc < 0)
        nx_index_rollback(w->ix);
    w->sum->gone += n;
    return rc;
}

static int one_workspace(struct work *w, const struct nx_view *view, const struct nx_workspace *ws,
                         struct nx_err *err)
{
    int rc = nx_index_begin(w->ix, err);
    if (rc == 0)
        rc = nx_index_workspace(w->ix, ws->store->name, ws->name, ws->path, &w->workspace, err);
    if (rc == 0)
        rc = nx_index_commit(w->ix, err);
    if (rc < 0) {
        nx_index_rollback(w->ix);
        return rc;
    }
    rc = recall(w, err);
    if (rc < 0)
        return rc;
    free(w->ids);
    w->ids = malloc((ws->n + 1) * sizeof *w->ids);
    if (!w->ids)
        return no_memory(err);
    for (size_t i = 0; i < ws->n && rc == 0 && !w->sum->stopped; i++)
        if (wanted(w, ws->v[i], i))
            rc = one_run(w, ws, ws->v[i], err);
    return rc < 0 ? rc : mark_gone(w, view, ws, err);
}

int nx_reconcile(struct nx_index *ix, const struct nx_view *view, const struct nx_reconcile_opts *opts,
                 struct nx_reconciled *ret, struct nx_err *err)
{
    struct work w = {.ix = ix, .opts = opts, .sum = ret};
    *ret = (struct nx_reconciled){0};
    nx_err_clear(opts->refused);
    if (opts->growing)
        nx_growing_look(opts->growing);
    nx_strbuf_init(&w.entry, 0);
    int rc = sort_wanted(&w, err);
    if (rc == 0)
        rc = nx_reconcile_stores(ix, view, err);
    for (size_t i = 0; i < view->n && rc == 0 && !ret->stopped; i++)
        if (!opts->workspace || opts->workspace == view->v[i])
            rc = one_workspace(&w, view, view->v[i], err);
    if (rc == 0 && !ret->stopped && !opts->workspace && !opts->runs && !opts->newest)
        rc = nx_reconcile_vanished(ix, view, &ret->gone, err);
    nx_strbuf_fini(&w.entry);
    free(w.runs);
    free(w.had);
    free(w.ids);
    return rc;
}
