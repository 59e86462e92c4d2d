#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/www_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/hash.h"

enum { FILES_MAX = 256, PATH_BYTES = 4096 };
static const off_t file_max = 4 << 20, all_max = 32 << 20;

static const struct {
    const char *ending, *type;
    bool encodable;
} types[] = {
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".svg", "image/svg+xml", true},
    {".json", "application/json", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".png", "image/png", false},
    {".woff2", "font/woff2", false},
};

static const size_t types_n = sizeof types / sizeof types[0];

/* --- where --- */

static bool has_index(const char *dir)
{
    char path[PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/index.html", dir);
    return access(path, R_OK) == 0;
}

/* The program's own folder, with a slash; "" where the system does not tell. */
static void own_folder(char buf[PATH_BYTES / 2])
{
    size_t n = PATH_BYTES / 2 - 1;
    if (uv_exepath(buf, &n) < 0) {
        n = 0;
    }
    buf[n] = 0;
    char *slash = strrchr(buf, '/');
    buf[slash ? slash + 1 - buf : 0] = 0;
}

int www_find(const char *given, char **ret_dir, struct nx_err *err)
{
    char own[PATH_BYTES / 2], path[PATH_BYTES];
    const char *const beside[] = {"www", "../share/nxtrace/www"};
    const char *found = given && has_index(given) ? given : NULL;
    *ret_dir = NULL;
    own_folder(own);
    for (size_t i = 0; i < 2 && !given && !found && own[0]; i++) {
        snprintf(path, sizeof path, "%s%s", own, beside[i]);
        found = has_index(path) ? path : NULL;
    }
#ifdef NX_PKGDATADIR
    if (!given && !found && has_index(NX_PKGDATADIR "/www")) {
        found = NX_PKGDATADIR "/www";
    }
#endif
    if (!found) {
        (void)nx_fail(err, NX_ENOTFOUND, given, "the files of the page are not there");
        nx_err_hint(err, "name the folder that has index.html with --www-dir DIR, or install nxtrace anew");
        return -NX_ENOTFOUND;
    }
    *ret_dir = strdup(found);
    return *ret_dir ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory");
}

/* --- what --- */

/* Index of the type, or -1 for a name that is not served. */
static int type_of(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t n = strlen(name);
    if (name[0] == '.' || strspn(name, letters) != n) {
        return -1;
    }
    for (size_t i = 0; i < types_n; i++) {
        size_t k = strlen(types[i].ending);
        if (n > k && strcmp(name + n - k, types[i].ending) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the folder that may be served, sorted: v[0..*n), owned. */
static int list(DIR *d, const char *dir, char *v[FILES_MAX], size_t *n, struct nx_err *err)
{
    const struct dirent *e;
    while (errno = 0, (e = readdir(d)) != NULL) {
        struct stat st;
        if (type_of(e->d_name) < 0 || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(st.st_mode)) {
            continue;
        }
        if (*n == FILES_MAX) {
            return nx_fail(err, NX_ELIMIT, dir, "more than %d files of a page", (int)FILES_MAX);
        }
        v[*n] = strdup(e->d_name);
        if (!v[*n]) {
            return nx_fail(err, NX_ENOMEM, NULL, "no memory");
        }
        ++*n;
    }
    if (errno) {
        return nx_fail_sys(err, NX_EIO, errno, dir, "cannot read the files of the page");
    }
    qsort(v, *n, sizeof *v, by_name);
    return 0;
}

static uint64_t sign(int dirfd, const char *dir, char *const v[], size_t n)
{
    uint64_t h = nx_fnv(NX_FNV, dir, strlen(dir));
    for (size_t i = 0; i < n; i++) {
        struct stat st = {0};
        (void)fstatat(dirfd, v[i], &st, AT_SYMLINK_NOFOLLOW);
        uint64_t what[] = {(uint64_t)st.st_size, (uint64_t)st.st_ino, (uint64_t)st.st_mtim.tv_sec,
                           (uint64_t)st.st_mtim.tv_nsec};
        h = nx_fnv(h, v[i], strlen(v[i]) + 1);
        h = nx_fnv(h, what, sizeof what);
    }
    return h;
}

static int slurp(int dirfd, struct www_file *f, off_t *left, struct nx_err *err)
{
    struct nx_strbuf *b = &f->body[NX_ENC_IDENTITY];
    char part[16384];
    ssize_t got = 1;
    int fd = openat(dirfd, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return nx_fail_sys(err, NX_EIO, errno, f->name, "cannot read a file of the page");
    }
    while (got > 0 && !b->failed && (off_t)b->n <= file_max && (off_t)b->n <= *left) {
        got = read(fd, part, sizeof part);
        nx_strbuf_add(b, part, got > 0 ? (size_t)got : 0);
    }
    int sys = errno;
    close(fd);
    if (got < 0) {
        return nx_fail_sys(err, NX_EIO, sys, f->name, "cannot read a file of the page");
    }
    if (got > 0) {
        return b->failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory")
                         : nx_fail(err, NX_ELIMIT, f->name, "a page may have files of %d MiB, and %d MiB in all",
                                   (int)(file_max >> 20), (int)(all_max >> 20));
    }
    *left -= (off_t)b->n;
    return 0;
}

/* Each encoding once, for all who will ask. */
static int encode(struct www_file *f, struct nx_err *err)
{
    const struct nx_strbuf *plain = &f->body[NX_ENC_IDENTITY];
    int r = 0;
    for (int enc = NX_ENC_IDENTITY + 1; enc < NX_ENC_COUNT && r == 0 && f->encodable; enc++) {
        struct nx_sink_mem to;
        struct nx_encoder *e = NULL;
        nx_sink_mem_init(&to, &f->body[enc]);
        r = nx_encoder_open((enum nx_encoding)enc, &to.sink, &e, err);
        if (r == 0) {
            r = nx_sink_write(nx_encoder_sink(e), plain->p, plain->n, err);
        }
        if (r == 0) {
            r = nx_encoder_end(e, err);
        }
        nx_encoder_close(e);
        if (r == 0 && f->body[enc].n >= plain->n) {
            nx_strbuf_clear(&f->body[enc]);
        }
    }
    return r;
}

/* Takes the names. */
static int fill(struct www_set *s, int dirfd, char *names[], size_t n, struct nx_err *err)
{
    off_t left = all_max;
    int r = 0;
    for (size_t i = 0; i < n; i++) {
        struct www_file *f = &s->v[i];
        int t = type_of(names[i]);
        f->name = names[i];
        names[i] = NULL;
        f->type = types[t].type;
        f->encodable = types[t].encodable;
        for (int enc = 0; enc < NX_ENC_COUNT; enc++) {
            nx_strbuf_init(&f->body[enc], 0);
        }
        s->n++;
        r = slurp(dirfd, f, &left, err);
        r = r < 0 ? r : encode(f, err);
        if (r < 0) {
            return r;
        }
    }
    return r;
}

static int read_into(DIR *d, const char *dir, uint64_t known, struct www_set **ret, struct nx_err *err)
{
    char *names[FILES_MAX];
    size_t n = 0;
    struct www_set *s = NULL;
    int r = list(d, dir, names, &n, err);
    uint64_t signature = r < 0 ? 0 : sign(dirfd(d), dir, names, n);
    if (r == 0 && signature != known) {
        s = calloc(1, sizeof *s);
        if (!s || !(s->dir = strdup(dir)) || !(s->v = calloc(n ? n : 1, sizeof *s->v))) {
            r = nx_fail(err, NX_ENOMEM, NULL, "no memory");
        } else {
            s->signature = signature;
            r = fill(s, dirfd(d), names, n, err);
        }
    }
    for (size_t i = 0; i < n; i++) {
        free(names[i]);
    }
    if (r < 0) {
        www_set_free(s);
        s = NULL;
    }
    *ret = s;
    return r;
}

int www_read(const char *dir, uint64_t known, struct www_set **ret, struct nx_err *err)
{
    DIR *d = opendir(dir);
    *ret = NULL;
    if (!d) {
        return nx_fail_sys(err, NX_EIO, errno, dir, "cannot read the files of the page");
    }
    int r = read_into(d, dir, known, ret, err);
    closedir(d);
    return r;
}

void www_set_free(struct www_set *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        for (int enc = 0; enc < NX_ENC_COUNT; enc++) {
            nx_strbuf_fini(&s->v[i].body[enc]);
        }
        free(s->v[i].name);
    }
    free(s->v);
    free(s->dir);
    free(s);
}

struct www_file *www_set_find(struct www_set *s, struct nx_slice name)
{
    for (size_t i = 0; s && i < s->n; i++) {
        if (nx_slice_is(name, s->v[i].name)) {
            return &s->v[i];
        }
    }
    return NULL;
}
