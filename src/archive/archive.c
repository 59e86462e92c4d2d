#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "archive/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/batch.h"
#include "event/ident.h"
#include "io/dirs.h"
#include "io/reader.h"
#include "io/sink.h"
#include "store/layout.h"
#include "store/lock.h"

enum { PATH = 4400, LOCK_WAIT_MS = 5000 /* as long as nextest waits */ };

static int no_memory(const char *dir, struct nx_err *err)
{
    return nx_fail(err, NX_ENOMEM, dir, "no memory");
}

/* --- whose it is --- */

static bool is_line(const char *text, const char *line)
{
    size_t n = strlen(line);
    for (const char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        if (strncmp(p, line, n) == 0 && (p[n] == '\n' || p[n] == '\0'))
            return true;
    return false;
}

/* A store that is not there just now goes by the path that it was given by. */
static bool is_of(const char *text, const char *source)
{
    char *real = realpath(source, NULL);
    bool yes = is_line(text, source) || (real && is_line(text, real));
    free(real);
    return yes;
}

int nx_archive_check(const char *dir, const char *source, struct nx_err *err)
{
    char path[PATH], *text = NULL;
    struct nx_reader *file = NULL;
    size_t n;
    snprintf(path, sizeof path, "%s/recorded-in", dir);
    int rc = nx_reader_open_file(path, &file, err);
    if (rc == 0)
        rc = nx_reader_slurp(file, NX_LIM_MANIFEST_BYTES, &text, &n, err);
    nx_reader_close(file);
    if (rc == 0 && !is_of(text, source)) {
        rc = nx_fail(err, NX_ENOSTORE, dir, "holds recordings of another store: %.*s",
                     (int)strcspn(text, "\n"), text);
        nx_err_hint(err, "give this store another name, or, if it has moved here, write its path into %s",
                    path);
    }
    free(text);
    return rc;
}

static char *beside(const char *root, const char *name)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/%s", root, name);
    return nx_strbuf_take(&b, NULL);
}

/* The one in `root` that is of it, or NULL. */
static char *of_source(const char *root, const char *source)
{
    struct nx_err *err = malloc(sizeof *err);
    DIR *d = err ? opendir(root) : NULL;
    char *found = NULL;
    for (const struct dirent *e; d && !found && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        found = beside(root, e->d_name);
        if (found && nx_archive_check(found, source, err) < 0) {
            free(found);
            found = NULL;
        }
    }
    if (d)
        closedir(d);
    free(err);
    return found;
}

int nx_archive_find(const char *root, const char *name, const char *source, char **ret, struct nx_err *err)
{
    char *dir = name ? beside(root, name) : NULL;
    if (name && !dir)
        return no_memory(root, err);
    int rc = name ? nx_archive_check(dir, source, err) : -NX_ENOTFOUND;
    if (rc < 0) {
        char *found = of_source(root, source);
        if (found) {
            free(dir);
            dir = found;
            rc = 0;
        } else if (rc == -NX_ENOTFOUND && name) {
            rc = 0;
        } else if (!name) {
            rc = nx_fail(err, NX_ENOTFOUND, root, "no archive of %s", source);
        }
    }
    if (rc == 0)
        *ret = dir;
    else
        free(dir);
    return rc;
}

static int write_source(const char *dir, const char *source, struct nx_err *err)
{
    char path[PATH], *real = realpath(source, NULL);
    struct nx_sink_file *file = NULL;
    struct nx_strbuf text;
    nx_strbuf_init(&text, 0);
    nx_strbuf_addf(&text, "%s\n%s\n", real ? real : source, source);
    free(real);
    snprintf(path, sizeof path, "%s/recorded-in", dir);
    int rc = text.failed ? no_memory(dir, err) : nx_sink_file_open(path, &file, err);
    if (rc == 0)
        rc = nx_sink_write(nx_sink_file_sink(file), text.p, text.n, err);
    if (rc == 0)
        rc = nx_sink_file_commit(file, true, err);
    nx_sink_file_close(file);
    nx_strbuf_fini(&text);
    return rc;
}

int nx_archive_take(const char *dir, const char *source, int *ret_lock, struct nx_err *err)
{
    char path[PATH];
    int lock = -1;
    int rc = nx_dirs_make(dir, err);
    snprintf(path, sizeof path, "%s/keeper.lock", dir);
    if (rc == 0)
        rc = nx_lock_exclusive(path, 0, &lock, err);
    if (rc == -NX_ELOCKED)
        nx_err_hint(err, "another nxtraced keeps recordings there: give each a --state-dir of its own");
    if (rc == 0 && (rc = nx_archive_check(dir, source, err)) == -NX_ENOTFOUND)
        rc = write_source(dir, source, err);
    if (rc == 0)
        *ret_lock = lock;
    else if (lock >= 0)
        close(lock);
    return rc;
}

/* --- what is left of a kill --- */

static bool is_left_over(const struct nx_listdoc *list, const char *name)
{
    char id[37];
    if (strncmp(name, NX_BATCH_TEMP, strlen(NX_BATCH_TEMP)) == 0)
        return true;
    /* A list that is not there says nothing: somebody may have moved a damaged one away. */
    return list->text && nx_uuid_parse(nx_slice_of(name), id) && strcmp(id, name) == 0 &&
           !nx_listdoc_find(list, name);
}

static int remove_left_over(const char *runs_dir, const struct nx_listdoc *list, uint64_t *n,
                            struct nx_err *err)
{
    char path[PATH];
    int rc = 0;
    DIR *d = opendir(runs_dir);
    if (!d)
        return errno == ENOENT ? 0 : nx_fail_sys(err, NX_EIO, errno, runs_dir, "cannot list");
    for (const struct dirent *e; rc == 0 && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", runs_dir, e->d_name);
        if (is_left_over(list, e->d_name)) {
            rc = nx_copy_remove(path, err);
            *n += rc == 0;
        } else if (strncmp(e->d_name, ".runs.json.zst.", 15) == 0) {
            (void)unlink(path);
        }
    }
    closedir(d);
    return rc;
}

static int clean_one(const char *runs_dir, uint64_t *n, struct nx_err *err)
{
    char path[PATH];
    struct nx_listdoc list = {0};
    int lock = -1;
    if (access(runs_dir, F_OK) < 0)
        return 0;
    snprintf(path, sizeof path, "%s/runs.lock", runs_dir);
    int rc = nx_lock_exclusive(path, LOCK_WAIT_MS, &lock, err);
    if (rc < 0)
        return rc;
    rc = nx_listdoc_read(runs_dir, 0, true, &list, err);
    if (rc == 0)
        rc = remove_left_over(runs_dir, &list, n, err);
    nx_listdoc_fini(&list);
    close(lock);
    return rc;
}

int nx_archive_clean(const char *dir, uint64_t *ret_n, struct nx_err *err)
{
    struct nx_workspace_dirs dirs = {0};
    struct nx_err *other = malloc(sizeof *other);
    uint64_t n = 0;
    int first = other ? nx_store_workspaces(dir, &dirs, err) : no_memory(dir, err);
    for (size_t i = 0; i < dirs.n; i++) {
        int rc = clean_one(dirs.v[i].runs_dir, &n, first == 0 ? err : other);
        first = first == 0 ? rc : first;
    }
    nx_workspace_dirs_fini(&dirs);
    free(other);
    *ret_n = n;
    return first;
}
