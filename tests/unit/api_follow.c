/* A log that grows byte by byte, followed: at every length the same trace as one made afresh. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/follow.h"
#include "data.h"

static struct nx_err err;
static char dir[] = "/tmp/nx-follow-XXXXXX", path[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/run.log.zst", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(dir);
}

static void grow_to(const char *log, size_t from, size_t to)
{
    FILE *f = fopen(path, from ? "ab" : "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(log + from, 1, to - from, f), to - from);
    assert_int_equal(fclose(f), 0);
}

/* The trace of the file as it is now, made in one go. */
static void fresh(const struct nx_run *run, struct nx_export_opts opts, struct nx_strbuf *out, bool *ret_missing)
{
    struct nx_recording *rec;
    struct nx_export_report report;
    struct nx_sink_mem sink;
    nx_strbuf_clear(out);
    nx_sink_mem_init(&sink, out);
    assert_int_equal(nx_recording_open_dir(dir, run, &rec, &err), 0);
    assert_int_equal(nx_export(rec, &opts, &sink.sink, &report, &err), 0);
    *ret_missing = report.missing;
    nx_recording_close(rec);
}

static void follow_log(const char *log, size_t n, size_t step, struct nx_export_opts opts)
{
    static char version[] = "0.9.143";
    struct nx_run run = {.id = "dc88651a-7d93-498d-bdb2-d927bb0cdeee", .store_major = 2, .store_minor = 1,
                         .nextest_version = version, .status_text = (char[]){"incomplete"}};
    struct nx_strbuf so_far, opening, footer, want;
    struct nx_sink_mem sink;
    struct nx_follow *f;
    bool grown, missing;
    nx_strbuf_init(&so_far, 0);
    nx_strbuf_init(&opening, 0);
    nx_strbuf_init(&footer, 0);
    nx_strbuf_init(&want, 0);
    nx_sink_mem_init(&sink, &so_far);
    grow_to(log, 0, 0);
    assert_int_equal(nx_follow_open(dir, &run, &opts, &sink.sink, &f, &err), 0);
    for (size_t at = 0;; at = at + step < n ? at + step : n) {
        if (at > 0) {
            size_t before = at % step ? at - at % step : at - step;
            grow_to(log, before, at);
        }
        size_t was = so_far.n;
        assert_int_equal(nx_follow_more(f, &grown, &err), 0);
        assert_int_equal(grown, was > 0 && so_far.n > was);
        nx_strbuf_clear(&opening);
        assert_int_equal(nx_follow_opening(f, &opening, &err), 0);
        assert_int_equal(opening.n > 0, opts.for_perfetto);
        nx_strbuf_clear(&footer);
        assert_int_equal(nx_follow_footer(f, &footer, &err), 0);
        fresh(&run, opts, &want, &missing);
        assert_int_equal(so_far.n + footer.n, want.n);
        if (opening.n > 0) {
            assert_true(opening.n <= so_far.n);
            assert_memory_equal(opening.p, want.p, opening.n);
        }
        assert_memory_equal(so_far.p + opening.n, want.p + opening.n, so_far.n - opening.n);
        assert_memory_equal(footer.p, want.p + so_far.n, footer.n);
        assert_false(nx_follow_report(f)->missing);
        if (at == n)
            break;
    }
    assert_false(missing);
    assert_false(nx_follow_report(f)->open_run);
    nx_follow_close(f);
    nx_strbuf_fini(&so_far);
    nx_strbuf_fini(&opening);
    nx_strbuf_fini(&footer);
    nx_strbuf_fini(&want);
}

static void follow_file(const char *rel, size_t step)
{
    size_t n;
    char *log = data_read(data_path(rel), &n);
    follow_log(log, n, step, (struct nx_export_opts){.group_by = NX_BY_BINARY});
    follow_log(log, n, step, (struct nx_export_opts){.group_by = NX_BY_SLOT, .pretty = true});
    follow_log(log, n, step, (struct nx_export_opts){.group_by = NX_BY_BINARY, .for_perfetto = true});
    free(log);
}

static void small_log(void **state)
{
    (void)state;
    follow_file("retries/state/projects/_ssrc_sseedlings/records/runs/a0a7f8f3-6c34-4513-9cc9-2d17c532457e/run.log.zst", 7);
}

/* A log of several blocks: events come while it grows. */
static void large_log(void **state)
{
    (void)state;
    follow_file("live/4-ended/state/projects/_ssrc_ssprouting/records/runs/06b47e55-391f-42f9-b55e-62c436617e06/run.log.zst", 4001);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test_setup_teardown(small_log, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(large_log, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
