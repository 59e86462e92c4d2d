#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "catalog/portable.h"

#include "catalog/absorb.h"
#include "store/run_write.h"

static int absorb(struct nx_index *ix, struct nx_recording *rec, struct nx_run_row *row, struct nx_err *err)
{
    struct nx_absorb *a = NULL;
    struct nx_logread *log = NULL;
    struct nx_err refused;
    int rc = nx_index_put_run(ix, row, &row->id, err);
    if (rc == 0)
        rc = nx_absorb_new(ix, row->id, row->started, &a, err);
    if (rc == 0)
        rc = nx_logread_open(a, rec, &log, err);
    if (rc == 0)
        rc = nx_logread_more(log, row, &refused, err);
    if (rc == 0 && refused.code != NX_OK) {
        *err = refused;
        rc = -(int)refused.code;
    }
    if (rc == 0)
        rc = nx_absorb_write(a, row, err);
    if (rc == 0)
        rc = nx_index_put_run(ix, row, &row->id, err);
    nx_logread_close(log);
    nx_absorb_free(a);
    return rc;
}

int nx_portable_absorb(struct nx_index *ix, const char *store, const char *name, struct nx_recording *rec,
                       int64_t *ret_workspace, struct nx_err *err)
{
    const struct nx_run *run = nx_recording_run(rec);
    struct nx_strbuf entry;
    struct nx_json json;
    nx_strbuf_init(&entry, 0);
    nx_json_init(&json, &entry);
    nx_run_write(&json, run);
    struct nx_run_row row = {
        .uuid = run->id,
        .started = nx_instant_nanos(run->started_at),
        .last_written = nx_instant_nanos(run->last_written_at),
        .status = run->status_text,
        .entry = entry.p,
        .on_disk = true,
    };
    int rc = entry.failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory for a run") : nx_index_begin(ix, err);
    if (rc == 0) {
        rc = nx_index_workspace(ix, store, name, NULL, &row.workspace, err);
        if (rc == 0)
            rc = absorb(ix, rec, &row, err);
        if (rc == 0)
            rc = nx_index_commit(ix, err);
        if (rc < 0)
            nx_index_rollback(ix);
    }
    nx_strbuf_fini(&entry);
    if (rc == 0)
        *ret_workspace = row.workspace;
    return rc;
}
