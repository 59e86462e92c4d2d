#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "watch/watch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch/backend.h"

/* --- the set --- */

static void set_fini(struct watched_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].only);
    }
    free(s->v);
    *s = (struct watched_set){0};
}

static size_t set_place(const struct watched_set *s, int id)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (s->v[mid].id < id) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

struct watched *watched_find(const struct watched_set *s, int id)
{
    size_t i = set_place(s, id);
    return i < s->n && s->v[i].id == id ? &s->v[i] : NULL;
}

static bool set_grow(struct watched_set *s)
{
    size_t cap = s->cap ? s->cap * 2 : 32;
    struct watched *v = realloc(s->v, cap * sizeof *v);
    if (!v) {
        return false;
    }
    s->v = v;
    s->cap = cap;
    return true;
}

struct watched *watched_add(struct watched_set *s, int id, const char *only)
{
    size_t i = set_place(s, id);
    if (i < s->n && s->v[i].id == id) {
        if (s->v[i].only && (!only || strcmp(only, s->v[i].only) != 0)) {
            free(s->v[i].only);
            s->v[i].only = NULL;
        }
        return &s->v[i];
    }
    char *copy = NULL;
    if ((s->n == s->cap && !set_grow(s)) || (only && !(copy = strdup(only)))) {
        return NULL;
    }
    memmove(&s->v[i + 1], &s->v[i], (s->n - i) * sizeof *s->v);
    s->v[i] = (struct watched){.id = id, .only = copy};
    s->n++;
    return &s->v[i];
}

/* --- open and close --- */

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
    w->fd = w->peer = -1;
    int rc = backend_open(w, err);
    if (rc < 0) {
        nx_watch_close(w);
        return rc;
    }
    *ret = w;
    return 0;
}

void nx_watch_close(struct nx_watch *w)
{
    if (w) {
        backend_close(w);
        set_fini(&w->set);
        free(w->state_dir);
        free(w);
    }
}

int nx_watch_fd(const struct nx_watch *w)
{
    return w->fd;
}

/* --- which directories --- */

static void no_memory(struct refresh *f)
{
    f->rc = nx_fail(f->err, NX_ENOMEM, f->w->state_dir, "no memory");
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
        return backend_add(f, path[0] == '/' ? "/" : ".", only);
    }
    char c = path[end];
    path[end] = 0;
    int got = backend_add(f, path, only);
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
    while ((e = readdir(d)) && (f->rc == 0 || f->rc == -NX_EIO)) {
        if (e->d_name[0] == '.' && (!e->d_name[1] || (e->d_name[1] == '.' && !e->d_name[2]))) {
            continue;
        }
        static const char tail[] = "/records/runs";
        size_t base = strlen(projects) + 1 + strlen(e->d_name);
        char *path = malloc(base + sizeof tail);
        if (!path) {
            no_memory(f);
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
    (void)backend_add(&f, path, "projects"); /* so that a projects/ that is replaced is seen */
    path[n] = '/';
    if (there) {
        add_workspaces(&f, path);
    }
    free(path);
    backend_drop(w, &w->set, &f.set);
    set_fini(&w->set);
    w->set = f.set;
    return f.rc;
}
