/* The rows of a log that grows, made from what is new, are those of a log that is read anew. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/growing.h"
#include "catalog/reconcile.h"
#include "data.h"
#include "small_store.h"

static struct nx_err err;
static struct nx_strbuf told;

static struct nx_index *memory(void)
{
    struct nx_index *ix = NULL;
    assert_int_equal(nx_index_open(NULL, NX_INDEX_WRITE, &ix, NULL, &err), 0);
    return ix;
}

/* --- everything that the index has of the run --- */

static int tell_exec(void *arg, const struct nx_exec_out *o)
{
    (void)arg;
    nx_strbuf_addf(&told, "  %.*s %.*s s%u a%u %s%s%s%s %lld %llu %u [%.*s] %llu\n", (int)o->binary.n, o->binary.p,
                   (int)o->name.n, o->name.p, o->row.stress, o->row.attempt, nx_outcome_text(o->row.outcome),
                   o->row.slow ? " slow" : "", o->row.last ? " last" : "", o->row.flaky_fails ? " fails" : "",
                   (long long)o->row.start, (unsigned long long)o->row.duration, o->row.slot, (int)o->group.n,
                   o->group.p ? o->group.p : "", (unsigned long long)o->row.line);
    return 0;
}

static int tell_run(void *arg, const struct nx_run_row *r)
{
    const struct nx_exec_filter all = {0};
    const struct nx_tally *t = &r->tally;
    const uint64_t n[] = {t->tests, t->passed, t->flaky, t->failed, t->running, t->skipped, t->executions, t->slow, t->slots,
                          r->stress, r->scripts, r->scripts_failed, r->bad_lines, r->log_size, (uint64_t)r->log_mtime};
    struct nx_test_row first = {0};
    nx_strbuf_addf(&told, "%s depth %d %s %s", r->uuid, (int)r->depth, r->status, r->profile ? r->profile : "-");
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        nx_strbuf_addf(&told, " %llu", (unsigned long long)n[i]);
    if (r->first_failure)
        assert_int_equal(nx_index_test_name(arg, r->first_failure, &first, &err), 0);
    nx_strbuf_addf(&told, " %.*s\n", (int)first.name.n, first.name.p ? first.name.p : "");
    assert_int_equal(nx_index_execs(arg, r->id, &all, tell_exec, NULL, &err), 0);
    return 0;
}

static char *all_of(struct nx_index *ix)
{
    const struct nx_run_filter all = {0};
    nx_strbuf_init(&told, 0);
    assert_int_equal(nx_index_runs(ix, &all, tell_run, ix, &err), 0);
    return nx_strbuf_take(&told, NULL);
}

static void look(struct nx_index *ix, struct nx_growing *g)
{
    struct nx_view *v = NULL;
    struct nx_reconciled r;
    const struct nx_reconcile_opts opts = {.growing = g};
    assert_int_equal(nx_view_take(&small_store, 1, NULL, NULL, 100, &v, &err), 0);
    if (nx_reconcile(ix, v, &opts, &r, &err) != 0)
        fail_msg("%s: %s", err.object, err.why);
    nx_view_unref(v);
}

static void assert_as_anew(struct nx_index *ix, size_t at)
{
    struct nx_index *fresh = memory();
    look(fresh, NULL);
    char *got = all_of(ix), *want = all_of(fresh);
    if (strcmp(got, want) != 0)
        fail_msg("at %zu bytes:\n%s\nread anew:\n%s", at, got, want);
    free(got);
    free(want);
    nx_index_close(fresh);
}

/* --- the log --- */

static const char incomplete[] = "{\"status\":\"incomplete\",\"initial-run-count\":9}";

