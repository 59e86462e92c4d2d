#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/answer.h"
#include "api/answer_put.h"
#include "api/put_exec.h"
#include "api/words.h"
#include "recording/recording.h"

static void put_strings(struct nx_json *w, const char *key, char *const *v, size_t n)
{
    nx_json_key(w, key);
    nx_json_arr(w);
    for (size_t i = 0; i < n; i++) {
        nx_json_strz(w, v[i]);
    }
    nx_json_end_arr(w);
}

static void put_instant(struct nx_json *w, const char *key, struct nx_instant t)
{
    char text[NX_INSTANT_TEXT];
    nx_put_key_strz(w, key, nx_instant_text(t, text));
}

static void put_sizes(struct nx_json *w, const char *key, const struct nx_sizes *s)
{
    nx_json_key(w, key);
    nx_json_obj(w);
    nx_put_key_u64(w, "compressed", s->compressed);
    nx_put_key_u64(w, "uncompressed", s->uncompressed);
    nx_put_key_u64(w, "entries", s->entries);
    nx_json_end_obj(w);
}

static void put_counts(struct nx_json *w, const struct nx_run *run)
{
    bool stress = run->status == NX_RUN_STRESS_COMPLETED || run->status == NX_RUN_STRESS_CANCELLED;
    nx_json_key(w, "counts");
    if (!nx_run_ended(run)) {
        nx_json_null(w);
        return;
    }
    nx_json_obj(w);
    nx_put_key_strz(w, "unit", stress ? "iterations" : "tests");
    nx_json_key(w, "initial");
    if (run->has_initial) {
        nx_json_u64(w, run->initial_count);
    } else {
        nx_json_null(w);
    }
    nx_put_key_u64(w, "passed", run->passed);
    nx_put_key_u64(w, "failed", run->failed);
    nx_json_key(w, "not_run");
    if (run->has_initial) {
        nx_json_u64(w, nx_words_not_run(run));
    } else {
        nx_json_null(w);
    }
    nx_json_end_obj(w);
}

static void put_place(struct nx_json *w, const struct nx_put_run *p)
{
    nx_json_key(w, "prefix");
    if (p->gone) { /* only the whole id means it */
        nx_json_strz(w, p->run->id);
    } else if (p->view) {
        nx_json_str(w, (struct nx_slice){p->run->id, nx_view_prefix_len(p->view, NULL, p->run)});
    } else {
        nx_json_null(w);
    }
    nx_json_key(w, "workspace");
    if (p->ws) {
        nx_json_obj(w);
        nx_put_key_strz(w, "store", p->ws->store->name);
        nx_put_key_strz(w, "name", p->ws->name);
        nx_put_key_strz(w, "path", p->ws->path);
        nx_json_end_obj(w);
    } else {
        nx_json_null(w);
    }
    nx_put_key_bool(w, "latest", p->ws && p->ws->latest == p->run);
}

static void put_files(struct nx_json *w, const struct nx_put_run *p)
{
    char why[NX_ERR_WHY];
    nx_json_key(w, "files");
    nx_json_obj(w);
    nx_put_key_bool(w, "log", p->has_log);
    nx_put_key_bool(w, "store", p->has_store);
    nx_json_end_obj(w);
    nx_put_key_bool(w, "on_disk", !p->gone);
    nx_put_key_bool(w, "kept", p->run->kept);
    if (p->gone) {
        nx_put_key_strz(w, "problem", "nextest has pruned it: only its history is left");
        return;
    }
    nx_words_obstacle(p->run, p->has_log, why, sizeof(why));
    nx_put_key_strz(w, "problem", *why ? why : NULL);
}

static void put_family(struct nx_json *w, const struct nx_put_run *p)
{
    const struct nx_run *run = p->run;
    put_strings(w, "build_scope_args", run->build_scope_args, run->build_scope_args_n);
    nx_json_key(w, "env");
    nx_json_arr(w);
    for (size_t i = 0; i < run->env_n; i++) {
        nx_json_obj(w);
        nx_put_key_strz(w, "name", run->env[i].name);
        nx_put_key_strz(w, "value", run->env[i].value);
        nx_json_end_obj(w);
    }
    nx_json_end_arr(w);
    nx_json_key(w, "children");
    nx_json_arr(w);
    for (size_t i = 0; p->ws && i < p->ws->n; i++) {
        if (strcmp(p->ws->v[i]->parent_id, run->id) == 0) {
            nx_json_strz(w, p->ws->v[i]->id);
        }
    }
    nx_json_end_arr(w);
}

