#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/put_exec.h"

#include <stdlib.h>

#include "event/instant.h"
#include "json/number.h"

void nx_put_key_strz(struct nx_json *w, const char *key, const char *value)
{
    nx_json_key(w, key);
    nx_json_strz(w, value);
}

void nx_put_key_slice(struct nx_json *w, const char *key, struct nx_slice value)
{
    nx_json_key(w, key);
    if (value.p)
        nx_json_str(w, value);
    else
        nx_json_null(w);
}

void nx_put_key_u64(struct nx_json *w, const char *key, uint64_t v)
{
    nx_json_key(w, key);
    nx_json_u64(w, v);
}

void nx_put_key_bool(struct nx_json *w, const char *key, bool v)
{
    nx_json_key(w, key);
    nx_json_bool(w, v);
}

void nx_put_key_secs(struct nx_json *w, const char *key, uint64_t ns)
{
    nx_json_key(w, key);
    nx_json_double(w, (double)(ns / 1000000000u) + (double)(ns % 1000000000u) / 1e9);
}

void nx_put_key_time(struct nx_json *w, const char *key, int64_t ns)
{
    char text[NX_INSTANT_TEXT];
    int64_t sec = ns / 1000000000, rest = ns % 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        sec--;
    }
    nx_put_key_strz(w, key, nx_instant_text((struct nx_instant){sec, (uint32_t)rest, 0}, text));
}

int nx_put_test_name(struct nx_json *w, struct nx_index *ix, int64_t test, struct nx_err *err)
{
    struct nx_test_row row;
    int rc = nx_index_test_name(ix, test, &row, err);
    if (rc < 0)
        return rc;
    nx_put_key_slice(w, "binary", row.binary);
    nx_put_key_slice(w, "test", row.name);
    return 0;
}

static void put_tally(struct nx_json *w, const struct nx_tally *t)
{
    nx_json_key(w, "counts");
    nx_json_obj(w);
    nx_put_key_u64(w, "tests", t->tests);
    nx_put_key_u64(w, "passed", t->passed);
    nx_put_key_u64(w, "flaky", t->flaky);
    nx_put_key_u64(w, "failed", t->failed);
    nx_put_key_u64(w, "running", t->running);
    nx_put_key_u64(w, "skipped", t->skipped);
    nx_put_key_u64(w, "executions", t->executions);
    nx_put_key_u64(w, "slow", t->slow);
    nx_json_end_obj(w);
}

int nx_put_found(struct nx_json *w, struct nx_index *ix, const struct nx_found *f, struct nx_err *err)
{
    nx_json_obj(w);
    nx_put_key_strz(w, "id", f->uuid);
    nx_json_key(w, "workspace");
    if (f->ws_name) {
        nx_json_obj(w);
        nx_put_key_strz(w, "store", f->ws_store);
        nx_put_key_strz(w, "name", f->ws_name);
        nx_put_key_strz(w, "path", f->ws_path);
        nx_json_end_obj(w);
    } else {
        nx_json_null(w);
    }
    nx_put_key_strz(w, "status", f->status);
    nx_put_key_time(w, "started_at", f->started);
    nx_put_key_strz(w, "profile", f->profile);
    put_tally(w, &f->tally);
    nx_put_key_u64(w, "slots", f->tally.slots);
    nx_json_key(w, "setup_scripts");
    nx_json_obj(w);
    nx_put_key_u64(w, "run", f->scripts);
    nx_put_key_u64(w, "failed", f->scripts_failed);
    nx_json_end_obj(w);
    nx_json_key(w, "first_failure");
    if (f->first_failure) {
        nx_json_obj(w);
        int rc = nx_put_test_name(w, ix, f->first_failure, err);
        if (rc < 0)
            return rc;
        nx_json_end_obj(w);
    } else {
        nx_json_null(w);
    }
    nx_put_key_bool(w, "stress", f->stress);
    nx_put_key_bool(w, "whole", f->depth == NX_DEPTH_WHOLE && f->bad_lines == 0);
    nx_put_key_bool(w, "on_disk", f->on_disk);
    nx_json_end_obj(w);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void nx_sort_u64(uint64_t *v, size_t n)
{
    if (n > 1)
        qsort(v, n, sizeof *v, by_number);
}

uint64_t nx_percentile(const uint64_t *v, size_t n, unsigned p)
{
    size_t rank = (n * p + 99) / 100; /* 1-based */
    return v[rank ? rank - 1 : 0];
}
