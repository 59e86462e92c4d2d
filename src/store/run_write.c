#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/run_write.h"

static void put_instant(struct nx_json *w, const char *key, struct nx_instant t)
{
    char buf[NX_INSTANT_TEXT];
    nx_json_key(w, key);
    nx_json_strz(w, nx_instant_text(t, buf));
}

static void put_strings(struct nx_json *w, const char *key, char *const *v, size_t n)
{
    nx_json_key(w, key);
    nx_json_arr(w);
    for (size_t i = 0; i < n; i++)
        nx_json_strz(w, v[i]);
    nx_json_end_arr(w);
}

static void put_u64(struct nx_json *w, const char *key, uint64_t v)
{
    nx_json_key(w, key);
    nx_json_u64(w, v);
}

static void put_sizes(struct nx_json *w, const char *key, struct nx_sizes s)
{
    nx_json_key(w, key);
    nx_json_obj(w);
    put_u64(w, "compressed", s.compressed);
    put_u64(w, "uncompressed", s.uncompressed);
    put_u64(w, "entries", s.entries);
    nx_json_end_obj(w);
}

static void put_status(struct nx_json *w, const struct nx_run *run)
{
    nx_json_key(w, "status");
    nx_json_obj(w);
    nx_json_key(w, "status");
    nx_json_strz(w, run->status_text);
    bool stress = run->status == NX_RUN_STRESS_COMPLETED || run->status == NX_RUN_STRESS_CANCELLED;
    if (nx_run_ended(run)) {
        nx_json_key(w, stress ? "initial-iteration-count" : "initial-run-count");
        if (run->has_initial)
            nx_json_u64(w, run->initial_count);
        else
            nx_json_null(w);
        put_u64(w, stress ? "success-count" : "passed", run->passed);
        put_u64(w, stress ? "failed-count" : "failed", run->failed);
        nx_json_key(w, "exit-code");
        nx_json_i64(w, run->exit_code);
    }
    nx_json_end_obj(w);
}

void nx_run_write(struct nx_json *w, const struct nx_run *run)
{
    nx_json_obj(w);
    nx_json_key(w, "run-id");
    nx_json_strz(w, run->id);
    put_u64(w, "store-format-version", run->store_major);
    put_u64(w, "store-format-minor-version", run->store_minor);
    nx_json_key(w, "nextest-version");
    nx_json_strz(w, run->nextest_version);
    put_instant(w, "started-at", run->started_at);
    put_instant(w, "last-written-at", run->last_written_at);
    if (run->has_duration) {
        nx_json_key(w, "duration-secs");
        nx_json_double(w, run->duration_secs);
    }
    put_strings(w, "cli-args", run->cli_args, run->cli_args_n);
    put_strings(w, "build-scope-args", run->build_scope_args, run->build_scope_args_n);
    nx_json_key(w, "env-vars");
    nx_json_obj(w);
    for (size_t i = 0; i < run->env_n; i++) {
        nx_json_key_slice(w, nx_slice_of(run->env[i].name));
        nx_json_strz(w, run->env[i].value);
    }
    nx_json_end_obj(w);
    nx_json_key(w, "parent-run-id");
    nx_json_strz(w, run->parent_id[0] ? run->parent_id : NULL);
    nx_json_key(w, "sizes");
    nx_json_obj(w);
    put_sizes(w, "log", run->log);
    put_sizes(w, "store", run->store);
    nx_json_end_obj(w);
    put_status(w, run);
    nx_json_end_obj(w);
}
