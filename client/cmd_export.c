#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/export.h"
#include "api/words.h"
#include "client/cmd.h"
#include "client/place.h"
#include "client/progress.h"

/* One export from the selector to the exit status. */
struct job {
    const struct opts *o;
    const struct ui *ui;
    struct place place;
    struct nx_recording *rec;
    struct nx_sink_file *file; /* with -o */
    struct nx_sink_fd out;     /* without */
    struct progress progress;
    struct nx_export_report report;
    struct nx_err err;
};

static uint64_t file_size(const char *dir, const char *name)
{
    struct nx_strbuf path;
    struct stat st;
    uint64_t size = 0;
    nx_strbuf_init(&path, 0);
    nx_strbuf_addf(&path, "%s/%s", dir, name);
    if (!path.failed && stat(path.p, &st) == 0 && st.st_size > 0) {
        size = (uint64_t)st.st_size;
    }
    nx_strbuf_fini(&path);
    return size;
}

static int open_run(struct job *j, const char *selector, uint64_t *ret_size)
{
    struct nx_pick pick;
    int rc = place_open(&j->place, j->o, j->ui, &j->err);
    if (rc == 0) {
        rc = place_pick(&j->place, j->o, selector, &pick, &j->err);
    }
    if (rc < 0) {
        return rc;
    }
    ui_tell(j->ui, "run %s of workspace %s", pick.run->id, nx_words_workspace(pick.ws));
    char *dir = nx_run_dir(pick.ws, pick.run);
    if (!dir) {
        return nx_fail_sys(&j->err, NX_ENOMEM, ENOMEM, NULL, "cannot name the run's folder");
    }
    *ret_size = file_size(dir, "run.log.zst");
    rc = nx_recording_open_dir(dir, pick.run, &j->rec, &j->err);
    free(dir);
    return rc;
}

static int open_recording(struct job *j, uint64_t *ret_size)
{
    const char *selector = j->o->arg ? j->o->arg : "latest";
    if (!place_is_file(selector)) {
        return open_run(j, selector, ret_size);
    }
    int rc = nx_recording_open_portable(selector, j->o->strict, &j->rec, &j->err);
    if (rc == 0) {
        *ret_size = nx_recording_run(j->rec)->log.compressed;
    }
    return rc;
}

/* Can the run be read at all? Says what is odd about it. */
static int check_run(struct job *j)
{
    const struct nx_run *run = nx_recording_run(j->rec);
    struct nx_err why;
    if (nx_run_check_version(run, j->o->strict, NULL, &why) < 0) {
        int rc = nx_fail(&j->err, why.code, NULL, "run %s: %s", run->id, why.why);
        nx_err_hint(&j->err, "%s", why.hint);
        return rc;
    }
    if (!nx_run_ended(run)) {
        ui_warn(j->ui, "run %s is %s: the exported Chrome trace may be incomplete", run->id,
                nx_words_status(run->status));
    }
    return 0;
}

static bool to_stdout(const struct opts *o)
{
    return !o->output || strcmp(o->output, "-") == 0;
}

static int open_output(struct job *j, struct nx_sink **ret)
{
    if (to_stdout(j->o)) {
        nx_sink_fd_init(&j->out, STDOUT_FILENO, "standard output");
        *ret = &j->out.sink;
        j->progress.on = j->progress.on && !isatty(STDOUT_FILENO);
        return 0;
    }
    progress_catch_signals(&j->progress); /* before there is a file to leave behind */
    int rc = nx_sink_file_open(j->o->output, &j->file, &j->err);
    if (rc == 0) {
        *ret = nx_sink_file_sink(j->file);
    }
    return rc;
}

static int write_trace(struct job *j, uint64_t size)
{
    struct nx_sink *sink = NULL;
    progress_init(&j->progress, j->ui, size);
    int rc = open_output(j, &sink);
    if (rc < 0) {
        return rc;
    }
    struct nx_export_opts opts = {
        .group_by = j->o->group_by,
        .pretty = j->o->pretty,
        .strict = j->o->strict,
        .for_perfetto = j->o->for_perfetto,
        .progress = progress_tell,
        .progress_arg = &j->progress,
    };
    rc = nx_export(j->rec, &opts, sink, &j->report, &j->err);
    progress_clear(&j->progress);
    for (size_t i = 0; i < j->report.notes_n; i++) {
        ui_warn(j->ui, "%s", j->report.notes[i]);
    }
    if (rc == 0 && j->report.open_run && !j->report.missing) { /* nextest takes such a log for whole */
        ui_warn(j->ui, "the run log has no end of the run: nextest was stopped, or is still at it");
    }
    if (rc == 0 && j->file) {
        rc = nx_sink_file_commit(j->file, false, &j->err);
    }
    return rc;
}

/* What was written, and how whole it is. Returns the exit status. */
static int tell_result(const struct job *j)
{
    const struct nx_run *run = nx_recording_run(j->rec);
    if (!to_stdout(j->o)) {
        ui_info(j->ui, "wrote Chrome trace for run %s to %s", run->id, j->o->output);
    }
    if (j->report.missing) {
        ui_warn(j->ui, "the trace has all that could be read of run %s, but is not whole (exit status %d)",
                run->id, nx_code_exit(NX_EINCOMPLETE));
        return nx_code_exit(NX_EINCOMPLETE);
    }
    return 0;
}

int cmd_export(const struct opts *o, const struct ui *ui)
{
    uint64_t size = 0;
    int status;
    struct job *j = calloc(1, sizeof(*j)); /* the report and the error are large */
    struct nx_err err;

    if (!j) {
        nx_fail_sys(&err, NX_ENOMEM, ENOMEM, NULL, "cannot start the export");
        return ui_error(ui, &err);
    }
    j->o = o;
    j->ui = ui;
    if (open_recording(j, &size) < 0 || check_run(j) < 0 || write_trace(j, size) < 0) {
        nx_sink_file_close(j->file);
        j->file = NULL;
        progress_die_of_signal();
        status = ui_error(ui, &j->err);
    } else {
        status = tell_result(j);
    }
    nx_sink_file_close(j->file);
    nx_recording_close(j->rec);
    place_close(&j->place);
    free(j);
    return status;
}
