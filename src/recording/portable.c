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
#include "json/doc.h"
#include "recording/recording_impl.h"
#include "store/fields.h"

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

static int check_format(const cJSON *version, struct nx_recording *rec, bool strict, struct nx_err *err)
{
    uint64_t major = 0, minor = 0;
    int rc;
    if ((rc = nx_fields_of(version, "format-version", err)) < 0 ||
        (rc = nx_field_u64(version, 0, "major", true, UINT32_MAX, &major, err)) < 0 ||
        (rc = nx_field_u64(version, 1, "minor", true, UINT32_MAX, &minor, err)) < 0)
        return rc;
    unsigned a = (unsigned)major, b = (unsigned)minor;
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

static int read_manifest(const cJSON *doc, struct nx_recording *rec, bool strict, struct nx_err *err)
{
    const cJSON *version, *run;
    bool newer = false;
    int rc;
    if ((rc = nx_fields_of(doc, "the manifest", err)) < 0 ||
        (rc = nx_field(doc, 0, "format-version", true, &version, err)) < 0 ||
        (rc = nx_field(doc, 1, "run", true, &run, err)) < 0 ||
        (rc = check_format(version, rec, strict, err)) < 0 || (rc = nx_run_parse(run, &rec->run, err)) < 0 ||
        (rc = nx_run_check_version(&rec->run, strict, &newer, err)) < 0)
        return rc;
    rec->newer_minor = rec->newer_minor || newer;
    return 0;
}

static int open_manifest(struct nx_recording *rec, bool strict, struct nx_err *err)
{
    char *json = NULL;
    size_t n = 0;
    cJSON *doc = NULL;
    int rc = nx_zip_slurp(rec->zip, MANIFEST, NX_LIM_MANIFEST_BYTES, &json, &n, err);
    if (rc == -NX_ENOTFOUND) {
        /* The file is there; what is in it is not what it should be. */
        return nx_fail(err, NX_EFORMAT, nx_zip_name(rec->zip),
                       "required file `" MANIFEST "` missing from archive");
    }
    if (rc == 0)
        rc = nx_doc_parse(json, n, NULL, &doc, err);
    if (rc == 0)
        rc = read_manifest(doc, rec, strict, err);
    if (rc < 0 && err && err->object[0] == '\0') {
        struct nx_strbuf b;
        nx_strbuf_init(&b, 0);
        nx_strbuf_addf(&b, "%s (" MANIFEST ")", nx_zip_name(rec->zip));
        nx_err_object(err, b.failed ? rec->name : b.p);
        nx_strbuf_fini(&b);
    }
    cJSON_Delete(doc);
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