static void write_log(const char *p, size_t n, const char *mode)
{
    char path[1100];
    snprintf(path, sizeof path, "mkdir -p '%s'", small_path("_sa", ID_A));
    assert_int_equal(system(path), 0);
    snprintf(path, sizeof path, "%s/run.log.zst", small_path("_sa", ID_A));
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void list_it(bool ended)
{
    const struct small_run run = {.id = ID_A, .started = 10, .status = ended ? NULL : incomplete};
    small_list("_sa", &run, 1);
}

static const char *const logs[] = {
    "retries/state/projects/_ssrc_sseedlings/records/runs/a0a7f8f3-6c34-4513-9cc9-2d17c532457e/run.log.zst",
    "retries/state/projects/_ssrc_sseedlings/records/runs/911a451e-7a53-4753-adb2-7e0ea59b9e81/run.log.zst",
    "stress/state/projects/_ssrc_smonsoon/records/runs/028b3b4a-16bb-4ab2-94d0-8b6becd89756/run.log.zst",
    "cancelled/state/projects/_ssrc_sharvest/records/runs/08aff2e2-28c7-4873-a79c-b8d637145e38/run.log.zst",
    "setup-scripts/state/projects/_ssrc_sgreenhouse/records/runs/372441d6-7606-4042-beb9-42f2296353cd/run.log.zst",
};

/* The log, unpacked. */
static char *unpacked(const char *rel, size_t *ret_n)
{
    char cmd[4600];
    char *p = NULL;
    size_t n = 0, cap = 0, got;
    snprintf(cmd, sizeof cmd, "zstd -dqc '%s'", data_path(rel));
    FILE *f = popen(cmd, "r");
    assert_non_null(f);
    do {
        if (n + 65536 > cap) {
            cap = cap * 2 + 65536;
            p = realloc(p, cap);
            assert_non_null(p);
        }
        got = fread(p + n, 1, cap - n, f);
        n += got;
    } while (got > 0);
    assert_int_equal(pclose(f), 0);
    *ret_n = n;
    return p;
}

/* The text in a frame of uncompressed blocks, `step` bytes each: a frame cut anywhere gives all blocks before. */
static struct nx_strbuf framed(const char *text, size_t n, size_t step)
{
    struct nx_strbuf b;
    static const char head[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0, 0x58}; /* window of 2 MiB, no size, no checksum */
    nx_strbuf_init(&b, 0);
    nx_strbuf_add(&b, head, sizeof head);
    for (size_t at = 0; at < n; at += step) {
        size_t size = n - at < step ? n - at : step;
        uint32_t block = (uint32_t)(size << 3) | (at + size == n);
        char bytes[3] = {(char)block, (char)(block >> 8), (char)(block >> 16)};
        nx_strbuf_add(&b, bytes, 3);
        nx_strbuf_add(&b, text + at, size);
    }
    assert_false(b.failed);
    return b;
}

/* Cut at many places, each state as a fresh index has it; and at most a few reads are from the start. */
static void grows(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof logs / sizeof *logs; l++) {
        size_t n;
        char *text = unpacked(logs[l], &n);
        struct nx_strbuf log = framed(text, n, 301);
        struct nx_index *ix = memory();
        struct nx_growing *g = nx_growing_new();
        list_it(false);
        write_log("", 0, "wb");
        for (size_t at = 0; at < log.n;) {
            size_t more = 1 + at % 7 * 113;
            more = more < log.n - at ? more : log.n - at;
            write_log(log.p + at, more, "ab");
            at += more;
            look(ix, g);
            assert_as_anew(ix, at);
            if (at > 8 && at < log.n)
                assert_int_equal(nx_growing_count(g), 1);
        }
        list_it(true);
        look(ix, g);
        assert_as_anew(ix, log.n);
        assert_int_equal(nx_growing_count(g), 0);
        nx_growing_free(g);
        nx_index_close(ix);
        nx_strbuf_fini(&log);
        free(text);
    }
}

/* A log that gets shorter, another in its place, or one that cannot be read on. */
static void starts_anew(void **state)
{
    (void)state;
    size_t n, m;
    char *text = unpacked(logs[0], &n), *other = unpacked(logs[1], &m), path[1100], cmd[2400];
    struct nx_strbuf log = framed(text, n, 301), log2 = framed(other, m, 555);
    struct nx_index *ix = memory();
    struct nx_growing *g = nx_growing_new();
    list_it(false);
    const struct {
        const struct nx_strbuf *from;
        size_t n;
    } steps[] = {{&log, log.n / 2}, {&log, log.n / 3}, {&log2, log2.n / 3}, {&log2, log2.n / 2}, {&log, log.n - 1}, {&log, 9},
                 {&log, log.n / 2}, {&log2, log2.n - 2}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        /* by rename, so it is another file; where it is the same log and longer, in its place */
        bool same = i > 0 && steps[i - 1].from == steps[i].from && steps[i - 1].n > steps[i].n;
        snprintf(path, sizeof path, "%s/run.log.zst", small_path("_sa", ID_A));
        if (!same && i > 0) {
            snprintf(cmd, sizeof cmd, "mv '%s' '%s.old'", path, path);
            assert_int_equal(system(cmd), 0);
        }
        write_log(steps[i].from->p, steps[i].n, "wb");
        look(ix, g);
        assert_as_anew(ix, i);
    }
    struct nx_strbuf bad;
    nx_strbuf_init(&bad, 0);
    nx_strbuf_add(&bad, log.p, log.n / 2);
    write_log(bad.p, bad.n, "wb");
    look(ix, g);
    write_log("this is no block", 16, "ab");
    look(ix, g);
    assert_as_anew(ix, bad.n);
    write_log("nor is this", 11, "ab");
    look(ix, g);
    assert_as_anew(ix, bad.n);
    nx_strbuf_fini(&bad);
    nx_growing_free(g);
    nx_index_close(ix);
    nx_strbuf_fini(&log);
    nx_strbuf_fini(&log2);
    free(text);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grows, small_setup, small_teardown),
        cmocka_unit_test_setup_teardown(starts_anew, small_setup, small_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
