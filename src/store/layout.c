#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/strbuf.h"

/* --- where the store is --- */

static char *home_dir(void)
{
    const char *home = getenv("HOME");
    if (home && *home)
        return strdup(home);
    struct passwd pw, *found = NULL;
    size_t cap = 16 * 1024;
    char *buf = malloc(cap), *ret = NULL;
    if (buf && getpwuid_r(getuid(), &pw, buf, cap, &found) == 0 && found && found->pw_dir && *found->pw_dir)
        ret = strdup(found->pw_dir);
    free(buf);
    return ret;
}

int nx_store_default_dir(char **ret, struct nx_err *err)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    const char *own = getenv("NEXTEST_STATE_DIR"), *xdg = getenv("XDG_STATE_HOME");
    if (own) {
        /* Taken as it is; nextest makes the current directory of an empty one. */
        nx_strbuf_adds(&b, *own ? own : ".");
    } else if (xdg && *xdg == '/') {
        /* The XDG rules say that a relative one is to be ignored. */
        nx_strbuf_addf(&b, "%s/nextest", xdg);
    } else {
        char *home = home_dir();
        if (!home) {
            nx_strbuf_fini(&b);
            int rc =
                nx_fail(err, NX_ENOSTORE, NULL, "no home directory, so no default place for nextest's store");
            nx_err_hint(err, "set NEXTEST_STATE_DIR, or name the store");
            return rc;
        }
        nx_strbuf_addf(&b, "%s/.local/state/nextest", home);
        free(home);
    }
    char *dir = nx_strbuf_take(&b, NULL);
    if (!dir)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory");
    *ret = dir;
    return 0;
}

/* --- listing --- */

static int add_workspace(struct nx_workspace_dirs *d, size_t *cap, const char *state_dir, const char *name)
{
    if (d->n == *cap) {
        size_t more = *cap ? *cap * 2 : 16;
        struct nx_workspace_dir *v = realloc(d->v, more * sizeof *v);
        if (!v)
            return -1;
        d->v = v;
        *cap = more;
    }
    struct nx_workspace_dir w = {strdup(name), nx_store_runs_dir(state_dir, name)};
    if (!w.name || !w.runs_dir) {
        free(w.name);
        free(w.runs_dir);
        return -1;
    }
    d->v[d->n++] = w;
    return 0;
}

static bool is_dir(int at, const struct dirent *e)
{
    struct stat st;
    if (e->d_name[0] == '.' && (e->d_name[1] == '\0' || strcmp(e->d_name, "..") == 0))
        return false;
    /* A link to a folder will do: nextest only ever opens the whole path. */
    return e->d_type == DT_DIR || (fstatat(at, e->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct nx_workspace_dir *)a)->name, ((const struct nx_workspace_dir *)b)->name);
}

static int list_projects(DIR *dir, const char *state_dir, const char *projects, struct nx_workspace_dirs *d, struct nx_err *err)
{
    size_t cap = 0;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (!e && errno != 0)
            return nx_fail_sys(err, NX_EIO, errno, projects, "cannot list");
        if (!e)
            break;
        if (!is_dir(dirfd(dir), e))
            continue;
        if (d->n >= nx_limit_value(NX_LIM_WORKSPACES))
            return nx_limit_fail(err, NX_LIM_WORKSPACES, projects);
        if (add_workspace(d, &cap, state_dir, e->d_name) < 0)
            return nx_fail(err, NX_ENOMEM, projects, "no memory");
    }
    if (d->n > 1)
        qsort(d->v, d->n, sizeof *d->v, by_name);
    return 0;
}

static int no_store(const char *state_dir, int sys, struct nx_err *err)
{
    int rc = nx_fail_sys(err, NX_ENOSTORE, sys, state_dir, "no nextest state directory there");
    nx_err_hint(err, "recording is off until `[experimental] record = true` and `[record] enabled = true` "
                     "are in nextest's user config; NEXTEST_STATE_DIR moves the place");
    return rc;
}

int nx_store_workspaces(const char *state_dir, struct nx_workspace_dirs *ret, struct nx_err *err)
{
    struct stat st;
    struct nx_workspace_dirs d = {0};
    struct nx_strbuf b;
    int rc = 0;
    if (stat(state_dir, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? no_store(state_dir, errno, err)
                   : nx_fail_sys(err, NX_EIO, errno, state_dir, "cannot look at");
    if (!S_ISDIR(st.st_mode))
        return no_store(state_dir, ENOTDIR, err);
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/projects", state_dir);
    char *projects = nx_strbuf_take(&b, NULL);
    if (!projects)
        return nx_fail(err, NX_ENOMEM, state_dir, "no memory");
    DIR *dir = opendir(projects);
    if (dir)
        rc = list_projects(dir, state_dir, projects, &d, err);
    else if (errno != ENOENT)
        rc = nx_fail_sys(err, NX_EIO, errno, projects, "cannot open");
    if (dir)
        closedir(dir);
    free(projects);
    if (rc < 0)
        nx_workspace_dirs_fini(&d);
    else
        *ret = d;
    return rc;
}

void nx_workspace_dirs_fini(struct nx_workspace_dirs *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->v[i].name);
        free(d->v[i].runs_dir);
    }
    free(d->v);
    *d = (struct nx_workspace_dirs){0};
}

char *nx_store_runs_dir(const char *state_dir, const char *workspace)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/projects/%s/records/runs", state_dir, workspace);
    return nx_strbuf_take(&b, NULL);
}

char *nx_store_run_dir(const char *runs_dir, const char *run_id)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/%s", runs_dir, run_id);
    return nx_strbuf_take(&b, NULL);
}
