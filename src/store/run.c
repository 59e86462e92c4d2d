#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/run.h"

#include <stdlib.h>
#include <string.h>

static void free_list(char **v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(v[i]);
    free(v);
}

void nx_run_fini(struct nx_run *run)
{
    free(run->nextest_version);
    free(run->status_text);
    free_list(run->cli_args, run->cli_args_n);
    free_list(run->build_scope_args, run->build_scope_args_n);
    for (size_t i = 0; i < run->env_n; i++) {
        free(run->env[i].name);
        free(run->env[i].value);
    }
    free(run->env);
    *run = (struct nx_run){0};
}

/* --- copying --- */

static bool copy_string(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return !from || *to;
}

static bool copy_list(char ***to, size_t *to_n, char *const *from, size_t n)
{
    *to = calloc(n + 1, sizeof **to);
    *to_n = 0;
    if (!*to)
        return false;
    for (size_t i = 0; i < n; i++, ++*to_n)
        if (!copy_string(&(*to)[i], from[i]))
            return false;
    return true;
}

static bool copy_env(struct nx_run *to, const struct nx_run *from)
{
    to->env = calloc(from->env_n ? from->env_n : 1, sizeof *to->env);
    to->env_n = 0;
    if (!to->env)
        return false;
    for (size_t i = 0; i < from->env_n; i++) {
        to->env_n++;
        if (!copy_string(&to->env[i].name, from->env[i].name) ||
            !copy_string(&to->env[i].value, from->env[i].value))
            return false;
    }
    return true;
}

int nx_run_copy(struct nx_run *to, const struct nx_run *from, struct nx_err *err)
{
    struct nx_run r = *from;
    r.nextest_version = r.status_text = NULL;
    r.cli_args = r.build_scope_args = NULL;
    r.env = NULL;
    r.cli_args_n = r.build_scope_args_n = r.env_n = 0;
    if (!copy_string(&r.nextest_version, from->nextest_version) ||
        !copy_string(&r.status_text, from->status_text) ||
        !copy_list(&r.cli_args, &r.cli_args_n, from->cli_args, from->cli_args_n) ||
        !copy_list(&r.build_scope_args, &r.build_scope_args_n, from->build_scope_args,
                   from->build_scope_args_n) ||
        !copy_env(&r, from)) {
        nx_run_fini(&r);
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to copy a run");
    }
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
