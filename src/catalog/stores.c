#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog/stores.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "store/layout.h"

#define NAME_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static int no_memory(struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, NULL, "no memory for the stores");
}

static bool is_name(const char *p, size_t n)
{
    return n > 0 && n <= NX_STORE_NAME && strspn(p, NAME_BYTES) >= n;
}

static int bad_name(const char *what, const char *given, struct nx_err *err)
{
    int rc = nx_fail(err, NX_EUSAGE, given, "%s", what);
    nx_err_hint(err, "a name has letters, digits, `.`, `_` and `-`, at most %d: --store NAME=DIR",
                (int)NX_STORE_NAME);
    return rc;
}

/* Takes both strings. */
static int append(struct nx_stores *s, char *name, char *dir, bool named, struct nx_err *err)
{
    struct nx_store *v = realloc(s->v, (s->n + 1) * sizeof(*v));
    s->v = v ? v : s->v;
    bool *flags = v ? realloc(s->named, (s->n + 1) * sizeof(*flags)) : NULL;
    s->named = flags ? flags : s->named;
    if (!flags || !dir || (named && !name)) {
        free(name);
        free(dir);
        return no_memory(err);
    }
    s->named[s->n] = named;
    s->v[s->n++] = (struct nx_store){.name = name, .dir = dir};
    return 0;
}

/* Such that it means the same where no name stands before it. */
static char *copy_dir(const char *dir)
{
    const char *sign = strchr(dir, '=');
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s%s", sign && !memchr(dir, '/', (size_t)(sign - dir)) ? "./" : "", dir);
    return nx_strbuf_take(&b, NULL);
}

int nx_stores_add(struct nx_stores *s, const char *given, struct nx_err *err)
{
    const char *sign = strchr(given, '='), *dir = given;
    size_t n = sign ? (size_t)(sign - given) : 0;
    bool named = sign && !memchr(given, '/', n);
    if (named && !is_name(given, n)) {
        return bad_name("this store's name cannot be one", given, err);
    }
    dir = named ? sign + 1 : given;
    if (!*dir) {
        return nx_fail(err, NX_EUSAGE, NULL, "--store needs the name of a directory");
    }
    return append(s, named ? strndup(given, n) : NULL, copy_dir(dir), named, err);
}

static int make_whole(struct nx_store *store, struct nx_err *err)
{
    if (store->dir[0] == '/') {
        return 0;
    }
    struct nx_strbuf path; /* it need not exist yet, so realpath() does not do */
    char *cwd = getcwd(NULL, 0);
    nx_strbuf_init(&path, 0);
    nx_strbuf_addf(&path, "%s/%s", cwd ? cwd : ".", store->dir);
    free(cwd);
    char *dir = nx_strbuf_take(&path, NULL);
    if (!dir) {
        return no_memory(err);
    }
    free((char *)store->dir);
    store->dir = dir;
    return 0;
}

/* The last part of its path; where that is `.` or the like, of what the path leads to. Owned, or NULL. */
static char *base_name(const char *dir)
{
    char *path = strdup(dir);
    for (int i = 0; path && i < 2; i++) {
        size_t n = strlen(path);
        while (n > 1 && path[n - 1] == '/') {
            path[--n] = '\0';
        }
        const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
        if (*base && strcmp(base, ".") != 0 && strcmp(base, "..") != 0) {
            char *ret = strdup(base);
            free(path);
            return ret;
        }
        char *real = i == 0 ? realpath(path, NULL) : NULL;
        free(path);
        path = real;
    }
    free(path);
    return NULL;
}

static int make_name(struct nx_store *store, bool only, struct nx_err *err)
{
    char *name = only ? strdup("default") : base_name(store->dir);
    if (only && !name) {
        return no_memory(err);
    }
    if (!name || !is_name(name, strlen(name))) {
        free(name);
        return bad_name("this folder's name cannot be that of a store", store->dir, err);
    }
    store->name = name;
    return 0;
}

static int check_twins(const struct nx_stores *s, struct nx_err *err)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(s->v[i].name, s->v[k].name) != 0) {
                continue;
            }
            int rc = nx_fail(err, NX_EUSAGE, NULL, "two stores are called `%s`: %.200s and %.200s",
                             s->v[i].name, s->v[k].dir, s->v[i].dir);
            nx_err_hint(err, "give them names: --store NAME=DIR --store OTHER=DIR");
            return rc;
        }
    }
    return 0;
}

int nx_stores_settle(struct nx_stores *s, bool whole, struct nx_err *err)
{
    int rc = 0;
    if (s->n == 0) {
        char *dir = NULL;
        rc = nx_store_default_dir(&dir, err);
        rc = rc < 0 ? rc : append(s, NULL, dir, false, err);
    }
    for (size_t i = 0; rc == 0 && i < s->n; i++) {
        rc = s->v[i].name ? 0 : make_name(&s->v[i], s->n == 1, err);
        rc = rc == 0 && whole ? make_whole(&s->v[i], err) : rc;
    }
    return rc < 0 ? rc : check_twins(s, err);
}

void nx_stores_fini(struct nx_stores *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free((char *)s->v[i].name);
        free((char *)s->v[i].dir);
        free((char *)s->v[i].kept);
    }
    free(s->v);
    free(s->named);
    *s = (struct nx_stores){0};
}
