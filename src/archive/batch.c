#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "archive/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "store/layout.h"
#include "store/lock.h"

enum {
    PATH = 4400,
    LOCK_WAIT_MS = 5000, /* as long as nextest waits */
    FEW = 8,             /* copies that are synced each by itself */
};

enum what { ADD, RELIST, REMOVE };
enum state { OPEN, COPIED, PLACED, LISTED }; /* of an addition: which of its folders is there */

struct change {
    enum what what;
    enum state state;
    char id[37];
    const struct nx_listed *entry; /* NULL for a removal */
};

struct nx_batch {
    char *runs_dir;
    struct change *v;
    size_t n, cap;
    bool made; /* the folders above */
};

int nx_batch_open(const char *archive, const char *workspace, struct nx_batch **ret, struct nx_err *err)
{
    struct nx_batch *b = calloc(1, sizeof *b);
    if (!b || !(b->runs_dir = nx_store_runs_dir(archive, workspace))) {
        free(b);
        return nx_fail(err, NX_ENOMEM, archive, "no memory");
    }
    *ret = b;
    return 0;
}

size_t nx_batch_count(const struct nx_batch *b)
{
    return b->n;
}

static void temp_of(const struct nx_batch *b, const char *id, char path[PATH])
{
    snprintf(path, PATH, "%s/" NX_BATCH_TEMP "%s", b->runs_dir, id);
}

static void place_of(const struct nx_batch *b, const char *id, char path[PATH])
{
    snprintf(path, PATH, "%s/%s", b->runs_dir, id);
}

/* --- adding --- */

static int grow(struct nx_batch *b, struct nx_err *err)
{
    if (b->n < b->cap)
        return 0;
    size_t cap = b->cap ? b->cap * 2 : 16;
    struct change *v = realloc(b->v, cap * sizeof *v);
    if (!v)
        return nx_fail(err, NX_ENOMEM, b->runs_dir, "no memory");
    b->v = v;
    b->cap = cap;
    return 0;
}

static void add(struct nx_batch *b, enum what what, enum state state, const char *id,
                const struct nx_listed *entry)
{
    struct change *c = &b->v[b->n++];
    *c = (struct change){.what = what, .state = state, .entry = entry};
    memcpy(c->id, id, sizeof c->id);
}

/* projects/<workspace>/records/runs, of which the archive itself is there. */
static int make_folders(struct nx_batch *b, struct nx_err *err)
{
    char *slash[4], *p = b->runs_dir + strlen(b->runs_dir);
    for (int i = 3; i >= 0; i--) {
        while (*--p != '/')
            ;
        slash[i] = p;
    }
    for (int i = 1; i <= 4 && !b->made; i++) {
        if (i < 4)
            *slash[i] = '\0';
        int sys = mkdir(b->runs_dir, 0777) < 0 && errno != EEXIST ? errno : 0;
        if (sys != 0)
            (void)nx_fail_sys(err, NX_EWRITE, sys, b->runs_dir, "cannot make the folder");
        if (i < 4)
            *slash[i] = '/';
        if (sys != 0)
            return -NX_EWRITE;
    }
    b->made = true;
    return 0;
}

int nx_batch_add(struct nx_batch *b, const char *run_dir, const struct nx_listed *entry,
                 struct nx_copied *ret, struct nx_err *err)
{
    char temp[PATH];
    struct nx_copied c = {0};
    temp_of(b, entry->id, temp);
    int rc = grow(b, err);
    if (rc == 0)
        rc = make_folders(b, err);
    if (rc == 0)
        rc = nx_copy_remove(temp, err);
    if (rc < 0)
        return rc;
    rc = nx_copy_recording(run_dir, temp, &c, err);
    if (rc == 0 && entry->ended)
        rc = nx_copy_check(temp, &c, entry->log_bytes, entry->store_bytes, err);
    if (rc < 0) {
        nx_copy_remove(temp, NULL); /* else the next clean-up does */
        return rc;
    }
    add(b, ADD, COPIED, entry->id, entry);
    *ret = c;
    return 0;
}

