#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "watch/watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Opening for reading (ours, of the lock and the lists) is no change. A run list is replaced by rename. */
#define MASK                                                                                                 \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF |  \
     IN_ONLYDIR)

struct one {
    int wd;
    char *only; /* events about this name alone matter; NULL: about any name */
};

struct set {
    struct one *v; /* in order of wd */
    size_t n, cap;
};

struct nx_watch {
    char *state_dir;
    int fd;
    struct set set;
};

static void set_fini(struct set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].only);
    }
    free(s->v);
    memset(s, 0, sizeof *s);
}

static size_t set_place(const struct set *s, int wd)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (s->v[mid].wd < wd) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static const struct one *set_find(const struct set *s, int wd)
{
    size_t i = set_place(s, wd);
    return i < s->n && s->v[i].wd == wd ? &s->v[i] : NULL;
}

/* A directory that is reached by two ways has one descriptor: what matters to either then matters. */
static int set_add(struct set *s, int wd, const char *only)
{
    size_t i = set_place(s, wd);
    if (i < s->n && s->v[i].wd == wd) {
        if (s->v[i].only && (!only || strcmp(only, s->v[i].only) != 0)) {
            free(s->v[i].only);
            s->v[i].only = NULL;
        }
        return 0;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 32;
        struct one *v = realloc(s->v, cap * sizeof *v);
        if (!v) {
            return -1;
        }
        s->v = v;
        s->cap = cap;
    }
    char *copy = NULL;
    if (only && !(copy = strdup(only))) {
        return -1;
    }
    memmove(&s->v[i + 1], &s->v[i], (s->n - i) * sizeof *s->v);
    s->v[i] = (struct one){wd, copy};
    s->n++;
    return 0;
}

int nx_watch_open(const char *state_dir, struct nx_watch **ret, struct nx_err *err)
{
    struct nx_watch *w = calloc(1, sizeof *w);
    if (!w || !(w->state_dir = strdup(state_dir))) {
        free(w);
        return nx_fail(err, NX_ENOMEM, state_dir, "no memory");
    }
    for (size_t n = strlen(w->state_dir); n > 1 && w->state_dir[n - 1] == '/'; n--) {
        w->state_dir[n - 1] = 0;
    }
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd < 0) {
        bool full = errno == EMFILE;
        int r = nx_fail_sys(err, full ? NX_ELIMIT : NX_EIO, errno, state_dir, "cannot watch for changes");
        if (full) {
            nx_err_hint(err, "raise the sysctl fs.inotify.max_user_instances");
        }
        nx_watch_close(w);
        return r;
    }
    *ret = w;
    return 0;
}

void nx_watch_close(struct nx_watch *w)
{
    if (w) {
        if (w->fd >= 0) {
            close(w->fd);
        }
        set_fini(&w->set);
        free(w->state_dir);
        free(w);
    }
}

int nx_watch_fd(const struct nx_watch *w)
{
    return w->fd;
}

/* Does this event mean that the store may have changed? */
static bool matters(const struct nx_watch *w, const struct inotify_event *e, size_t room)
{
    if (e->mask & (IN_Q_OVERFLOW | IN_UNMOUNT | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) {
        /* IN_IGNORED for a watch that refresh itself took off is no news. */
        return (e->mask & IN_Q_OVERFLOW) || set_find(&w->set, e->wd);
    }
    const struct one *o = set_find(&w->set, e->wd);
    size_t n = e->len ? strnlen(e->name, room) : 0;
    if (!o) {
        return false;
    }
    if (o->only) {
        return n == strlen(o->only) && memcmp(o->only, e->name, n) == 0;
    }
    return !(n == strlen("runs.lock") && memcmp(e->name, "runs.lock", n) == 0);
}

int nx_watch_drain(struct nx_watch *w, bool *ret_dirty, struct nx_err *err)
{
    union {
        struct inotify_event align;
        char bytes[16384];
    } buf;
    bool dirty = false;
    for (;;) {
        ssize_t got = read(w->fd, buf.bytes, sizeof buf.bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            break;
        }
        if (got <= 0) {
            return nx_fail_sys(err, NX_EIO, got < 0 ? errno : EIO, w->state_dir, "cannot read what changed");
        }
        size_t at = 0;
        while ((size_t)got - at >= sizeof(struct inotify_event)) {
            struct inotify_event head;
            memcpy(&head, buf.bytes + at, sizeof head);
            if (head.len > (size_t)got - at - sizeof head) {
                break;
            }
            const void *where = buf.bytes + at; /* the kernel pads names so that every event is aligned */
            dirty |= matters(w, where, head.len);
            at += sizeof head + head.len;
        }
    }
    *ret_dirty = dirty;
    return 0;
}

struct refresh {
    struct nx_watch *w;
    struct set set;
    struct nx_err *err;
    int r; /* the first failure; watching goes on with what is left */
};

static int no_memory(struct refresh *f)
{
    f->r = nx_fail(f->err, NX_ENOMEM, f->w->state_dir, "no memory");
    return -1;
}

/* 1: watched. 0: there is no such directory. -1: failed (f->r). */
static int add(struct refresh *f, const char *path, const char *only)
{
    int wd = inotify_add_watch(f->w->fd, path, MASK);
    if (wd >= 0) {
        return set_add(&f->set, wd, only) < 0 ? no_memory(f) : 1;
    }
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
        return 0;
    }
    if (f->r == 0) {
        bool full = errno == ENOSPC;
        f->r = nx_fail_sys(f->err, full ? NX_ELIMIT : NX_EIO, errno, path,
                           "cannot watch this folder for changes");
        if (full) {
            nx_err_hint(f->err,
                        "raise the sysctl fs.inotify.max_user_watches; until then changes are found by "
                        "the slow rescan only");
        }
    }
    return -1;
}

