#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "recording/recording.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "json/doc.h"
#include "recording/recording_impl.h"

int nx_recording_open_dir(const char *dir, const struct nx_run *run, struct nx_recording **ret,
                          struct nx_err *err)
{
    struct nx_recording *rec = calloc(1, sizeof *rec);
    if (!rec)
        return nx_fail(err, NX_ENOMEM, dir, "no memory to open a recording");
    rec->name = strdup(dir);
    int rc = rec->name ? nx_run_copy(&rec->run, run, err)
                       : nx_fail(err, NX_ENOMEM, dir, "no memory to open a recording");
    if (rc < 0) {
        nx_err_object(err, dir);
        nx_recording_close(rec);
        return rc;
    }
    rec->newer_minor = run->store_major == NX_STORE_MAJOR && run->store_minor > NX_STORE_MINOR;
    *ret = rec;
    return 0;
}

void nx_recording_close(struct nx_recording *rec)
{
    if (!rec)
        return;
    nx_zip_close(rec->store);
    nx_zip_close(rec->zip);
    nx_zip_close(rec->wrapper);
    nx_run_fini(&rec->run);
    free(rec->name);
    free(rec);
}

const struct nx_run *nx_recording_run(const struct nx_recording *rec)
{
    return &rec->run;
}

const char *nx_recording_name(const struct nx_recording *rec)
{
    return rec->name;
}

bool nx_recording_is_portable(const struct nx_recording *rec)
{
    return rec->portable;
}

bool nx_recording_newer_minor(const struct nx_recording *rec)
{
    return rec->newer_minor;
}

static char *path_of(const struct nx_recording *rec, const char *file)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/%s", rec->name, file);
    return nx_strbuf_take(&b, NULL);
}

/* The run list names a run whose file is not there. */
static int gone(int rc, const char *path, struct nx_err *err)
{
    if (rc != -NX_ENOTFOUND)
        return rc;
    rc = nx_fail(err, NX_EGONE, path, "is not there, although the run list names the run");
    nx_err_hint(err, "the recording was removed, or never written: record the run again");
    return rc;
}

int nx_recording_log(struct nx_recording *rec, struct nx_reader **ret, struct nx_err *err)
{
    if (rec->portable)
        return nx_zip_reader(rec->zip, NX_LOG_NAME, NX_LIM_ENTRY_BYTES, ret, err);
    char *path = path_of(rec, NX_LOG_NAME);
    if (!path)
        return nx_fail(err, NX_ENOMEM, rec->name, "no memory");
    int rc = gone(nx_reader_open_file(path, ret, err), path, err);
    free(path);
    return rc;
}

int nx_recording_need_store(struct nx_recording *rec, struct nx_err *err)
{
    if (rec->store)
        return 0;
    if (rec->portable)
        return nx_zip_open_nested(rec->zip, NX_STORE_NAME, &rec->store, err);
    char *path = path_of(rec, NX_STORE_NAME);
    if (!path)
        return nx_fail(err, NX_ENOMEM, rec->name, "no memory");
    int rc = gone(nx_zip_open(path, -1, &rec->store, err), path, err);
    if ((rc == -NX_EFORMAT || rc == -NX_ETRUNC) && !nx_run_ended(&rec->run))
        nx_err_hint(err, "nextest writes the directory of store.zip when the run ends: this one goes on, or "
                         "was killed");
    free(path);
    return rc;
}

int nx_recording_meta(struct nx_recording *rec, const char *entry, char **ret, size_t *ret_n,
                      struct nx_err *err)
{
    int rc = nx_recording_need_store(rec, err);
    return rc < 0 ? rc : nx_zip_slurp(rec->store, entry, NX_LIM_META_BYTES, ret, ret_n, err);
}

int nx_recording_workspace(struct nx_recording *rec, char **ret, struct nx_err *err)
{
    char *json = NULL;
    size_t n = 0;
    cJSON *doc = NULL;
    int rc = nx_recording_meta(rec, "meta/cargo-metadata.json", &json, &n, err);
    if (rc < 0)
        return rc;
    const char *name = nx_zip_name(rec->store);
    rc = nx_doc_parse(json, n, name, &doc, err);
    free(json);
    if (rc < 0)
        return rc;
    const cJSON *root = nx_doc_get(doc, "workspace_root");
    if (!cJSON_IsString(root))
        rc = nx_fail(err, NX_EFORMAT, name, "no workspace_root in meta/cargo-metadata.json");
    else if (!(*ret = strdup(root->valuestring)))
        rc = nx_fail(err, NX_ENOMEM, name, "no memory");
    cJSON_Delete(doc);
    return rc;
}

static bool has(struct nx_recording *rec, const char *file)
{
    struct stat st;
    if (rec->portable)
        return nx_zip_has(rec->zip, file);
    char *path = path_of(rec, file);
    bool there = path && stat(path, &st) == 0;
    free(path);
    return there;
}

bool nx_recording_has_log(struct nx_recording *rec)
{
    return has(rec, NX_LOG_NAME);
}

bool nx_recording_has_store(struct nx_recording *rec)
{
    return has(rec, NX_STORE_NAME);
}
