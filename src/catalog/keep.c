#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/keep.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/batch.h"
#include "catalog/held.h"

enum {
    BATCH_RUNS = 128,
    LOCK_WAIT_MS = 500,
};
static const uint64_t batch_bytes = UINT64_C(512) << 20;

/* One workspace. */
struct work {
    const struct nx_keep_opts *o;
    const struct nx_workspace *ws;
    struct held held;                /* what nextest no longer has, chosen from */
    const struct nx_run **archived;  /* by id */
    struct nx_listdoc list;          /* nextest's, as it is now */
    struct nx_listdoc mine; /* the archive's; the view may be older than it */
    bool listed, mine_read;
    struct nx_batch *batch;
    struct nx_keep_batch sum;
    bool stopped, changed;
    struct nx_err *later;            /* the first that did not stop the others; code NX_OK for none */
};

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory to keep recordings");
}

/* --- what is in the archive --- */

static int cmp_id(const void *pa, const void *pb)
{
    return strcmp((*(const struct nx_run *const *)pa)->id, (*(const struct nx_run *const *)pb)->id);
}

static int index_archived(struct work *w, struct nx_err *err)
{
    size_t n = w->ws->archived_n;
    w->archived = malloc((n + 1) * sizeof(*w->archived));
    if (!w->archived) {
        return no_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        w->archived[i] = &w->ws->archived[i];
    }
    if (n > 1) {
        qsort(w->archived, n, sizeof(*w->archived), cmp_id);
    }
    return 0;
}

static const struct nx_run *archived(const struct work *w, const struct nx_run *run)
{
    size_t n = w->ws->archived_n;
    const struct nx_run **found = n ? bsearch(&run, w->archived, n, sizeof(*w->archived), cmp_id) : NULL;
    return found ? *found : NULL;
}

/* --- recordings that are not whole --- */

void nx_keep_bad_fini(struct nx_keep_bad *b)
{
    free(b->v);
    *b = (struct nx_keep_bad){0};
}

static struct nx_bad_run *bad_of(const struct nx_keep_bad *b, const struct nx_run *run)
{
    for (size_t i = 0; i < b->n; i++) {
        if (strcmp(b->v[i].id, run->id) == 0) {
            return &b->v[i];
        }
    }
    return NULL;
}

/* Without memory for it the run is tried once more, and that is all. */
static void note_bad(struct nx_keep_bad *b, const struct nx_run *run)
{
    struct nx_bad_run *one = bad_of(b, run);
    if (!one && b->n == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 16;
        struct nx_bad_run *v = realloc(b->v, cap * sizeof(*v));
        if (!v) {
            return;
        }
        b->v = v;
        b->cap = cap;
    }
    one = one ? one : &b->v[b->n++];
    memcpy(one->id, run->id, sizeof(one->id));
    one->last_written = nx_instant_nanos(run->last_written_at);
}

/* --- which runs --- */

/* Nothing has written its log for long. */
static bool is_quiet(const struct work *w, const struct nx_run *run)
{
    struct stat st;
    char *log = nx_run_log(w->ws, run);
    bool quiet = log && stat(log, &st) == 0 && w->o->now / 1000000000 - st.st_mtim.tv_sec >= NX_KEEP_QUIET_S;
    free(log);
    return quiet;
}

static bool is_over(const struct work *w, const struct nx_run *run)
{
    return nx_run_ended(run) || (w->o->over && w->o->over(w->o->arg, w->ws, run)) || is_quiet(w, run);
}

static bool would_stay(const struct work *w, const struct nx_run *run)
{
    const struct nx_held one = {.id = run->id,
                                .last_written = nx_instant_nanos(run->last_written_at),
                                .kept = true,
                                .bytes = held_bytes(w->ws, run)};
    return nx_retain_at_once(&w->o->retain, w->held.v, w->held.n, &one, w->o->now) == NX_STAYS;
}

enum todo { NOTHING, COPY, RELIST };

static enum todo todo(const struct work *w, const struct nx_run *run)
{
    const struct nx_run *a = run->kept ? NULL : archived(w, run);
    const struct nx_bad_run *bad = bad_of(w->o->bad, run);
    if (run->kept || !w->o->copy) {
        return NOTHING;
    }
    if (a && nx_run_ended(a) == nx_run_ended(run)) {
        /* A rerun moves the time of the run that it repeats, and nothing else of it. */
        return nx_instant_cmp(a->last_written_at, run->last_written_at) == 0 ? NOTHING : RELIST;
    }
    if ((bad && bad->last_written == nx_instant_nanos(run->last_written_at)) || !is_over(w, run)) {
        return NOTHING;
    }
    return would_stay(w, run) ? COPY : NOTHING;
}

