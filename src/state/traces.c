#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "state/traces.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/dirs.h"
#include "state/quota.h"

/* A finished file is called KEY,SIZE.trace: a file whose length is not what its name says was cut or
 * overwritten behind our back, and is dropped. One that is being written is called new-PID-N.part. */
#define DONE_SUFFIX ".trace"
#define PART_SUFFIX ".part"
#define PART_PREFIX "new-"

enum { KEY_MAX = 200, NAME_CAP = 256, TOUCH_SECONDS = 60 };

struct nx_traces {
    pthread_mutex_t lock;
    char *dir;
    int dir_fd;
    uint64_t quota;
    struct nx_quota books;
    uint64_t evicted;
    unsigned long serial;
};

struct nx_traces_new {
    char key[KEY_MAX + 1];
    char part[NAME_CAP];
    int fd; /* the caller's; used for its length only */
};

static bool key_is_good(const char *key)
{
    size_t n = strlen(key);
    return n > 0 && n <= KEY_MAX && key[0] != '.' &&
           strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

static void file_name(char out[NAME_CAP], const char *key, uint64_t size)
{
    snprintf(out, NAME_CAP, "%s,%" PRIu64 DONE_SUFFIX, key, size);
}

static bool ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && strcmp(s + n - m, suffix) == 0;
}

/* Splits KEY,SIZE.trace; false where it is not a name that we give. */
static bool parse_name(const char *name, char key[KEY_MAX + 1], uint64_t *size)
{
    const char *comma = strrchr(name, ',');
    if (!comma || (size_t)(comma - name) > KEY_MAX || !ends_with(name, DONE_SUFFIX)) {
        return false;
    }
    memcpy(key, name, (size_t)(comma - name));
    key[comma - name] = 0;
    if (!key_is_good(key) || comma[1] < '0' || comma[1] > '9') {
        return false;
    }
    char *end;
    errno = 0;
    uintmax_t v = strtoumax(comma + 1, &end, 10);
    if (errno || v > INT64_MAX || strcmp(end, DONE_SUFFIX) != 0) {
        return false;
    }
    *size = v;
    char again[NAME_CAP];
    file_name(again, key, *size);
    return strcmp(again, name) == 0;
}

/* A part whose writer is gone. A process that took over the number only delays the removal to a later
 * start. */
static bool is_orphan(const char *name)
{
    if (strncmp(name, PART_PREFIX, strlen(PART_PREFIX)) != 0 || !ends_with(name, PART_SUFFIX)) {
        return false;
    }
    char *end;
    errno = 0;
    long pid = strtol(name + strlen(PART_PREFIX), &end, 10);
    if (errno || *end != '-' || pid <= 0) {
        return false;
    }
    return pid == (long)getpid() || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}

static int open_dir(const char *dir, int *ret, struct nx_err *err)
{
    int r = nx_dirs_make(dir, err);
    if (r < 0) {
        return r;
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return nx_fail_sys(err, NX_EWRITE, errno, dir, "cannot open the cache folder");
    }
    /* Said now rather than with the first trace, so that the daemon can go on without a cache. */
    if (faccessat(fd, ".", W_OK | X_OK, 0) < 0) {
        r = nx_fail_sys(err, NX_EWRITE, errno, dir, "cannot write into the cache folder");
        close(fd);
        return r;
    }
    *ret = fd;
    return 0;
}

struct found {
    char *name;
    char key[KEY_MAX + 1];
    uint64_t size;
    struct timespec mtime;
};

