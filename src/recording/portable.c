/* Opening a portable recording: finding the zip, and its manifest. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "io/spool.h"
#include "recording/recording_impl.h"
#include "store/pull.h"

enum { FORMAT_MAJOR = 1, FORMAT_MINOR = 0 }; /* of portable recordings, nextest 0.9.143 */

#define MANIFEST "manifest.json"

/* --- a descriptor that seeks --- */

/* As nextest: what cannot seek (a pipe, `<(curl ...)`) is copied to a file first. */
static int make_seekable(const char *name, int *fd, struct nx_err *err)
{
    if (lseek(*fd, 0, SEEK_CUR) >= 0)
        return 0;
    int from = *fd;
    *fd = -1;
    if (errno != ESPIPE) {
        int rc = nx_fail_sys(err, NX_EIO, errno, name, "cannot seek in it");
        close(from);
        return rc;
    }
    struct nx_reader *r = NULL;
    int rc = nx_reader_open_fd(from, name, &r, err);
    if (rc == 0)
        rc = nx_spool(r, NX_LIM_SPOOL_BYTES, fd, err);
    nx_reader_close(r);
    return rc;
}

static int open_input(const char *path, const char *name, int *ret, struct nx_err *err)
{
    int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return nx_fail_sys(err, errno == ENOENT || errno == ENOTDIR ? NX_ENOTFOUND : NX_EIO, errno, name,
                           "cannot open");
    int rc = make_seekable(name, &fd, err);
    if (rc == 0)
        *ret = fd;
    return rc;
}

/* --- the zip --- */

static bool ends_in_zip(const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    const char *dot = strrchr(base, '.');
    return dot && dot != base && strcasecmp(dot, ".zip") == 0;
}

static bool is_folder(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && name[n - 1] == '/';
}

/* GitHub puts an artifact into one more zip. It is looked through where it holds one file only, and that a
 * zip. */
static int look_through(struct nx_recording *rec, struct nx_err *err)
{
    const char *inner = NULL;
    unsigned long long files = 0, zips = 0;
    for (uint64_t i = 0; i < nx_zip_count(rec->zip); i++) {
        const char *name = nx_zip_entry_name(rec->zip, i);
        if (is_folder(name))
            continue;
        files++;
        if (ends_in_zip(name)) {
            zips++;
            inner = name;
        }
    }
    if (files != 1 || zips != 1) {
        int rc =
            nx_fail(err, NX_EFORMAT, rec->name,
                    "archive has no manifest and is not a wrapper archive (contains %llu file%s, %llu of "
                    "which end%s in .zip)",
                    files, files == 1 ? "" : "s", zips, zips == 1 ? "s" : "");
        nx_err_hint(err, "a portable recording is made with `cargo nextest store export`");
        return rc;
    }
    rec->wrapper = rec->zip;
    rec->zip = NULL;
    return nx_zip_open_nested(rec->wrapper, inner, &rec->zip, err);
}

/* --- the manifest --- */

static bool read_format(struct nx_pull *p, uint32_t *ret_major, uint32_t *ret_minor)
{
    static const struct nx_slice names[] = {{"major", 5}, {"minor", 5}};
    struct nx_members m;
    unsigned which;
    if (!nx_pull_open(p, &m, names, 2, "format-version"))
        return false;
    while (nx_pull_member(p, &m, &which))
        if (!nx_pull_u32(p, names[which].p, which == 0 ? ret_major : ret_minor))
            return false;
    return nx_pull_need(p, &m, 3);
}

static int check_format(unsigned a, unsigned b, struct nx_recording *rec, bool strict, struct nx_err *err)
{
    int rc;
    if (a != FORMAT_MAJOR) {
        rc = nx_fail(err, NX_EVERSION, NULL,
                     "portable recording format version %u.%u is incompatible: major version %u differs from "
                     "supported version %d",
                     a, b, a, FORMAT_MAJOR);
        nx_err_hint(err, a > FORMAT_MAJOR ? "upgrade nxtrace; or upgrade nextest and export with it"
                                          : "export it with the nextest that made it");
        return rc;
    }
    if (b > FORMAT_MINOR && strict) {
        rc =
            nx_fail(err, NX_EVERSION, NULL,
                    "portable recording format version %u.%u is incompatible: minor version %u is newer than "
                    "supported version %d",
                    a, b, b, FORMAT_MINOR);
        nx_err_hint(err, "upgrade nxtrace, or leave out --strict: what is new is passed over then");
        return rc;
    }
    rec->newer_minor = b > FORMAT_MINOR;
    return 0;
}