/* --- batches --- */

static int begin(struct work *w, struct nx_err *err)
{
    return w->batch ? 0 : nx_batch_open(w->ws->store->kept, w->ws->name, &w->batch, err);
}

static void tell(struct work *w)
{
    const struct nx_keep_batch *s = &w->sum;
    bool any = s->kept || s->relisted || s->missed || s->bad || s->err.code != NX_OK;
    for (size_t i = 0; i < sizeof(s->removed) / sizeof(*s->removed); i++) {
        any |= s->removed[i] > 0;
    }
    if (any && w->o->tell) {
        w->o->tell(w->o->arg, s);
    }
    w->sum = (struct nx_keep_batch){.ws = w->ws};
    nx_err_clear(&w->sum.err);
}

static int commit(struct work *w, struct nx_err *err)
{
    int rc = w->batch ? nx_batch_commit(w->batch, err) : 0;
    w->changed |= rc == 0 && w->batch && nx_batch_count(w->batch) > 0;
    nx_batch_close(w->batch);
    w->batch = NULL;
    if (rc == 0) {
        tell(w);
    }
    return rc;
}

/* --- one run --- */

static int read_mine(struct work *w, struct nx_err *err)
{
    int rc = w->mine_read ? 0 : nx_listdoc_read(w->ws->kept_dir, LOCK_WAIT_MS, false, &w->mine, err);
    w->mine_read = rc == 0;
    return rc;
}

/* What stands in nextest's list now; NULL: it was pruned meanwhile. */
static int find_entry(struct work *w, const struct nx_run *run, const struct nx_listed **ret, struct nx_err *err)
{
    int rc = read_mine(w, err);
    if (rc < 0) {
        return rc;
    }
    if (!w->listed) {
        rc = nx_listdoc_read(w->ws->runs_dir, LOCK_WAIT_MS, false, &w->list, err);
        if (rc < 0) {
            return rc;
        }
        w->listed = true;
    }
    *ret = nx_listdoc_find(&w->list, run->id);
    return 0;
}

static bool is_not_whole(int rc)
{
    return rc == -NX_EFORMAT || rc == -NX_ETRUNC || rc == -NX_ELIMIT || rc == -NX_EVERSION;
}

/* A recording that cannot be copied stops no other; an archive that cannot be written does. */
static int copy_failed(struct work *w, const struct nx_run *run, int rc, struct nx_err *err)
{
    if (rc == -NX_EGONE) {
        w->sum.missed++;
        return 0;
    }
    if (!is_not_whole(rc) && rc != -NX_EIO) {
        return rc;
    }
    if (is_not_whole(rc)) {
        w->sum.bad++;
        note_bad(w->o->bad, run);
    } else if (w->later->code == NX_OK) {
        *w->later = *err;
    }
    if (w->sum.err.code == NX_OK) {
        w->sum.err = *err;
    }
    return 0;
}

static int copy(struct work *w, const struct nx_run *run, const struct nx_listed *entry, struct nx_err *err)
{
    struct nx_copied c;
    char *dir = nx_run_dir(w->ws, run);
    int rc = dir ? nx_batch_add(w->batch, dir, entry, &c, err) : no_memory(err);
    free(dir);
    if (rc < 0) {
        return copy_failed(w, run, rc, err);
    }
    w->sum.kept++;
    w->sum.bytes += c.log_bytes + c.store_bytes;
    w->sum.shared += c.shared;
    return 0;
}

/* A pass may have done it since the view was taken. */
static enum todo still_todo(const struct work *w, enum todo what, const struct nx_listed *entry)
{
    const struct nx_listed *mine = nx_listdoc_find(&w->mine, entry->id);
    if (!mine || mine->ended != entry->ended) {
        return what == COPY ? COPY : NOTHING;
    }
    return nx_slice_eq(mine->text, entry->text) ? NOTHING : RELIST;
}

static int one_run(struct work *w, const struct nx_run *run, struct nx_err *err)
{
    const struct nx_listed *entry = NULL;
    enum todo what = todo(w, run);
    if (what == NOTHING) {
        return 0;
    }
    if (what == COPY && w->o->step && w->o->step(w->o->arg) != 0) {
        w->stopped = true;
        return 0;
    }
    int rc = find_entry(w, run, &entry, err);
    if (rc == 0 && !entry) {
        w->sum.missed++;
    }
    if (rc < 0 || !entry || (what = still_todo(w, what, entry)) == NOTHING) {
        return rc;
    }
    rc = begin(w, err);
    if (rc < 0) {
        return rc;
    }
    if (what == RELIST) {
        rc = nx_batch_relist(w->batch, entry, err);
        w->sum.relisted += rc == 0;
    } else {
        rc = copy(w, run, entry, err);
    }
    if (rc == 0 && (nx_batch_count(w->batch) >= BATCH_RUNS || w->sum.bytes >= batch_bytes)) {
        rc = commit(w, err);
    }
    return rc;
}