static int by_age(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->mtime.tv_sec != y->mtime.tv_sec) {
        return x->mtime.tv_sec < y->mtime.tv_sec ? -1 : 1;
    }
    if (x->mtime.tv_nsec != y->mtime.tv_nsec) {
        return x->mtime.tv_nsec < y->mtime.tv_nsec ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

/* Looks at one name of the folder. 1: *f is filled. 0: not for the books. */
static int look_at(struct nx_traces *t, const char *name, struct found *f)
{
    struct stat st;
    if (is_orphan(name)) {
        (void)unlinkat(t->dir_fd, name, 0);
        return 0;
    }
    if (!parse_name(name, f->key, &f->size) || fstatat(t->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(st.st_mode)) {
        return 0;
    }
    if ((uint64_t)st.st_size != f->size) {
        (void)unlinkat(t->dir_fd, name, 0);
        return 0;
    }
    f->mtime = st.st_mtim;
    f->name = strdup(name);
    return f->name ? 1 : -1;
}

/* Enters what lies in the folder, oldest first. */
static int load(struct nx_traces *t, struct nx_err *err)
{
    struct found *v = NULL;
    size_t n = 0, cap = 0;
    int r = 0;
    int fd = openat(t->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        r = nx_fail_sys(err, NX_EIO, errno, t->dir, "cannot list the cache folder");
        if (fd >= 0) {
            close(fd);
        }
        return r;
    }
    struct dirent *e;
    while (r == 0 && (e = readdir(d))) {
        if (n == cap) {
            cap = cap ? cap * 2 : 64;
            struct found *bigger = realloc(v, cap * sizeof *v);
            if (!bigger) {
                r = nx_fail(err, NX_ENOMEM, t->dir, "no memory");
                break;
            }
            v = bigger;
        }
        int got = look_at(t, e->d_name, &v[n]);
        if (got < 0) {
            r = nx_fail(err, NX_ENOMEM, t->dir, "no memory");
        }
        n += got > 0;
    }
    closedir(d);
    if (n) {
        qsort(v, n, sizeof *v, by_age);
    }
    for (size_t i = 0; i < n; i++) {
        struct nx_quota_entry *old = nx_quota_find(&t->books, v[i].key);
        if (old && old->size != v[i].size) { /* two lengths of one key: the newer file is the one */
            char name[NAME_CAP];
            file_name(name, old->key, old->size);
            (void)unlinkat(t->dir_fd, name, 0);
        }
        if (r == 0 && !nx_quota_add(&t->books, v[i].key, v[i].size, v[i].mtime.tv_sec)) {
            r = nx_fail(err, NX_ENOMEM, t->dir, "no memory");
        }
        free(v[i].name);
    }
    free(v);
    return r;
}

/* Called with the lock held. */
static void evict(struct nx_traces *t)
{
    while (t->books.bytes > t->quota && t->books.oldest) {
        char name[NAME_CAP];
        file_name(name, t->books.oldest->key, t->books.oldest->size);
        (void)unlinkat(t->dir_fd, name, 0);
        nx_quota_remove(&t->books, t->books.oldest);
        t->evicted++;
    }
}

int nx_traces_open(const char *dir, uint64_t quota, struct nx_traces **ret, struct nx_err *err)
{
    struct nx_traces *t = calloc(1, sizeof *t);
    if (!t || !(t->dir = strdup(dir))) {
        free(t);
        return nx_fail(err, NX_ENOMEM, dir, "no memory");
    }
    t->dir_fd = -1;
    t->quota = quota;
    nx_quota_init(&t->books);
    pthread_mutex_init(&t->lock, NULL);
    int r = open_dir(dir, &t->dir_fd, err);
    if (r == 0) {
        r = load(t, err);
    }
    if (r < 0) {
        nx_traces_close(t);
        return r;
    }
    evict(t);
    *ret = t;
    return 0;
}

void nx_traces_close(struct nx_traces *t)
{
    if (!t) {
        return;
    }
    nx_quota_fini(&t->books);
    if (t->dir_fd >= 0) {
        close(t->dir_fd);
    }
    pthread_mutex_destroy(&t->lock);
    free(t->dir);
    free(t);
}

int nx_traces_default_dir(char **ret, struct nx_err *err)
{
    const char *base = getenv("CACHE_DIRECTORY"), *tail = "";
    size_t n;
    if (base && *base) {
        n = strcspn(base, ":"); /* systemd separates several by colons; the first is ours */
    } else if ((base = getenv("XDG_CACHE_HOME")) && base[0] == '/') {
        tail = "/nxtrace";
        n = strlen(base);
    } else if ((base = getenv("HOME")) && base[0] == '/') {
        tail = "/.cache/nxtrace";
        n = strlen(base);
    } else {
        int r = nx_fail(err, NX_EWRITE, NULL, "no home directory to keep finished traces in");
        nx_err_hint(err, "set HOME or XDG_CACHE_HOME, or name a folder");
        return r;
    }
    char *p = malloc(n + strlen(tail) + 1);
    if (!p) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory");
    }
    memcpy(p, base, n);
    strcpy(p + n, tail);
    *ret = p;
    return 0;
}

int nx_traces_get(struct nx_traces *t, const char *key, int *ret_fd, uint64_t *ret_size, struct nx_err *err)
{
    char name[NAME_CAP];
    struct stat st;
    int fd = -1;
    pthread_mutex_lock(&t->lock);
    struct nx_quota_entry *e = key_is_good(key) ? nx_quota_find(&t->books, key) : NULL;
    if (e) {
        file_name(name, key, e->size);
        fd = openat(t->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != e->size) {
            if (fd >= 0) {
                close(fd);
                fd = -1;
                (void)unlinkat(t->dir_fd, name, 0);
            }
            nx_quota_remove(&t->books, e);
            e = NULL;
        }
    }
    if (!e) {
        pthread_mutex_unlock(&t->lock);
        return nx_fail(err, NX_ENOTFOUND, key, "not in the trace cache");
    }
    nx_quota_touch(&t->books, e);
    time_t now = time(NULL);
    if (now - e->touched > TOUCH_SECONDS || now < e->touched) {
        e->touched = now;
        (void)futimens(fd, NULL); /* the order survives a restart */
    }
    *ret_fd = fd;
    *ret_size = e->size;
    pthread_mutex_unlock(&t->lock);
    return 0;
}

static int create_part(struct nx_traces *t, struct nx_traces_new *n)
{
    snprintf(n->part, sizeof n->part, PART_PREFIX "%ld-%lu" PART_SUFFIX, (long)getpid(), t->serial++);
    return openat(t->dir_fd, n->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int nx_traces_begin(struct nx_traces *t, const char *key, struct nx_traces_new **ret, int *ret_fd,
                    struct nx_err *err)
{
    assert(key_is_good(key));
    struct nx_traces_new *n = calloc(1, sizeof *n);
    if (!n) {
        return nx_fail(err, NX_ENOMEM, t->dir, "no memory");
    }
    memcpy(n->key, key, strlen(key) + 1);
    int r = 0;
    pthread_mutex_lock(&t->lock);
    n->fd = create_part(t, n);
    if (n->fd < 0 && errno == ENOENT) { /* somebody removed the folder: start afresh */
        int dir_fd;
        r = open_dir(t->dir, &dir_fd, err);
        if (r == 0) {
            close(t->dir_fd);
            t->dir_fd = dir_fd;
            nx_quota_fini(&t->books);
            n->fd = create_part(t, n);
        }
    }
    if (r == 0 && n->fd < 0) {
        r = nx_fail_sys(err, NX_EWRITE, errno, t->dir, "cannot create a file in the cache folder");
    }
    pthread_mutex_unlock(&t->lock);
    if (r < 0) {
        free(n);
        return r;
    }
    *ret = n;
    *ret_fd = n->fd;
    return 0;
}

int nx_traces_put(struct nx_traces *t, struct nx_traces_new *n, struct nx_err *err)
{
    struct stat st;
    char name[NAME_CAP];
    int r = 0;
    pthread_mutex_lock(&t->lock);
    if (fstat(n->fd, &st) < 0) {
        r = nx_fail_sys(err, NX_EWRITE, errno, t->dir, "cannot look at a new file");
        goto out;
    }
    struct nx_quota_entry *old = nx_quota_find(&t->books, n->key);
    if (old && old->size != (uint64_t)st.st_size) {
        file_name(name, old->key, old->size);
        (void)unlinkat(t->dir_fd, name, 0);
        nx_quota_remove(&t->books, old);
    }
    file_name(name, n->key, (uint64_t)st.st_size);
    if (renameat(t->dir_fd, n->part, t->dir_fd, name) < 0) {
        r = nx_fail_sys(err, NX_EWRITE, errno, t->dir, "cannot move a finished trace into the cache");
        goto out;
    }
    if (!nx_quota_add(&t->books, n->key, (uint64_t)st.st_size, st.st_mtim.tv_sec)) {
        (void)unlinkat(t->dir_fd, name, 0);
        r = nx_fail(err, NX_ENOMEM, t->dir, "no memory");
        goto out;
    }
    evict(t);
out:
    if (r < 0) {
        (void)unlinkat(t->dir_fd, n->part, 0);
    }
    pthread_mutex_unlock(&t->lock);
    free(n);
    return r;
}

void nx_traces_drop(struct nx_traces *t, struct nx_traces_new *n)
{
    if (n) {
        pthread_mutex_lock(&t->lock);
        (void)unlinkat(t->dir_fd, n->part, 0);
        pthread_mutex_unlock(&t->lock);
        free(n);
    }
}

void nx_traces_stat(struct nx_traces *t, uint64_t *bytes, uint64_t *files, uint64_t *evicted)
{
    pthread_mutex_lock(&t->lock);
    *bytes = t->books.bytes;
    *files = t->books.files;
    *evicted = t->evicted;
    pthread_mutex_unlock(&t->lock);
}