void nx_put_run(struct nx_json *w, const struct nx_put_run *p, bool whole)
{
    const struct nx_run *run = p->run;
    struct nx_strbuf format;

    nx_json_obj(w);
    nx_put_key_strz(w, "id", run->id);
    put_place(w, p);
    nx_put_key_strz(w, "nextest_version", run->nextest_version);
    nx_strbuf_init(&format, 0);
    nx_strbuf_addf(&format, "%u.%u", (unsigned)run->store_major, (unsigned)run->store_minor);
    nx_put_key_strz(w, "store_format", format.failed ? NULL : format.p);
    nx_strbuf_fini(&format);
    put_instant(w, "started_at", run->started_at);
    put_instant(w, "last_written_at", run->last_written_at);
    nx_json_key(w, "duration_secs");
    if (run->has_duration) {
        nx_json_double(w, run->duration_secs);
    } else {
        nx_json_null(w);
    }
    nx_put_key_strz(w, "status", nx_words_status(run->status));
    nx_put_key_strz(w, "status_text", run->status_text);
    put_counts(w, run);
    nx_json_key(w, "exit_code");
    if (nx_run_ended(run)) {
        nx_json_i64(w, run->exit_code);
    } else {
        nx_json_null(w);
    }
    put_strings(w, "cli_args", run->cli_args, run->cli_args_n);
    nx_put_key_strz(w, "parent_run_id", run->parent_id[0] ? run->parent_id : NULL);
    nx_json_key(w, "sizes");
    nx_json_obj(w);
    put_sizes(w, "log", &run->log);
    put_sizes(w, "store", &run->store);
    nx_json_end_obj(w);
    put_files(w, p);
    if (whole) {
        put_family(w, p);
    }
    nx_json_end_obj(w);
}

void nx_put_files(struct nx_put_run *p)
{
    struct nx_strbuf path;
    char *dir = nx_run_dir(p->ws, p->run);
    if (!dir) {
        return;
    }
    nx_strbuf_init(&path, 0);
    nx_strbuf_addf(&path, "%s/run.log.zst", dir);
    p->has_log = !path.failed && access(path.p, F_OK) == 0;
    nx_strbuf_clear(&path);
    nx_strbuf_addf(&path, "%s/store.zip", dir);
    p->has_store = !path.failed && access(path.p, F_OK) == 0;
    nx_strbuf_fini(&path);
    free(dir);
}

int nx_put_end(struct nx_strbuf *out, struct nx_err *err)
{
    nx_strbuf_addc(out, '\n');
    return out->failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory for the answer") : 0;
}

int nx_answer_run(const struct nx_view *view, struct nx_pick pick, struct nx_strbuf *out, struct nx_err *err)
{
    struct nx_json w;
    struct nx_put_run p = {.view = view, .ws = pick.ws, .run = pick.run};
    nx_json_init(&w, out);
    nx_put_files(&p);
    nx_put_run(&w, &p, true);
    return nx_put_end(out, err);
}

int nx_answer_gone(const struct nx_view *view, struct nx_pick pick, struct nx_strbuf *out, struct nx_err *err)
{
    struct nx_json w;
    struct nx_put_run p = {.view = view, .ws = pick.ws, .run = pick.run, .gone = true};
    nx_json_init(&w, out);
    nx_put_run(&w, &p, true);
    return nx_put_end(out, err);
}

int nx_answer_recording(struct nx_recording *rec, struct nx_strbuf *out, struct nx_err *err)
{
    struct nx_json w;
    struct nx_put_run p = {
        .run = nx_recording_run(rec),
        .has_log = nx_recording_has_log(rec),
        .has_store = nx_recording_has_store(rec),
    };
    nx_json_init(&w, out);
    nx_put_run(&w, &p, true);
    return nx_put_end(out, err);
}