int nx_batch_relist(struct nx_batch *b, const struct nx_listed *entry, struct nx_err *err)
{
    int rc = grow(b, err);
    if (rc == 0)
        add(b, RELIST, OPEN, entry->id, entry);
    return rc;
}

int nx_batch_remove(struct nx_batch *b, const char *id, struct nx_err *err)
{
    int rc = grow(b, err);
    if (rc == 0)
        add(b, REMOVE, OPEN, id, NULL);
    return rc;
}

/* --- the list --- */

static int by_id(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static const struct change *change_of(const struct nx_batch *b, const char *id)
{
    struct change key;
    memcpy(key.id, id, sizeof key.id);
    return b->n ? bsearch(&key, b->v, b->n, sizeof key, by_id) : NULL;
}

/* The runs as they are after the changes; without the additions when `before`. */
static void changed(const struct nx_batch *b, const struct nx_listdoc *old, const struct change *const *adds,
                    size_t adds_n, bool before, struct nx_listdoc *out)
{
    out->n = 0;
    for (size_t i = 0; i < old->n; i++) {
        const struct change *c = change_of(b, old->v[i].id);
        if (!c)
            out->v[out->n++] = old->v[i];
        else if (c->what == RELIST)
            out->v[out->n++] = *c->entry;
    }
    for (size_t i = 0; i < adds_n && !before; i++)
        out->v[out->n++] = *adds[i]->entry;
}

/* --- committing --- */

static int sync_folder(const char *path, struct nx_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) < 0 ? nx_fail_sys(err, NX_EWRITE, errno, path, "cannot sync") : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The runs' folder and those above it, which may be new as well. */
static int sync_folders(const struct nx_batch *b, struct nx_err *err)
{
    char path[PATH];
    int rc = 0;
    snprintf(path, sizeof path, "%s", b->runs_dir);
    for (int i = 0; i < 4 && rc == 0; i++) {
        rc = sync_folder(path, err);
        *strrchr(path, '/') = '\0';
    }
    return rc;
}

/* All at once, as a thousand times three fsync() take ten times as long as the copies. It waits for what others
 * wrote there as well, so not for a few. (Linux tells of failed writes by it since 5.8.) */
static int sync_file_system(const struct nx_batch *b, struct nx_err *err)
{
#ifdef HAVE_SYNCFS
    int fd = open(b->runs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || syncfs(fd) < 0 ? nx_fail_sys(err, NX_EWRITE, errno, b->runs_dir, "cannot sync") : 1;
    if (fd >= 0)
        close(fd);
    return rc;
#else
    (void)b;
    (void)err;
    return 0;
#endif
}

static int sync_copies(const struct nx_batch *b, size_t adds_n, struct nx_err *err)
{
    char temp[PATH];
    int rc = adds_n > FEW ? sync_file_system(b, err) : 0;
    if (rc != 0)
        return rc < 0 ? rc : 0;
    for (size_t i = 0; i < b->n && rc == 0; i++) {
        if (b->v[i].what != ADD)
            continue;
        temp_of(b, b->v[i].id, temp);
        rc = nx_copy_sync(temp, err);
    }
    return rc;
}

static int place(struct nx_batch *b, struct nx_err *err)
{
    char temp[PATH], to[PATH];
    for (size_t i = 0; i < b->n; i++) {
        struct change *c = &b->v[i];
        if (c->what != ADD)
            continue;
        temp_of(b, c->id, temp);
        place_of(b, c->id, to);
        int rc = nx_copy_remove(to, err); /* in no list by now */
        if (rc < 0)
            return rc;
        if (rename(temp, to) < 0)
            return nx_fail_sys(err, NX_EWRITE, errno, to, "cannot rename the copy");
        c->state = PLACED;
    }
    return sync_folders(b, err);
}

/* A copy that takes the place of an older one: the list loses that one first. */
static bool replaces(const struct change *const *adds, size_t n, const struct nx_listdoc *old)
{
    for (size_t i = 0; i < n; i++)
        if (nx_listdoc_find(old, adds[i]->id))
            return true;
    return false;
}

static int remove_folders(const struct nx_batch *b, struct nx_err *err)
{
    char path[PATH];
    int rc = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->v[i].what != REMOVE)
            continue;
        place_of(b, b->v[i].id, path);
        int r = nx_copy_remove(path, rc == 0 ? err : NULL);
        rc = rc == 0 ? r : rc;
    }
    return rc;
}

