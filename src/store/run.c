#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/run.h"

#include <stdlib.h>
#include <string.h>

void nx_run_fini(struct nx_run *run)
{
    free(run->memory);
    *run = (struct nx_run){0};
}

/* --- copying: everything that a run points at lies in one block, its lists first --- */

static size_t room(const char *z)
{
    return z ? strlen(z) + 1 : 0;
}

static size_t room_list(char *const *v, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += room(v[i]);
    return sum;
}

static char *put(char **at, const char *z)
{
    size_t n = room(z);
    char *to = n > 0 ? memcpy(*at, z, n) : NULL;
    *at += n;
    return to;
}

static char **put_list(char ***lists, char **at, char *const *v, size_t n)
{
    char **to = *lists;
    for (size_t i = 0; i < n; i++)
        to[i] = put(at, v[i]);
    to[n] = NULL;
    *lists += n + 1;
    return to;
}

int nx_run_copy(struct nx_run *to, const struct nx_run *from, struct nx_err *err)
{
    struct nx_run r = *from;
    size_t lists = (r.cli_args_n + 1 + r.build_scope_args_n + 1) * sizeof(char *) + r.env_n * sizeof *r.env;
    size_t texts = room(r.nextest_version) + room(r.status_text) + room_list(r.cli_args, r.cli_args_n) +
                   room_list(r.build_scope_args, r.build_scope_args_n);
    for (size_t i = 0; i < r.env_n; i++)
        texts += room(r.env[i].name) + room(r.env[i].value);
    r.memory = malloc(lists + texts);
    if (!r.memory)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for a run");
    char **list = r.memory, *at = (char *)r.memory + lists;
    r.nextest_version = put(&at, from->nextest_version);
    r.status_text = put(&at, from->status_text);
    r.cli_args = put_list(&list, &at, from->cli_args, from->cli_args_n);
    r.build_scope_args = put_list(&list, &at, from->build_scope_args, from->build_scope_args_n);
    r.env = (void *)list;
    for (size_t i = 0; i < r.env_n; i++)
        r.env[i] = (struct nx_env){put(&at, from->env[i].name), put(&at, from->env[i].value)};
    *to = r;
    return 0;
}

/* --- versions --- */

int nx_run_check_version(const struct nx_run *run, bool strict, bool *ret_newer_minor, struct nx_err *err)
{
    unsigned major = run->store_major, minor = run->store_minor;
    if (ret_newer_minor)
        *ret_newer_minor = false;
    int rc;
    if (major < NX_STORE_MAJOR) {
        bool known = major == 1; /* which nextest was the last to read it */
        rc = nx_fail(err, NX_EVERSION, NULL,
                     "store format version %u.%u is incompatible: recording has major version %u, but "
                     "version %d is required%s",
                     major, minor, major, NX_STORE_MAJOR,
                     known ? " (use nextest <= 0.9.130 to replay this recording)" : "");
        if (known)
            nx_err_hint(err, "export it with nextest 0.9.130, or record the run again");
        else
            nx_err_hint(err, "export it with the nextest that recorded it, %s", run->nextest_version);
        return rc;
    }
    if (major > NX_STORE_MAJOR) {
        rc = nx_fail(err, NX_EVERSION, NULL,
                     "store format version %u.%u is incompatible: recording has major version %u, but only "
                     "version %d is supported",
                     major, minor, major, NX_STORE_MAJOR);
        nx_err_hint(err, "upgrade nxtrace; or upgrade nextest, to %s at least, and export with it",
                    run->nextest_version);
        return rc;
    }
    if (minor <= NX_STORE_MINOR)
        return 0;
    if (!strict) {
        if (ret_newer_minor)
            *ret_newer_minor = true;
        return 0;
    }
    rc = nx_fail(err, NX_EVERSION, NULL,
                 "store format version %u.%u is incompatible: minor version %u is newer than supported "
                 "version %d",
                 major, minor, minor, NX_STORE_MINOR);
    nx_err_hint(err, "upgrade nxtrace, or leave out --strict: what is new is passed over then");
    return rc;
}
