#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/*
 * Captured outputs. Source: nextest-runner/src/record/reader.rs (read_output) and format.rs (OutputDict): an entry
 * out/<name> of store.zip, stored, holds one zstd frame made with the dictionary that the name's ending tells.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/zstd.h"
#include "recording/recording_impl.h"

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

static const char *dictionary_of(const char *name)
{
    if (ends_in(name, "-stdout") || ends_in(name, "-combined"))
        return "meta/stdout.dict";
    return ends_in(name, "-stderr") ? "meta/stderr.dict" : NULL;
}

int nx_recording_output(struct nx_recording *rec, const char *file_name, char **ret, size_t *ret_n, struct nx_err *err)
{
    char entry[256], *frame = NULL, *dict = NULL;
    size_t frame_n, dict_n;
    const char *dict_name = dictionary_of(file_name);
    if (!dict_name || strlen(file_name) > sizeof entry - 5)
        return nx_fail(err, NX_EFORMAT, nx_recording_name(rec), "`%s` is no name of an output", file_name);
    snprintf(entry, sizeof entry, "out/%s", file_name);
    int rc = nx_recording_need_store(rec, err);
    if (rc == 0)
        rc = nx_zip_slurp(rec->store, entry, NX_LIM_META_BYTES, &frame, &frame_n, err);
    if (rc == 0)
        rc = nx_zip_slurp(rec->store, dict_name, NX_LIM_MANIFEST_BYTES, &dict, &dict_n, err);
    if (rc == 0)
        rc = nx_zstd_frame(frame, frame_n, dict, dict_n, (size_t)nx_limit_value(NX_LIM_META_BYTES), entry, ret, ret_n, err);
    free(frame);
    free(dict);
    return rc;
}
