#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/shelf.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "recording/recording.h"
#include "store/runlist.h"

enum {
    /* A cut name's path is asked of so many recordings, newest first: a run that goes on has no store.zip. */
    PATH_TRIES = 8,
};

/* The runs apart from their workspace: a list that cannot be read any more goes on showing them. */
struct runs {
    atomic_size_t refs;
    struct nx_runlist list;
    const struct nx_run **sorted;
    const struct nx_run *latest;
};

/* What tells one version of the list's file from another: nextest replaces it by rename. */
struct mark {
    bool there;
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime, ctime;
};

struct nx_shelf {
    struct nx_workspace pub;
    atomic_size_t refs;
    struct runs *runs;
    struct mark mark;
    char *name, *path, *runs_dir, *problem;
    struct nx_err *err;
};

static void runs_unref(struct runs *r)
{
    if (r && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1) {
        nx_runlist_fini(&r->list);
        free(r->sorted);
        free(r);
    }
}

struct nx_shelf *nx_shelf_ref(struct nx_shelf *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void nx_shelf_unref(struct nx_shelf *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    runs_unref(s->runs);
    free(s->name);
    free(s->path);
    free(s->runs_dir);
    free(s->problem);
    free(s->err);
    free(s);
}

const struct nx_workspace *nx_shelf_workspace(const struct nx_shelf *s)
{
    return &s->pub;
}

int nx_problem_new(const struct nx_err *e, char **ret_text, struct nx_err **ret)
{
    enum { TEXT = NX_ERR_OBJECT + NX_ERR_WHY + 128 };
    char *text = malloc(TEXT);
    struct nx_err *copy = malloc(sizeof(*copy));
    if (!text || !copy) {
        free(text);
        free(copy);
        return -NX_ENOMEM;
    }
    *copy = *e;
    nx_err_text(e, text, TEXT);
    *ret_text = text;
    *ret = copy;
    return 0;
}

static int cmp_newest(const void *pa, const void *pb)
{
    const struct nx_run *a = *(const struct nx_run *const *)pa, *b = *(const struct nx_run *const *)pb;
    int c = nx_instant_cmp(b->started_at, a->started_at);
    return c ? c : strcmp(b->id, a->id);
}

/* Takes the list, also on failure. */
static struct runs *runs_new(struct nx_runlist *list)
{
    struct runs *r = calloc(1, sizeof(*r));
    const struct nx_run **sorted = calloc(list->n ? list->n : 1, sizeof(*sorted));
    if (!r || !sorted) {
        free(r);
        free(sorted);
        nx_runlist_fini(list);
        return NULL;
    }
    atomic_init(&r->refs, 1);
    r->list = *list;
    r->sorted = sorted;
    for (size_t i = 0; i < list->n; i++) {
        const struct nx_run *run = &list->v[i];
        sorted[i] = run;
        if (!r->latest || nx_instant_cmp(run->started_at, r->latest->started_at) >= 0) {
            r->latest = run;
        }
    }
    if (list->n > 1) {
        qsort(sorted, list->n, sizeof(*sorted), cmp_newest);
    }
    return r;
}

static struct mark mark_of(const char *runs_dir)
{
    struct mark m;
    memset(&m, 0, sizeof(m));
    struct nx_strbuf path;
    struct stat st;
    nx_strbuf_init(&path, 0);
    nx_strbuf_adds(&path, runs_dir);
    nx_strbuf_adds(&path, "/runs.json.zst");
    if (!path.failed && stat(path.p, &st) == 0) {
        m.there = true;
        m.dev = st.st_dev;
        m.ino = st.st_ino;
        m.size = st.st_size;
        m.mtime = st.st_mtim;
        m.ctime = st.st_ctim;
    }
    nx_strbuf_fini(&path);
    return m;
}

static bool mark_same(const struct mark *a, const struct mark *b)
{
    return a->there == b->there && a->dev == b->dev && a->ino == b->ino && a->size == b->size
           && a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec
           && a->ctime.tv_sec == b->ctime.tv_sec && a->ctime.tv_nsec == b->ctime.tv_nsec;
}

/* Is `path`, or what it resolves to, the workspace whose folder is `name`? Takes path; owned or NULL. */
static char *matching(char *path, const char *name)
{
    for (int i = 0; path && i < 2; i++) {
        char *enc = nx_workspace_encode(path);
        bool same = enc && strcmp(enc, name) == 0;
        free(enc);
        if (same) {
            return path;
        }
        char *real = i == 0 ? realpath(path, NULL) : NULL;
        free(path);
        path = real;
    }
    free(path);
    return NULL;
}

/* A name that was cut cannot be decoded; a recording's cargo metadata tells the path. Owned, or NULL. */
static char *path_from_recordings(const char *name, const char *runs_dir, const struct runs *runs)
{
    char *found = NULL;
    struct nx_err *e = malloc(sizeof(*e));
    for (size_t i = 0; e && !found && i < runs->list.n && i < PATH_TRIES; i++) {
        struct nx_recording *rec = NULL;
        char *root = NULL, *dir = nx_store_run_dir(runs_dir, runs->sorted[i]->id);
        if (dir && nx_recording_open_dir(dir, runs->sorted[i], &rec, e) == 0
            && nx_recording_workspace(rec, &root, e) == 0) {
            found = matching(root, name);
        }
        nx_recording_close(rec);
        free(dir);
    }
    free(e);
    return found;
}

static char *path_of(const char *name, const char *runs_dir, const struct runs *runs,
                     const struct nx_shelf *old)
{
    if (!nx_workspace_name_is_cut(name)) {
        char *path = nx_workspace_decode(name);
        /* A folder that somebody made by hand may decode to a path that would be encoded otherwise. */
        return path ? matching(path, name) : NULL;
    }
    if (old && old->path) {
        return strdup(old->path);
    }
    return path_from_recordings(name, runs_dir, runs);
}

static void publish(struct nx_shelf *s)
{
    s->pub.name = s->name;
    s->pub.path = s->path;
    s->pub.runs_dir = s->runs_dir;
    s->pub.v = s->runs->sorted;
    s->pub.n = s->runs->list.n;
    s->pub.list = s->runs->list.v;
    s->pub.latest = s->runs->latest;
    s->pub.problem = s->problem;
    s->pub.err = s->err;
    s->pub.newer = s->runs->list.newer;
}

/* The runs to show: read now, or the old ones and a problem. */
static int load(struct nx_shelf *s, struct nx_shelf *old, unsigned wait_ms)
{
    struct nx_runlist list = {0};
    struct nx_err *e = calloc(1, sizeof(*e));
    if (!e) {
        return -NX_ENOMEM;
    }
    int rc = nx_runlist_read(s->runs_dir, wait_ms, &list, e);
    if (rc < 0) {
        rc = rc == -NX_ENOMEM ? rc : nx_problem_new(e, &s->problem, &s->err);
    }
    free(e);
    if (rc < 0) {
        return rc;
    }
    if (s->problem && old) {
        s->runs = old->runs;
        atomic_fetch_add_explicit(&s->runs->refs, 1, memory_order_relaxed);
    } else {
        s->runs = runs_new(&list);
    }
    return s->runs ? 0 : -NX_ENOMEM;
}

int nx_shelf_take(const struct nx_store *store, const struct nx_workspace_dir *dir, struct nx_shelf *old,
                  unsigned wait_ms, struct nx_shelf **ret)
{
    /* Marked before it is read: a list that changes in between is read again by the next view. */
    struct mark mark = mark_of(dir->runs_dir);
    if (old && !old->problem && mark_same(&mark, &old->mark) && strcmp(old->runs_dir, dir->runs_dir) == 0) {
        *ret = nx_shelf_ref(old);
        return 0;
    }
    struct nx_shelf *s = calloc(1, sizeof(*s));
    if (!s) {
        return -NX_ENOMEM;
    }
    atomic_init(&s->refs, 1);
    s->mark = mark;
    s->pub.store = store;
    s->name = strdup(dir->name);
    s->runs_dir = strdup(dir->runs_dir);
    if (!s->name || !s->runs_dir || load(s, old, wait_ms) < 0) {
        nx_shelf_unref(s);
        return -NX_ENOMEM;
    }
    s->path = path_of(s->name, s->runs_dir, s->runs, old);
    publish(s);
    *ret = s;
    return 0;
}