/* Adds path[0..end); an event there matters when it is about the next name on the way to the whole path. */
static int add_cut(struct refresh *f, char *path, size_t end)
{
    char name[256];
    const char *only = NULL;
    size_t at = end + strspn(path + end, "/"), n = strcspn(path + at, "/");
    if (n > 0 && n < sizeof name) {
        memcpy(name, path + at, n);
        name[n] = 0;
        only = name;
    }
    if (end == 0) {
        return add(f, path[0] == '/' ? "/" : ".", only);
    }
    char c = path[end];
    path[end] = 0;
    int got = add(f, path, only);
    path[end] = c;
    return got;
}

/*
 * Watches the deepest directory that exists on the way from path[0..base) to path; true if that is path
 * itself. Once an ancestor is watched its child is tried again: it may have come in between, and no event
 * would tell.
 */
static bool add_deepest(struct refresh *f, char *path, size_t base)
{
    size_t n = strlen(path), end = n;
    int got;
    while ((got = add_cut(f, path, end)) == 0) {
        if (end <= base) {
            return false;
        }
        while (end > base && path[end - 1] != '/') {
            end--;
        }
        while (end > base && path[end - 1] == '/') {
            end--;
        }
    }
    while (got == 1 && end < n) {
        size_t at = end + strspn(path + end, "/");
        end = at + strcspn(path + at, "/");
        got = add_cut(f, path, end);
    }
    return got == 1;
}

static void add_workspaces(struct refresh *f, const char *projects)
{
    DIR *d = opendir(projects);
    if (!d) {
        return;
    }
    struct dirent *e;
    while ((e = readdir(d)) && (f->r == 0 || f->r == -NX_EIO)) {
        if (e->d_name[0] == '.' && (!e->d_name[1] || (e->d_name[1] == '.' && !e->d_name[2]))) {
            continue;
        }
        static const char tail[] = "/records/runs";
        size_t base = strlen(projects) + 1 + strlen(e->d_name);
        char *path = malloc(base + sizeof tail);
        if (!path) {
            (void)no_memory(f);
            break;
        }
        memcpy(path, projects, strlen(projects));
        path[strlen(projects)] = '/';
        memcpy(path + strlen(projects) + 1, e->d_name, strlen(e->d_name));
        memcpy(path + base, tail, sizeof tail);
        (void)add_deepest(f, path, base);
        free(path);
    }
    closedir(d);
}

int nx_watch_refresh(struct nx_watch *w, struct nx_err *err)
{
    struct refresh f = {.w = w, .err = err};
    size_t n = strlen(w->state_dir);
    char *path = malloc(n + sizeof "/projects");
    if (!path) {
        return nx_fail(err, NX_ENOMEM, w->state_dir, "no memory");
    }
    memcpy(path, w->state_dir, n);
    memcpy(path + n, "/projects", sizeof "/projects");
    bool there = add_deepest(&f, path, 0);
    path[n] = 0;
    (void)add(&f, path, "projects"); /* so that a projects/ that is replaced is seen */
    path[n] = '/';
    if (there) {
        add_workspaces(&f, path);
    }
    free(path);
    for (size_t i = 0; i < w->set.n; i++) {
        if (!set_find(&f.set, w->set.v[i].wd)) {
            (void)inotify_rm_watch(w->fd, w->set.v[i].wd);
        }
    }
    set_fini(&w->set);
    w->set = f.set;
    return f.r;
}
