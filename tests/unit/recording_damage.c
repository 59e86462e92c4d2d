/*
 * Every length and every flipped byte of a small recording's files: an error that names the file, or a right
 * answer; never more or other lines than there are before the damage. Meant for the sanitizers, which see
 * what the code does not.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/zip.h"
#include "recording/recording.h"
#include "recording/runlog.h"
#include "store/runlist.h"
#include "tests/unit/data.h"
#include "tests/unit/zipmake.h"

#define RUNS "no-tests/state/projects/_ssrc_sfallow-empty/records/runs"
#define RUN RUNS "/3b54f8f2-9510-4b03-b954-6f9afb0c06cc"

static char dir[] = "/tmp/nx-damage-XXXXXX", file[64];

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

/* The file at `path`, whole; only what changes is written anew. */
struct victim {
    char *p;
    size_t n;
    int fd;
};

static void victim_begin(struct victim *v, char *p, size_t n, const char *name)
{
    snprintf(file, sizeof file, "%s/%s", dir, name);
    *v = (struct victim){p, n, open(file, O_RDWR | O_CREAT | O_TRUNC, 0600)};
    assert_true(v->fd >= 0);
    assert_int_equal(write(v->fd, p, n), n);
}

static void victim_end(struct victim *v)
{
    close(v->fd);
    unlink(file);
    free(v->p);
}

/* Calls `check` with each damage; `what` is a length, or a flipped byte's place. */
static void each_damage(struct victim *v, void (*check)(const struct victim *v, size_t what, bool cut))
{
    for (size_t i = 0; i < v->n; i++) {
        /* All bits, or one of them, by turns: a flag that changes alone does other harm than a new size. */
        char c = (char)(v->p[i] ^ (i % 2 ? 1 << i / 2 % 8 : 0xff));
        assert_int_equal(pwrite(v->fd, &c, 1, (off_t)i), 1);
        check(v, i, false);
        assert_int_equal(pwrite(v->fd, v->p + i, 1, (off_t)i), 1);
    }
    for (size_t n = v->n; n-- > 0;) {
        assert_int_equal(ftruncate(v->fd, (off_t)n), 0);
        check(v, n, true);
    }
}

static void names_the_file(const struct nx_err *err, size_t what)
{
    char text[8192];
    if (strncmp(err->object, file, strlen(file)) != 0 || err->why[0] == '\0' || err->code == NX_EINTERNAL)
        fail_msg("%zu: %s", what, nx_err_text(err, text, sizeof text));
}

/* --- the run list --- */

static void check_list(const struct victim *v, size_t what, bool cut)
{
    (void)v;
    struct nx_runlist list = {0};
    struct nx_err err;
    int rc = nx_runlist_read(dir, 0, &list, &err);
    if (rc < 0)
        names_the_file(&err, what);
    assert_false(cut && rc == 0);
    nx_runlist_fini(&list);
}

static void run_list(void **state)
{
    (void)state;
    struct victim v;
    size_t n;
    char *p = data_read(data_path(RUNS "/runs.json.zst"), &n);
    victim_begin(&v, p, n, "runs.json.zst");
    check_list(&v, 0, false);
    each_damage(&v, check_list);
    victim_end(&v);
}

/* --- the log --- */

static char *true_lines; /* of the undamaged log */
static size_t true_n;

static int check_lines(struct nx_reader *r, size_t what)
{
    struct nx_runlog *log = NULL;
    struct nx_slice line;
    struct nx_err err;
    uint64_t number;
    size_t at = 0;
    int rc;
    assert_int_equal(nx_runlog_open(r, &log, &err), 0);
    while ((rc = nx_runlog_next(log, &line, &number, &err)) > 0) {
        if (line.n >= true_n - at || memcmp(line.p, true_lines + at, line.n) != 0 ||
            true_lines[at + line.n] != '\n')
            fail_msg("%zu: line %d is not a line of the log", what, (int)number);
        at += line.n + 1;
    }
    if (rc < 0)
        names_the_file(&err, what);
    else
        assert_int_equal(at, true_n);
    nx_runlog_close(log);
    return rc;
}

/* Checksums are for that: damaged text is noticed at the frame's end, after it was handed out. So a flipped
 * byte may change lines; what is asked for is an end, and an error. */
static void check_flipped(struct nx_reader *r, size_t what)
{
    struct nx_runlog *log = NULL;
    struct nx_slice line;
    struct nx_err err;
    uint64_t number;
    int rc, lines = 0;
    assert_int_equal(nx_runlog_open(r, &log, &err), 0);
    while ((rc = nx_runlog_next(log, &line, &number, &err)) > 0)
        assert_true(++lines < 100000);
    if (rc < 0)
        names_the_file(&err, what);
    nx_runlog_close(log);
}

static void check_log(const struct victim *v, size_t what, bool cut)
{
    (void)v;
    struct nx_reader *r = NULL;
    struct nx_err err;
    assert_int_equal(nx_reader_open_file(file, &r, &err), 0);
    if (cut)
        assert_true(check_lines(r, what) == -NX_ETRUNC);
    else
        check_flipped(r, what);
}

static void read_truth(const char *path)
{
    struct nx_reader *r = NULL;
    struct nx_runlog *log = NULL;
    struct nx_slice line;
    struct nx_err err;
    struct nx_strbuf b;
    uint64_t number;
    nx_strbuf_init(&b, 0);
    assert_int_equal(nx_reader_open_file(path, &r, &err), 0);
    assert_int_equal(nx_runlog_open(r, &log, &err), 0);
    while (nx_runlog_next(log, &line, &number, &err) > 0) {
        nx_strbuf_add(&b, line.p, line.n);
        nx_strbuf_addc(&b, '\n');
    }
    nx_runlog_close(log);
    free(true_lines);
    true_lines = nx_strbuf_take(&b, &true_n);
    assert_true(true_n > 100);
}

