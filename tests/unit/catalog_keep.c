/* Keeping recordings of a real store: which, how often, and which go. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <time.h>

#include "archive/archive.h"
#include "catalog/keep.h"
#include "catalog/reconcile.h"
#include "store/listdoc.h"
#include "small_store.h"
#include "tests/unit/data.h"

#define WS "_ssrc_sseedlings"

static char kept_dir[300];
static const struct nx_store store = {.name = "default", .dir = small_dir, .kept = kept_dir};
static int lock;
static struct nx_view *view;
static struct nx_keep_bad bad;
static struct nx_keep_opts opts;
static struct nx_keep_batch told; /* the last */
static char told_of[300];
static int told_n, steps, stop_after;
static bool all_over;

static void run(const char *fmt, ...)
{
    char cmd[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(cmd, sizeof cmd, fmt, ap);
    va_end(ap);
    assert_int_equal(system(cmd), 0);
}

static int on_step(void *arg)
{
    (void)arg;
    return stop_after && ++steps > stop_after;
}

static bool on_over(void *arg, const struct nx_workspace *ws, const struct nx_run *r)
{
    (void)arg;
    (void)ws;
    (void)r;
    return all_over;
}

static void on_tell(void *arg, const struct nx_keep_batch *b)
{
    (void)arg;
    told = *b;
    snprintf(told_of, sizeof told_of, "%s", b->ws->name);
    told_n++;
}

static int setup(void **state)
{
    static const bool taken[] = {true};
    struct nx_err err;
    if (small_setup(state) < 0)
        return -1;
    snprintf(kept_dir, sizeof kept_dir, "%s/kept", small_dir);
    run("cp -r '%s/projects' '%s' && chmod -R u+w '%s'", data_path("retries/state"), small_dir, small_dir);
    bad = (struct nx_keep_bad){0};
    opts = (struct nx_keep_opts){.taken = taken,
                                 .copy = true,
                                 .bad = &bad,
                                 .step = on_step,
                                 .over = on_over,
                                 .tell = on_tell,
                                 .now = (int64_t)time(NULL) * 1000000000};
    told_n = steps = stop_after = 0;
    all_over = false;
    view = NULL;
    return nx_archive_take(kept_dir, small_dir, &lock, &err);
}

static int teardown(void **state)
{
    nx_view_unref(view);
    nx_keep_bad_fini(&bad);
    close(lock);
    return small_teardown(state);
}

static void look(void)
{
    struct nx_view *next = NULL;
    struct nx_err err;
    assert_int_equal(nx_view_take(&store, 1, NULL, view, 0, &next, &err), 0);
    nx_view_unref(view);
    view = next;
}

/* One pass, with a fresh picture before and behind it. */
static int keep(struct nx_err *err)
{
    bool changed;
    look();
    told = (struct nx_keep_batch){.ws = NULL};
    told_n = 0;
    int rc = nx_keep(view, &opts, &changed, err);
    look();
    return rc;
}

static void kept(uint64_t n)
{
    struct nx_err err;
    if (keep(&err) < 0)
        fail_msg("%s: %s", err.object, err.why);
    assert_int_equal(told.kept, n);
    assert_int_equal(told_n,
                     n > 0 || told.bad || told.missed || told.relisted || told.removed[NX_GOES_BY_NUMBER]);
}

/* Writes nextest's list anew, with `edit` done to its text, and without the runs [from, to). */
static void relist(size_t from, size_t to, const char *was, const char *is)
{
    struct nx_listdoc d;
    struct nx_err err;
    char *runs_dir = strdup(small_path(WS, ""));
    assert_int_equal(nx_listdoc_read(runs_dir, 0, false, &d, &err), 0);
    for (size_t i = from; i < to; i++)
        run("rm -r '%s/%s'", runs_dir, d.v[i].id);
    memmove(&d.v[from], &d.v[to], (d.n - to) * sizeof *d.v);
    d.n -= to - from;
    if (was) {
        char *at = strstr(d.text, was);
        assert_non_null(at);
        memcpy(at, is, strlen(is));
    }
    assert_int_equal(nx_listdoc_write(runs_dir, &d, &err), 0);
    nx_listdoc_fini(&d);
    free(runs_dir);
}

static void prune(size_t from, size_t to)
{
    relist(from, to, NULL, NULL);
}

static bool is_there(const struct nx_run *r)
{
    char *log = nx_run_log(view->v[0], r);
    bool there = access(log, F_OK) == 0;
    free(log);
    return there;
}

static void keeps_each_once(void **state)
{
    (void)state;
    kept(6);
    assert_string_equal(told_of, WS);
    assert_int_equal(view->v[0]->archived_n, 6);
    assert_int_equal(view->runs, 6);
    uint64_t bytes = 0;
    for (size_t i = 0; i < 6; i++) {
        assert_false(view->v[0]->v[i]->kept);
        assert_string_equal(view->v[0]->archived[i].id, view->v[0]->list[i].id);
        bytes += view->v[0]->list[i].log.compressed + view->v[0]->list[i].store.compressed;
    }
    assert_int_equal(told.bytes, bytes);
    assert_int_equal(told.err.code, NX_OK);
    kept(0);
    prune(0, 4);
    kept(0);
    assert_int_equal(view->runs, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(view->v[0]->list[i].kept, i < 4);
        assert_true(is_there(&view->v[0]->list[i]));
    }
}

static void not_without_being_told_to(void **state)
{
    (void)state;
    static const bool none[] = {false};
    opts.copy = false;
    kept(0);
    opts.copy = true;
    opts.taken = none;
    kept(0);
    assert_int_equal(view->v[0]->archived_n, 0);
}

/* The picture is older than the archive: what is there already is not copied again. */
static void a_view_that_is_behind(void **state)
{
    (void)state;
    struct nx_err err;
    bool changed = false;
    struct stat was, is;
    look();
    assert_int_equal(nx_keep(view, &opts, &changed, &err), 0);
    assert_true(changed);
    char path[512];
    snprintf(path, sizeof path, "%s/projects/" WS "/records/runs/%s/store.zip", kept_dir, view->v[0]->list[0].id);
    assert_int_equal(stat(path, &was), 0);
    told_n = 0;
    assert_int_equal(nx_keep(view, &opts, &changed, &err), 0);
    assert_false(changed);
    assert_int_equal(told_n, 0);
    assert_int_equal(stat(path, &is), 0);
    assert_int_equal(was.st_ino, is.st_ino);
    assert_int_equal(was.st_ctim.tv_nsec, is.st_ctim.tv_nsec);
}

static void stops_between_two_runs(void **state)
{
    (void)state;
    stop_after = 2;
    kept(2);
    assert_int_equal(view->v[0]->archived_n, 2);
    steps = 0;
    kept(2);
    stop_after = 0;
    kept(2);
    assert_int_equal(view->v[0]->archived_n, 6);
}

static void a_run_without_an_end(void **state)
{
    (void)state;
    look();
    char *log = nx_run_log(view->v[0], &view->v[0]->list[5]);
    run("touch '%s'", log);
    relist(0, 0, NULL, NULL);
    struct nx_listdoc d;
    struct nx_err err;
    char *runs_dir = strdup(small_path(WS, ""));
    assert_int_equal(nx_listdoc_read(runs_dir, 0, false, &d, &err), 0);
    char *text = strdup(d.v[5].text.p), *status = strstr(text, "\"status\": {");
    assert_non_null(status);
    memcpy(status, "\"status\":{\"status\":\"incomplete\"}}", 34);
    struct nx_slice ended = d.v[5].text;
    d.v[5].text = nx_slice_of(text);
    assert_int_equal(nx_listdoc_write(runs_dir, &d, &err), 0);
    kept(5);
    kept(0);
    all_over = true; /* its nextest is gone */
    kept(1);
    assert_false(nx_run_ended(&view->v[0]->archived[5]));
    /* It was not, after all. */
    all_over = false;
    d.v[5].text = ended;
    assert_int_equal(nx_listdoc_write(runs_dir, &d, &err), 0);
    kept(1);
    assert_int_equal(view->v[0]->archived_n, 6);
    assert_true(nx_run_ended(&view->v[0]->archived[5]));
    nx_listdoc_fini(&d);
    free(text);
    free(runs_dir);
    free(log);
}

static void a_log_that_is_quiet(void **state)
{
    (void)state;
    struct small_run one = {ID_A, 1, NULL, "{\"status\":\"incomplete\"}"};
    small_list("_sa", &one, 1);
    run("mkdir '%s' && touch -d '59 minutes ago' '%s/run.log.zst'", small_path("_sa", ID_A),
        small_path("_sa", ID_A));
    kept(6); /* of the other workspace */
    kept(0);
    opts.now += (int64_t)NX_KEEP_QUIET_S * 1000000000;
    kept(1);
    assert_string_equal(told_of, "_sa");
}

static void not_whole(void **state)
{
    (void)state;
    struct nx_err err;
    look();
    char *log = nx_run_log(view->v[0], &view->v[0]->list[2]);
    run("cp '%s' '%s.was' && truncate -s -1 '%s'", log, log, log);
    kept(5);
    assert_int_equal(told.bad, 1);
    assert_string_equal(strrchr(told.err.object, '/'), "/run.log.zst");
    assert_non_null(strstr(told.err.why, "the run list says"));
    kept(0); /* not tried again */
    assert_int_equal(told.bad, 0);
    run("mv '%s.was' '%s'", log, log);
    kept(0);
    nx_keep_bad_fini(&bad); /* the next start */
    kept(1);
    /* One whose folder went with no word in the list. */
    run("rm -r '%s'", kept_dir);
    close(lock);
    assert_int_equal(nx_archive_take(kept_dir, small_dir, &lock, &err), 0);
    run("rm '%s'", log);
    kept(5);
    assert_int_equal(told.missed, 1);
    free(log);
}

static void entries_are_brought_up_to_date(void **state)
{
    (void)state;
    kept(6);
    relist(0, 0, "\"last-written-at\": \"2", "\"last-written-at\": \"3");
    kept(0);
    assert_int_equal(told.relisted, 1);
    assert_int_equal(
        nx_instant_cmp(view->v[0]->archived[0].last_written_at, view->v[0]->list[0].last_written_at), 0);
    kept(0);
    assert_int_equal(told_n, 0);
}

static void goes_when_nextest_has_it_no_more(void **state)
{
    (void)state;
    kept(6);
    opts.retain = (struct nx_retain){.has_runs = true, .runs = 1};
    kept(0); /* nextest has them all */
    assert_int_equal(view->v[0]->archived_n, 6);
    prune(0, 4);
    look();
    char *log = nx_run_log(view->v[0], &view->v[0]->list[0]);
    assert_int_equal(access(log, F_OK), 0);
    kept(0);
    assert_int_equal(told.removed[NX_GOES_BY_NUMBER], 3);
    assert_int_equal(view->runs, 3);
    assert_int_equal(view->v[0]->archived_n, 3);
    assert_int_equal(access(log, F_OK), -1);
    free(log);
    /* Told once, also by a picture that is older than that. */
    prune(0, 1);
    look();
    bool changed = false;
    struct nx_err err;
    opts.retain.runs = 0;
    assert_int_equal(nx_keep(view, &opts, &changed, &err), 0);
    assert_true(changed);
    assert_int_equal(told.removed[NX_GOES_BY_NUMBER], 2);
    told_n = 0;
    assert_int_equal(nx_keep(view, &opts, &changed, &err), 0);
    assert_false(changed);
    assert_int_equal(told_n, 0);
}

static void what_would_go_at_once_is_not_copied(void **state)
{
    (void)state;
    opts.retain = (struct nx_retain){.has_runs = true};
    kept(0);
    opts.retain = (struct nx_retain){.has_age = true, .age_s = 1};
    kept(0);
    opts.retain = (struct nx_retain){.has_bytes = true, .bytes = 1};
    kept(0);
    opts.retain = (struct nx_retain){.has_bytes = true, .bytes = 1 << 30};
    kept(6);
}

/* It is away with all its runs, or its list is damaged: that is no reason to let anything go. */
static void a_store_that_is_away(void **state)
{
    (void)state;
    kept(6);
    opts.retain = (struct nx_retain){.has_runs = true};
    small_put(WS, "runs.json.zst", "x", 1);
    kept(0);
    run("mv '%s/projects' '%s/away'", small_dir, small_dir);
    assert_int_equal(access(kept_dir, F_OK), 0);
    look();
    assert_int_equal(view->v[0]->archived_n, 6);
}

static int count_row(void *arg, const struct nx_run_row *row)
{
    int *n = arg;
    n[row->on_disk]++;
    return 0;
}

static void counted(struct nx_index *ix, int gone, int on_disk)
{
    int n[2] = {0, 0};
    struct nx_err err;
    assert_int_equal(nx_index_runs(ix, &(struct nx_run_filter){0}, count_row, n, &err), 0);
    assert_int_equal(n[0], gone);
    assert_int_equal(n[1], on_disk);
}

static void forget(struct nx_index *ix, struct nx_retain retain, uint64_t n)
{
    struct nx_err err;
    uint64_t dropped = 99;
    assert_int_equal(nx_forget(ix, view, &retain, opts.now, NULL, NULL, &dropped, &err), 0);
    assert_int_equal(dropped, n);
}

static void reconcile(struct nx_index *ix, uint64_t read)
{
    struct nx_err err, refused;
    struct nx_reconciled sum;
    const struct nx_reconcile_opts o = {.refused = &refused};
    look();
    assert_int_equal(nx_reconcile(ix, view, &o, &sum, &err), 0);
    assert_int_equal(sum.read, read);
}

/* A run that moves to the archive is not read again; history and recordings count together. */
static void the_index_forgets(void **state)
{
    (void)state;
    struct nx_index *ix = NULL;
    struct nx_err err;
    assert_int_equal(nx_index_open(NULL, NX_INDEX_WRITE, &ix, NULL, &err), 0);
    opts.index = ix;
    reconcile(ix, 6);
    prune(0, 2); /* without copies: history */
    reconcile(ix, 0);
    counted(ix, 2, 4);
    kept(4);
    prune(0, 2);
    reconcile(ix, 0);
    counted(ix, 2, 4);
    forget(ix, (struct nx_retain){0}, 0);
    forget(ix, (struct nx_retain){.has_bytes = true}, 0);
    forget(ix, (struct nx_retain){.has_runs = true, .runs = 4}, 0);
    forget(ix, (struct nx_retain){.has_runs = true, .runs = 3}, 1);
    counted(ix, 1, 4);
    /* Two recordings before one history: the recordings go when the archive lets them go. */
    forget(ix, (struct nx_retain){.has_runs = true, .runs = 1}, 1);
    counted(ix, 0, 4);
    opts.retain = (struct nx_retain){.has_runs = true, .runs = 1};
    kept(0);
    assert_int_equal(told.removed[NX_GOES_BY_NUMBER], 1);
    reconcile(ix, 0);
    counted(ix, 1, 3);
    forget(ix, opts.retain, 1);
    counted(ix, 0, 3);
    forget(ix, (struct nx_retain){.has_age = true}, 0); /* the rest is nextest's, or kept */
    counted(ix, 0, 3);
    nx_index_close(ix);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_each_once),
        TEST(not_without_being_told_to),
        TEST(a_view_that_is_behind),
        TEST(stops_between_two_runs),
        TEST(a_run_without_an_end),
        TEST(a_log_that_is_quiet),
        TEST(not_whole),
        TEST(entries_are_brought_up_to_date),
        TEST(goes_when_nextest_has_it_no_more),
        TEST(what_would_go_at_once_is_not_copied),
        TEST(a_store_that_is_away),
        TEST(the_index_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