/* The format's version decides how the run is to be read, wherever it stands: both are looked for first. */
static int read_manifest(struct nx_pull *p, struct nx_recording *rec, bool strict)
{
    static const struct nx_slice names[] = {{"format-version", 14}, {"run", 3}};
    const char *at[2] = {NULL, NULL};
    struct nx_members m;
    unsigned which;
    uint32_t major = 0, minor = 0;
    bool newer = false;
    if (!nx_pull_open(p, &m, names, 2, "the manifest"))
        return p->rc;
    while (nx_pull_member(p, &m, &which)) {
        at[which] = p->scan.p;
        if (!nx_pull_skip(p, false))
            return p->rc;
    }
    if (!nx_pull_need(p, &m, 3) || !nx_pull_end(p))
        return p->rc;
    p->scan.p = at[0];
    if (!read_format(p, &major, &minor))
        return p->rc;
    int rc = check_format(major, minor, rec, strict, p->err);
    if (rc < 0)
        return rc;
    p->scan.p = at[1];
    if (nx_run_parse(p, &rec->run) < 0)
        return p->rc;
    rc = nx_run_check_version(&rec->run, strict, &newer, p->err);
    rec->newer_minor = rec->newer_minor || newer;
    return rc;
}

static int open_manifest(struct nx_recording *rec, bool strict, struct nx_err *err)
{
    char *json = NULL;
    size_t n = 0;
    struct nx_pull p;
    int rc = nx_zip_slurp(rec->zip, MANIFEST, NX_LIM_MANIFEST_BYTES, &json, &n, err);
    if (rc == -NX_ENOTFOUND) {
        /* The file is there; what is in it is not what it should be. */
        return nx_fail(err, NX_EFORMAT, nx_zip_name(rec->zip),
                       "required file `" MANIFEST "` missing from archive");
    }
    char *padded = rc == 0 ? realloc(json, n + NX_SCAN_PAD) : NULL;
    if (rc == 0 && !padded)
        rc = nx_fail(err, NX_ENOMEM, NULL, "no memory for a manifest");
    if (rc == 0) {
        json = padded;
        memset(json + n, 0, NX_SCAN_PAD);
        nx_pull_init(&p, json, n, err);
        rc = read_manifest(&p, rec, strict);
        nx_pull_fini(&p);
    }
    if (rc < 0 && err && err->object[0] == '\0') {
        struct nx_strbuf b;
        nx_strbuf_init(&b, 0);
        nx_strbuf_addf(&b, "%s (" MANIFEST ")", nx_zip_name(rec->zip));
        nx_err_object(err, b.failed ? rec->name : b.p);
        nx_strbuf_fini(&b);
    }
    free(json);
    return rc;
}

int nx_recording_open_portable(const char *path, bool strict, struct nx_recording **ret, struct nx_err *err)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    struct nx_recording *rec = calloc(1, sizeof *rec);
    int fd = -1;
    if (!rec)
        return nx_fail(err, NX_ENOMEM, name, "no memory to open a recording");
    rec->portable = true;
    rec->name = strdup(name);
    int rc = rec->name ? open_input(path, name, &fd, err)
                       : nx_fail(err, NX_ENOMEM, name, "no memory to open a recording");
    if (rc == 0)
        rc = nx_zip_open(name, fd, &rec->zip, err);
    if (rc == 0 && !nx_zip_has(rec->zip, MANIFEST))
        rc = look_through(rec, err);
    if (rc == 0)
        rc = open_manifest(rec, strict, err);
    if ((rc == -NX_EFORMAT || rc == -NX_ETRUNC) && err && err->hint[0] == '\0')
        nx_err_hint(err, "the file is damaged, or none that `cargo nextest store export` made");
    if (rc < 0)
        nx_recording_close(rec);
    else
        *ret = rec;
    return rc;
}
