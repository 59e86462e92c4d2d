/*
 * Makes small stores for unit tests: a private directory, workspaces in it, run lists by hand.
 */
#ifndef TESTS_UNIT_SMALL_STORE_H
#define TESTS_UNIT_SMALL_STORE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "catalog/view.h"
#include "io/encode.h"
#include "io/sink.h"

static char small_dir[256];
static const struct nx_store small_store = {.name = "default", .dir = small_dir};
/* Two in one world: `a` and `b`. What is put goes into the store small_into. */
static char small_dir_b[300];
static const struct nx_store small_stores[2] = {{.name = "a", .dir = small_dir}, {.name = "b", .dir = small_dir_b}};
static const char *small_into = small_dir;

static inline int small_setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(small_dir, sizeof(small_dir), "%s/nx-store-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(small_dir)) {
        return -1;
    }
    char path[300];
    small_into = small_dir;
    snprintf(small_dir_b, sizeof(small_dir_b), "%s/b", small_dir);
    snprintf(path, sizeof(path), "%s/projects", small_dir);
    return mkdir(path, 0700);
}

static inline int small_teardown(void **state)
{
    (void)state;
    char cmd[300];
    snprintf(cmd, sizeof(cmd), "rm -rf '%s'", small_dir);
    return system(cmd);
}

/* <dir>/projects/<workspace>/records/runs[/<name>] */
static inline const char *small_path(const char *workspace, const char *name)
{
    static char path[1024];
    snprintf(path, sizeof(path), "%s/projects/%s/records/runs%s%s", small_into, workspace, *name ? "/" : "",
             name);
    return path;
}

/* Puts bytes there by rename, as nextest does. */
static inline void small_put(const char *workspace, const char *name, const char *p, size_t n)
{
    char cmd[1200], path[1100];
    snprintf(cmd, sizeof(cmd), "mkdir -p '%s'", small_path(workspace, ""));
    assert_int_equal(system(cmd), 0);
    snprintf(path, sizeof(path), "%s.new", small_path(workspace, name));
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(path, small_path(workspace, name)), 0);
}

/* A run for small_list(); started in seconds since 09:00:00. */
struct small_run {
    const char *id;
    int started;
    const char *parent; /* or NULL */
    const char *status; /* a JSON object, or NULL for a completed one */
};

static inline void small_list(const char *workspace, const struct small_run *v, size_t n)
{
    struct nx_strbuf json, packed;
    struct nx_sink_mem to;
    struct nx_encoder *enc = NULL;
    struct nx_err err;
    nx_strbuf_init(&json, 0);
    nx_strbuf_init(&packed, 0);
    nx_strbuf_adds(&json, "{\"format-version\":2,\"runs\":[");
    for (size_t i = 0; i < n; i++) {
        nx_strbuf_addf(&json,
                       "%s{\"run-id\":\"%s\",\"store-format-version\":2,\"store-format-minor-version\":1,"
                       "\"nextest-version\":\"0.9.143\",\"started-at\":\"2026-11-24T09:%02d:%02d.5Z\","
                       "\"last-written-at\":\"2026-11-24T11:00:00+01:00\",\"duration-secs\":0.25,"
                       "\"cli-args\":[\"cargo\",\"nextest\"],\"build-scope-args\":[],\"env-vars\":{\"B\":"
                       "\"2\",\"A\":\"\"},",
                       i ? "," : "", v[i].id, v[i].started / 60, v[i].started % 60);
        if (v[i].parent) {
            nx_strbuf_addf(&json, "\"parent-run-id\":\"%s\",", v[i].parent);
        } else {
            nx_strbuf_adds(&json, "\"parent-run-id\":null,");
        }
        nx_strbuf_addf(&json,
                       "\"sizes\":{\"log\":{\"compressed\":1,\"uncompressed\":2,\"entries\":3},"
                       "\"store\":{\"compressed\":4,\"uncompressed\":5,\"entries\":6}},\"status\":%s}",
                       v[i].status
                           ? v[i].status
                           : "{\"status\":\"completed\",\"initial-run-count\":5,\"passed\":2,\"failed\":1,"
                             "\"exit-code\":100}");
    }
    nx_strbuf_adds(&json, "]}");
    assert_false(json.failed);
    nx_sink_mem_init(&to, &packed);
    assert_int_equal(nx_encoder_open(NX_ENC_ZSTD, &to.sink, &enc, &err), 0);
    assert_int_equal(nx_sink_write(nx_encoder_sink(enc), json.p, json.n, &err), 0);
    assert_int_equal(nx_encoder_end(enc, &err), 0);
    nx_encoder_close(enc);
    small_put(workspace, "runs.json.zst", packed.p, packed.n);
    nx_strbuf_fini(&json);
    nx_strbuf_fini(&packed);
}

#define ID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define ID_B "aaaaaaaa-0000-4000-8000-000000000002"
#define ID_C "abbbbbbb-0000-4000-8000-000000000003"
#define ID_D "cccccccc-0000-4000-8000-000000000004"

#endif
