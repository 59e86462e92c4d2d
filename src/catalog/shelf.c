#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/shelf.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "catalog/merge.h"
#include "recording/recording.h"
#include "store/layout.h"

enum {
    /* A cut name's path is asked of so many recordings, newest first: a run that goes on has no store.zip. */
    PATH_TRIES = 8,
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
    struct nx_merged *runs;
    struct mark mark, kept_mark; /* of nextest's list, of the archive's */
    char *name, *path, *runs_dir, *kept_dir, *problem;
    struct nx_err *err;
};

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
    nx_merged_unref(s->runs);
    free(s->name);
    free(s->path);
    free(s->runs_dir);
    free(s->kept_dir);
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

/* runs_dir NULL: there is no archive. */
static struct mark mark_of(const char *runs_dir)
{
    struct mark m;
    memset(&m, 0, sizeof(m));
    if (!runs_dir) {
        return m;
    }
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
static char *path_from_recordings(const struct nx_workspace *ws)
{
    char *found = NULL;
    struct nx_err *e = malloc(sizeof(*e));
    for (size_t i = 0; e && !found && i < ws->n && i < PATH_TRIES; i++) {
        struct nx_recording *rec = NULL;
        char *root = NULL, *dir = nx_run_dir(ws, ws->v[i]);
        if (dir && nx_recording_open_dir(dir, ws->v[i], &rec, e) == 0
            && nx_recording_workspace(rec, &root, e) == 0) {
            found = matching(root, ws->name);
        }
        nx_recording_close(rec);
        free(dir);
    }
    free(e);
    return found;
}

static char *path_of(const struct nx_workspace *ws, const struct nx_shelf *old)
{
    if (!nx_workspace_name_is_cut(ws->name)) {
        char *path = nx_workspace_decode(ws->name);
        /* A folder that somebody made by hand may decode to a path that would be encoded otherwise. */
        return path ? matching(path, ws->name) : NULL;
    }
    if (old && old->path) {
        return strdup(old->path);
    }
    return path_from_recordings(ws);
}

static void publish(struct nx_shelf *s)
{
    s->pub.name = s->name;
    s->pub.path = s->path;
    s->pub.runs_dir = s->runs_dir;
    s->pub.kept_dir = s->kept_dir;
    s->pub.v = s->runs->sorted;
    s->pub.n = s->runs->n;
    s->pub.list = s->runs->list;
    s->pub.latest = s->runs->latest;
    s->pub.archived = s->runs->kept->list.v;
    s->pub.archived_n = s->runs->kept->list.n;
    s->pub.problem = s->problem;
    s->pub.err = s->err;
    s->pub.newer = s->runs->own->list.newer;
}

/* Reads a list; one that cannot be read is `old` once more (NULL: empty), and the first such is the problem. */
static int load(struct nx_shelf *s, const char *runs_dir, bool kept, struct nx_part *old, unsigned wait_ms,
                struct nx_part **ret)
{
    struct nx_runlist list = {0};
    struct nx_err *e = calloc(1, sizeof(*e));
    int rc = e ? 0 : -NX_ENOMEM;
    bool bad = false;
    if (rc == 0 && runs_dir) {
        rc = nx_runlist_read(runs_dir, wait_ms, &list, e);
        bad = rc < 0 && rc != -NX_ENOMEM;
    }
    if (bad) {
        rc = s->problem ? 0 : nx_problem_new(e, &s->problem, &s->err);
    }
    free(e);
    if (rc < 0) {
        return rc;
    }
    *ret = bad && old ? nx_part_ref(old) : nx_part_new(&list, kept);
    return *ret ? 0 : -NX_ENOMEM;
}

/* Nextest's list first: a run is kept before it is pruned, so that it is in one of them. */
static int load_both(struct nx_shelf *s, const struct nx_shelf *old, unsigned wait_ms)
{
    struct nx_part *own = NULL, *kept = NULL;
    int rc = 0;
    if (old && !old->problem && mark_same(&s->mark, &old->mark)) {
        own = nx_part_ref(old->runs->own);
    } else {
        rc = load(s, s->runs_dir, false, old ? old->runs->own : NULL, wait_ms, &own);
    }
    if (rc == 0 && old && !old->problem && mark_same(&s->kept_mark, &old->kept_mark)) {
        kept = nx_part_ref(old->runs->kept);
    } else if (rc == 0) {
        rc = load(s, s->kept_dir, true, old ? old->runs->kept : NULL, wait_ms, &kept);
    }
    if (rc == 0) {
        s->runs = old && own == old->runs->own && kept == old->runs->kept ? nx_merged_ref(old->runs)
                                                                          : nx_merged_new(own, kept);
        rc = s->runs ? 0 : -NX_ENOMEM;
    }
    nx_part_unref(own);
    nx_part_unref(kept);
    return rc;
}

static bool same_place(const struct nx_shelf *old, const struct nx_shelf_of *of)
{
    return strcmp(old->runs_dir, of->runs_dir) == 0 && !old->kept_dir == !of->kept_dir
           && (!old->kept_dir || strcmp(old->kept_dir, of->kept_dir) == 0);
}

int nx_shelf_take(const struct nx_shelf_of *of, struct nx_shelf *old, unsigned wait_ms, struct nx_shelf **ret)
{
    /* Marked before they are read: a list that changes in between is read again by the next view. */
    struct mark mark = mark_of(of->runs_dir), kept_mark = mark_of(of->kept_dir);
    old = old && same_place(old, of) ? old : NULL;
    if (old && !old->problem && mark_same(&mark, &old->mark) && mark_same(&kept_mark, &old->kept_mark)) {
        *ret = nx_shelf_ref(old);
        return 0;
    }
    struct nx_shelf *s = calloc(1, sizeof(*s));
    if (!s) {
        return -NX_ENOMEM;
    }
    atomic_init(&s->refs, 1);
    s->mark = mark;
    s->kept_mark = kept_mark;
    s->pub.store = of->store;
    s->name = strdup(of->name);
    s->runs_dir = strdup(of->runs_dir);
    s->kept_dir = of->kept_dir ? strdup(of->kept_dir) : NULL;
    if (!s->name || !s->runs_dir || (of->kept_dir && !s->kept_dir) || load_both(s, old, wait_ms) < 0) {
        nx_shelf_unref(s);
        return -NX_ENOMEM;
    }
    publish(s);
    s->pub.path = s->path = path_of(&s->pub, old);
    *ret = s;
    return 0;
}