static void log_file(void **state)
{
    (void)state;
    static const char *const logs[] = {
        RUN "/run.log.zst",
        "plain/state/projects/_ssrc_sorchard/records/runs/e96a27f6-0fd4-493f-a650-653faf58712c/run.log.zst",
    };
    for (int i = 0; i < 2; i++) {
        struct victim v;
        size_t n;
        const char *path = data_path(logs[i]);
        char *p = data_read(path, &n);
        read_truth(path);
        victim_begin(&v, p, n, "run.log.zst");
        each_damage(&v, check_log);
        victim_end(&v);
    }
}

/* --- the zips --- */

/* Where the local headers and the directory's begin, in their order. A damage inside one entry concerns no
 * other, so only that one is read: decompressing all of them each time takes the sanitizers a minute. */
static size_t starts[64], starts_n;

static void find_starts(const char *p, size_t n)
{
    starts_n = 0;
    for (size_t i = 0; i + 4 < n && starts_n < 64; i++)
        if (memcmp(p + i, "PK\3\4", 4) == 0 || memcmp(p + i, "PK\1\2", 4) == 0)
            starts[starts_n++] = i;
}

static bool concerns(uint64_t entry, uint64_t count, size_t what)
{
    bool in_directory = starts_n > count && what >= starts[count];
    return in_directory || (what >= starts[entry] && what < starts[entry + 1]);
}

static void check_store(const struct victim *v, size_t what, bool cut)
{
    (void)v;
    struct nx_zip *zip = NULL;
    struct nx_err err;
    int rc = nx_zip_open(file, -1, &zip, &err);
    if (rc < 0)
        names_the_file(&err, what);
    assert_false(cut && rc == 0);
    for (uint64_t i = 0; rc == 0 && i < nx_zip_count(zip); i++) {
        char *p = NULL;
        size_t n;
        if (!concerns(i, nx_zip_count(zip), what))
            continue;
        if (nx_zip_slurp(zip, nx_zip_entry_name(zip, i), NX_LIM_META_BYTES, &p, &n, &err) < 0) {
            names_the_file(&err, what);
            continue;
        }
        assert_int_equal(n, nx_zip_entry_size(zip, i));
        free(p);
    }
    nx_zip_close(zip);
}

static void store_zip(void **state)
{
    (void)state;
    struct victim v;
    size_t n;
    char *p = data_read(data_path(RUN "/store.zip"), &n);
    victim_begin(&v, p, n, "store.zip");
    find_starts(p, n);
    assert_int_equal(starts_n, 10);
    check_store(&v, n, false);
    each_damage(&v, check_store);
    victim_end(&v);
}

static void check_portable(const struct victim *v, size_t what, bool cut)
{
    (void)v;
    struct nx_recording *rec = NULL;
    struct nx_reader *r = NULL;
    struct nx_err err;
    char *root = NULL;
    int rc = nx_recording_open_portable(file, what % 2 == 0, &rec, &err);
    assert_false(cut && rc == 0);
    if (rc < 0) {
        names_the_file(&err, what);
        return;
    }
    if (nx_recording_workspace(rec, &root, &err) < 0)
        names_the_file(&err, what);
    else
        free(root);
    if (nx_recording_log(rec, &r, &err) < 0)
        names_the_file(&err, what);
    else
        check_flipped(r, what);
    nx_recording_close(rec);
}

/* The smallest real manifest and log, and a store.zip of one small entry; as exported, deflated, and wrapped.
 */
static void portable(void **state)
{
    (void)state;
    size_t manifest_n, log_n;
    struct nx_zip *real = NULL;
    struct nx_err err;
    char *manifest = NULL, *log = data_read(data_path(RUN "/run.log.zst"), &log_n);
    assert_int_equal(nx_zip_open(data_path("portables/zips/manifest-compact.zip"), -1, &real, &err), 0);
    assert_int_equal(nx_zip_slurp(real, "manifest.json", NX_LIM_MANIFEST_BYTES, &manifest, &manifest_n, &err),
                     0);
    nx_zip_close(real);
    for (unsigned form = 0; form < 3; form++) {
        struct zm store, zip, wrap;
        struct victim v;
        unsigned method = form == 1 ? 8 : 0;
        static const char metadata[] = "{\"workspace_root\":\"/src/x\"}";
        zm_begin(&store);
        zm_add(&store, "meta/cargo-metadata.json", metadata, sizeof metadata - 1, 93);
        zm_end(&store, "");
        zm_begin(&zip);
        zm_add(&zip, "manifest.json", manifest, manifest_n, method);
        zm_add(&zip, "run.log.zst", log, log_n, method);
        zm_add(&zip, "store.zip", store.out.p, store.out.n, method);
        zm_end(&zip, "");
        zm_begin(&wrap);
        zm_add(&wrap, "artifact.zip", zip.out.p, zip.out.n, 8);
        zm_end(&wrap, "");
        struct nx_strbuf *whole = form == 2 ? &wrap.out : &zip.out;
        size_t n = whole->n;
        victim_begin(&v, nx_strbuf_take(whole, NULL), n, "recording.zip");
        check_portable(&v, 0, false);
        each_damage(&v, check_portable);
        victim_end(&v);
        zm_free(&store);
        zm_free(&zip);
        zm_free(&wrap);
    }
    free(manifest);
    free(log);
    free(true_lines);
    true_lines = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_list),
        cmocka_unit_test(log_file),
        cmocka_unit_test(store_zip),
        cmocka_unit_test(portable),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