/* --- a workspace --- */

static int remove_old(struct work *w, struct nx_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < w->held.n; i++) {
        const struct nx_held *h = &w->held.v[i];
        if (!h->kept || h->goes == NX_STAYS) {
            continue;
        }
        rc = read_mine(w, err);
        if (rc < 0 || !nx_listdoc_find(&w->mine, h->id)) {
            continue; /* gone already: the view is behind */
        }
        rc = begin(w, err);
        rc = rc < 0 ? rc : nx_batch_remove(w->batch, h->id, err);
        w->sum.removed[h->goes] += rc == 0;
        w->sum.removed_bytes += rc == 0 ? h->bytes : 0;
    }
    return rc;
}

static int all_runs(struct work *w, struct nx_err *err)
{
    int rc = remove_old(w, err);
    for (size_t i = 0; rc == 0 && i < w->ws->n && !w->stopped; i++) {
        rc = one_run(w, &w->ws->list[i], err);
    }
    if (rc == 0) {
        return commit(w, err);
    }
    /* What was copied before is whole. */
    struct nx_err *other = malloc(sizeof(*other));
    if (other) {
        (void)!commit(w, other);
    }
    free(other);
    return rc;
}

static int one_workspace(struct work *w, int64_t workspace, struct nx_err *err)
{
    nx_err_clear(&w->sum.err);
    int rc = held_gather(&w->held, w->ws, w->o->index, workspace, err);
    if (rc < 0) {
        return rc;
    }
    nx_retain_choose(&w->o->retain, w->held.v, w->held.n, w->o->now);
    rc = index_archived(w, err);
    if (rc == 0) {
        rc = all_runs(w, err);
    }
    nx_batch_close(w->batch);
    nx_listdoc_fini(&w->list);
    nx_listdoc_fini(&w->mine);
    free(w->archived);
    held_fini(&w->held);
    return rc;
}

static size_t nth_store(const struct nx_view *view, const struct nx_store *store)
{
    size_t i = 0;
    while (i < view->stores_n && view->stores[i].store != store) {
        i++;
    }
    return i;
}

/* Nothing is known of what nextest has where its list cannot be read, or its store is away. */
static bool is_known(const struct nx_view *view, const struct nx_workspace *ws)
{
    return ws->store->kept && !ws->problem && !nx_view_store_err(view, ws);
}

static int all_workspaces(const struct nx_view *view, const struct nx_keep_opts *o,
                          const struct held_workspaces *known, bool *changed, struct nx_err *later,
                          struct nx_err *err)
{
    bool *failed = calloc(view->stores_n + 1, sizeof(*failed));
    bool stopped = !failed;
    int rc = failed ? 0 : no_memory(err);
    for (size_t i = 0; i < view->n && !stopped; i++) {
        size_t nth = nth_store(view, view->v[i]->store);
        if (!o->taken[nth] || failed[nth] || !is_known(view, view->v[i])) {
            continue;
        }
        struct work w = {.o = o, .ws = view->v[i], .sum = {.ws = view->v[i]}, .later = later};
        int r = one_workspace(&w, o->index ? held_workspace_id(known, w.ws) : 0, rc == 0 ? err : later);
        rc = rc == 0 ? r : rc;
        failed[nth] = r < 0;
        stopped = w.stopped;
        *changed |= w.changed;
    }
    free(failed);
    return rc;
}

int nx_keep(const struct nx_view *view, const struct nx_keep_opts *o, bool *ret_changed, struct nx_err *err)
{
    struct held_workspaces known = {0};
    struct nx_err *later = malloc(sizeof(*later));
    *ret_changed = false;
    if (!later) {
        return no_memory(err);
    }
    nx_err_clear(later);
    int rc = o->index ? held_workspaces(o->index, &known, err) : 0;
    if (rc == 0) {
        rc = all_workspaces(view, o, &known, ret_changed, later, err);
    }
    if (rc == 0 && later->code != NX_OK) {
        *err = *later;
        rc = -(int)later->code;
    }
    held_workspaces_fini(&known);
    free(later);
    return rc;
}