static int write_changed(struct nx_batch *b, struct nx_listdoc *old, const struct change *const *adds,
                         size_t adds_n, struct nx_err *err)
{
    struct nx_listdoc list = {.format_version = old->format_version, .extra = old->extra};
    list.v = malloc((old->n + adds_n + 1) * sizeof *list.v);
    int rc = list.v ? 0 : nx_fail(err, NX_ENOMEM, b->runs_dir, "no memory");
    if (rc == 0 && replaces(adds, adds_n, old)) {
        changed(b, old, adds, adds_n, true, &list);
        rc = nx_listdoc_write(b->runs_dir, &list, err);
    }
    if (rc == 0)
        rc = place(b, err);
    if (rc == 0) {
        changed(b, old, adds, adds_n, false, &list);
        rc = nx_listdoc_write(b->runs_dir, &list, err);
    }
    free(list.v);
    return rc;
}

/* Which of the placed copies does the list name? After a failure that may be either. */
static void settle(struct nx_batch *b)
{
    struct nx_listdoc now = {0};
    struct nx_err *err = malloc(sizeof *err);
    bool known = err && nx_listdoc_read(b->runs_dir, 0, true, &now, err) == 0;
    for (size_t i = 0; i < b->n; i++)
        if (b->v[i].state == PLACED && (!known || nx_listdoc_find(&now, b->v[i].id)))
            b->v[i].state = LISTED;
    nx_listdoc_fini(&now);
    free(err);
}

static int commit_locked(struct nx_batch *b, const struct change *const *adds, size_t adds_n,
                         struct nx_err *err)
{
    struct nx_listdoc old = {0};
    int rc = nx_listdoc_read(b->runs_dir, 0, true, &old, err);
    if (rc == 0)
        rc = write_changed(b, &old, adds, adds_n, err);
    settle(b);
    nx_listdoc_fini(&old);
    return rc == 0 ? remove_folders(b, err) : rc;
}

int nx_batch_commit(struct nx_batch *b, struct nx_err *err)
{
    char path[PATH];
    int lock = -1;
    size_t adds_n = 0;
    if (b->n == 0)
        return 0;
    struct change *ordered =
        malloc(b->n * sizeof *ordered); /* as they were added, that is how they are listed */
    const struct change **adds = malloc(b->n * sizeof *adds);
    int rc = ordered && adds ? make_folders(b, err) : nx_fail(err, NX_ENOMEM, b->runs_dir, "no memory");
    for (size_t i = 0; i < b->n; i++)
        adds_n += b->v[i].what == ADD;
    if (rc == 0)
        rc = sync_copies(b, adds_n, err);
    snprintf(path, sizeof path, "%s/runs.lock", b->runs_dir);
    if (rc == 0)
        rc = nx_lock_exclusive(path, LOCK_WAIT_MS, &lock, err);
    if (rc == 0) {
        memcpy(ordered, b->v, b->n * sizeof *ordered);
        adds_n = 0;
        for (size_t i = 0; i < b->n; i++)
            if (ordered[i].what == ADD)
                adds[adds_n++] = &ordered[i];
        qsort(b->v, b->n, sizeof *b->v, by_id);
        rc = commit_locked(b, adds, adds_n, err);
        close(lock);
    }
    free(adds);
    free(ordered);
    return rc;
}

void nx_batch_close(struct nx_batch *b)
{
    char path[PATH];
    if (!b)
        return;
    for (size_t i = 0; i < b->n; i++) {
        struct change *c = &b->v[i];
        if (c->what != ADD || c->state == LISTED)
            continue;
        if (c->state == PLACED)
            place_of(b, c->id, path);
        else
            temp_of(b, c->id, path);
        nx_copy_remove(path, NULL); /* what cannot be removed, the next clean-up does */
    }
    free(b->runs_dir);
    free(b->v);
    free(b);
}
