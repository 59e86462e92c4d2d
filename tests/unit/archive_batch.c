/* archive/archive, batch and copy: copies of real recordings, the list that names them, and what is left
 * behind. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "archive/archive.h"
#include "archive/batch.h"
#include "store/layout.h"
#include "store/lock.h"
#include "store/runlist.h"
#include "tests/unit/data.h"
#include "tests/unit/small_store.h"

#define FROM "retries/state/projects/_ssrc_sseedlings/records/runs"

static char archive[300], runs_dir[512];
static struct nx_listdoc from;
static int lock;

static int setup(void **state)
{
    struct nx_err err;
    if (small_setup(state) < 0)
        return -1;
    snprintf(archive, sizeof archive, "%s/kept/default", small_dir);
    snprintf(runs_dir, sizeof runs_dir, "%s/projects/_sa/records/runs", archive);
    return nx_archive_take(archive, small_dir, &lock, &err) < 0
               ? -1
               : nx_listdoc_read(data_path(FROM), 0, false, &from, &err);
}

static int teardown(void **state)
{
    nx_listdoc_fini(&from);
    close(lock);
    return small_teardown(state);
}

static char *path(const char *fmt, ...)
{
    static char buf[4][1024];
    static unsigned turn;
    va_list ap;
    turn = (turn + 1) % 4;
    va_start(ap, fmt);
    vsnprintf(buf[turn], sizeof buf[turn], fmt, ap);
    va_end(ap);
    return buf[turn];
}

static struct nx_batch *opened(void)
{
    struct nx_batch *b = NULL;
    struct nx_err err;
    assert_int_equal(nx_batch_open(archive, "_sa", &b, &err), 0);
    return b;
}

static int try_add(struct nx_batch *b, const struct nx_listed *l, const char *dir, struct nx_err *err)
{
    struct nx_copied c;
    int rc = nx_batch_add(b, dir, l, &c, err);
    if (rc == 0 && l->ended) {
        assert_int_equal(c.log_bytes, l->log_bytes);
        assert_int_equal(c.store_bytes, l->store_bytes);
    }
    return rc;
}

static void add(struct nx_batch *b, size_t i)
{
    struct nx_err err;
    if (try_add(b, &from.v[i], path("%s/%s", data_path(FROM), from.v[i].id), &err) < 0)
        fail_msg("%s: %s", err.object, err.why);
}

static void commit(struct nx_batch *b)
{
    struct nx_err err;
    if (nx_batch_commit(b, &err) < 0)
        fail_msg("%s: %s", err.object, err.why);
    nx_batch_close(b);
}

static void same_file(const char *a, const char *b)
{
    size_t an, bn;
    char *x = data_read(a, &an), *y = data_read(b, &bn);
    assert_int_equal(an, bn);
    assert_memory_equal(x, y, an);
    free(x);
    free(y);
}

static int folders;
static void count(const char *dir, const char *name)
{
    (void)dir;
    folders += strchr(name, '-') != NULL;
}

/* Names exactly these runs of `from`, in that order, and their files are the same; nothing else lies there.
 */
static void holds(const size_t *which, size_t n)
{
    struct nx_listdoc d;
    struct nx_err err;
    struct stat st;
    assert_int_equal(nx_listdoc_read(runs_dir, 0, false, &d, &err), 0);
    assert_int_equal(d.n, n);
    for (size_t i = 0; i < n; i++) {
        const struct nx_listed *l = &from.v[which[i]];
        assert_string_equal(d.v[i].id, l->id);
        assert_int_equal(d.v[i].text.n, l->text.n);
        assert_memory_equal(d.v[i].text.p, l->text.p, l->text.n);
        same_file(path("%s/%s/run.log.zst", runs_dir, l->id),
                  path("%s/%s/run.log.zst", data_path(FROM), l->id));
        same_file(path("%s/%s/store.zip", runs_dir, l->id), path("%s/%s/store.zip", data_path(FROM), l->id));
        assert_int_equal(stat(path("%s/%s/store.zip", runs_dir, l->id), &st), 0);
        assert_int_equal(st.st_nlink, 1);
    }
    nx_listdoc_fini(&d);
    folders = 0;
    data_each(runs_dir, count);
    assert_int_equal(folders, n);
}
#define HOLDS(...) holds((const size_t[]){__VA_ARGS__}, sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t))

static void keeps_and_removes(void **state)
{
    (void)state;
    struct nx_err err;
    struct nx_batch *b = opened();
    add(b, 2);
    add(b, 0);
    /* Nothing is to be seen of it before. */
    assert_int_equal(access(path("%s/runs.json.zst", runs_dir), F_OK), -1);
    commit(b);
    HOLDS(2, 0);
    b = opened();
    add(b, 5);
    assert_int_equal(nx_batch_remove(b, from.v[2].id, &err), 0);
    assert_int_equal(nx_batch_remove(b, from.v[4].id, &err), 0); /* which is not there */
    assert_int_equal(nx_batch_count(b), 3);
    commit(b);
    HOLDS(0, 5);
    b = opened();
    assert_int_equal(nx_batch_remove(b, from.v[0].id, &err), 0);
    assert_int_equal(nx_batch_remove(b, from.v[5].id, &err), 0);
    commit(b);
    holds(NULL, 0);
}

static void a_batch_that_is_given_up_leaves_nothing(void **state)
{
    (void)state;
    struct nx_batch *b = opened();
    add(b, 1);
    commit(b);
    b = opened();
    add(b, 2);
    add(b, 3);
    nx_batch_close(b);
    HOLDS(1);
    nx_batch_close(NULL);
}

/* The copy of a run that was thought dead is replaced when it has ended after all; entries are brought up to
 * date. */
static void takes_the_place_of_an_older_one(void **state)
{
    (void)state;
    struct nx_err err;
    struct nx_listed early = from.v[0], late = from.v[1];
    early.ended = false;
    struct nx_batch *b = opened();
    add(b, 1);
    assert_int_equal(try_add(b, &early, path("%s/%s", data_path(FROM), from.v[3].id), &err), 0);
    commit(b);
    b = opened();
    add(b, 0);
    commit(b);
    HOLDS(1, 0);
    static const char text[] = "{\"as\":\"it is now\"}";
    late.text = nx_slice_of(text);
    b = opened();
    assert_int_equal(nx_batch_relist(b, &late, &err), 0);
    assert_int_equal(nx_batch_commit(b, &err), 0);
    nx_batch_close(b);
    char *json = NULL;
    size_t n;
    assert_int_equal(nx_runlist_text(runs_dir, 0, false, &json, &n, &err), 0);
    assert_non_null(strstr(json, "\"runs\": [\n    {\"as\":\"it is now\"},\n    {\n      \"run-id\""));
    free(json);
}

static void damaged(const char *name, size_t cut_to, int flip_at, int code, const char *why)
{
    struct nx_err err;
    char dir[300];
    snprintf(dir, sizeof dir, "%s/bad", small_dir);
    mkdir(dir, 0700);
    for (int i = 0; i < 2; i++) {
        static const char *const names[] = {"run.log.zst", "store.zip"};
        size_t n;
        char *p = data_read(path("%s/%s/%s", data_path(FROM), from.v[0].id, names[i]), &n);
        if (strcmp(names[i], name) == 0 && flip_at >= 0)
            p[flip_at] ^= 0x55;
        if (strcmp(names[i], name) == 0 && cut_to != SIZE_MAX)
            n = cut_to;
        FILE *f = fopen(path("%s/%s", dir, names[i]), "w");
        assert_int_equal(fwrite(p, 1, n, f), n);
        fclose(f);
        free(p);
    }
    struct nx_batch *b = opened();
    int rc = try_add(b, &from.v[0], dir, &err);
    if (rc != -code || !strstr(err.why, why))
        fail_msg("%s: %d %s", name, rc, rc < 0 ? err.why : "");
    assert_int_equal(nx_batch_count(b), 0);
    nx_batch_close(b);
    assert_int_equal(access(path("%s/" NX_BATCH_TEMP "%s", runs_dir, from.v[0].id), F_OK), -1);
}

static void refuses_what_is_not_whole(void **state)
{
    (void)state;
    damaged("run.log.zst", 100, -1, NX_EFORMAT, "100 bytes, but the run list says");
    damaged("store.zip", 0, -1, NX_EFORMAT, "0 bytes, but the run list says");
    damaged("run.log.zst", SIZE_MAX, 0, NX_EFORMAT, "frame descriptor");
    damaged("store.zip", SIZE_MAX, 0, NX_EFORMAT, "");
    struct nx_err err;
    struct nx_batch *b = opened();
    assert_int_equal(try_add(b, &from.v[0], "/nowhere", &err), -NX_EGONE);
    unlink(path("%s/bad/store.zip", small_dir));
    assert_int_equal(try_add(b, &from.v[0], path("%s/bad", small_dir), &err), -NX_EFORMAT);
    assert_non_null(strstr(err.why, "is missing"));
    nx_batch_close(b);
}

/* One that was killed is kept as it lies there: its log is cut, its zip has no end, or is not there. */
static void an_unfinished_one_as_it_is(void **state)
{
    (void)state;
    struct nx_err err;
    struct nx_listed l = from.v[0];
    l.ended = false;
    char *dir = path("%s/cut", small_dir);
    mkdir(dir, 0700);
    FILE *f = fopen(path("%s/run.log.zst", dir), "w");
    fclose(f);
    struct nx_batch *b = opened();
    assert_int_equal(try_add(b, &l, dir, &err), 0);
    commit(b);
    struct stat st;
    assert_int_equal(stat(path("%s/%s/run.log.zst", runs_dir, l.id), &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(access(path("%s/%s/store.zip", runs_dir, l.id), F_OK), -1);
}

static void cleans_what_a_kill_left(void **state)
{
    (void)state;
    struct nx_err err;
    uint64_t n = 5;
    assert_int_equal(nx_archive_clean(archive, &n, &err), 0);
    assert_int_equal(n, 0);
    struct nx_batch *b = opened();
    add(b, 1);
    commit(b);
    b = opened();
    add(b, 2); /* never committed: what a kill leaves */
    mkdir(path("%s/" ID_B, runs_dir), 0700);
    fclose(fopen(path("%s/" ID_B "/run.log.zst", runs_dir), "w"));
    mkdir(path("%s/somebody-else", runs_dir), 0700);
    fclose(fopen(path("%s/.runs.json.zst.0123456789abcdef", runs_dir), "w"));
    assert_int_equal(nx_archive_clean(archive, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_int_equal(access(path("%s/.runs.json.zst.0123456789abcdef", runs_dir), F_OK), -1);
    assert_int_equal(rmdir(path("%s/somebody-else", runs_dir)), 0);
    HOLDS(1);
    /* A list that was moved away leaves the recordings: only what was never finished goes. */
    nx_batch_close(b);
    b = opened();
    add(b, 2);
    char *list = path("%s/runs.json.zst", runs_dir), *away = path("%s/away", runs_dir);
    assert_int_equal(rename(list, away), 0);
    assert_int_equal(nx_archive_clean(archive, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(rename(away, list), 0);
    HOLDS(1);
    nx_batch_close(b);
    /* A list that cannot be read is no reason to remove anything. */
    fclose(fopen(path("%s/runs.json.zst", runs_dir), "w"));
    assert_int_equal(nx_archive_clean(archive, &n, &err), -NX_ETRUNC);
    assert_int_equal(n, 0);
    assert_int_equal(access(path("%s/%s/store.zip", runs_dir, from.v[1].id), F_OK), 0);
    b = opened();
    add(b, 2);
    assert_int_equal(nx_batch_commit(b, &err), -NX_ETRUNC);
    nx_batch_close(b);
    assert_int_equal(access(path("%s/%s", runs_dir, from.v[2].id), F_OK), -1);
}

/* A list that cannot be written (here: something lies in its way) takes the copies with it. */
static void the_list_cannot_be_written(void **state)
{
    (void)state;
    struct nx_err err;
    struct nx_batch *b = opened();
    add(b, 2);
    mkdir(path("%s/runs.lock", runs_dir), 0700);
    assert_int_equal(nx_batch_commit(b, &err), -NX_EWRITE);
    assert_non_null(strstr(err.object, "runs.lock"));
    nx_batch_close(b);
    rmdir(path("%s/runs.lock", runs_dir));
    b = opened();
    add(b, 1);
    int held = -1;
    assert_int_equal(nx_lock_exclusive(path("%s/runs.lock", runs_dir), 0, &held, &err), 0);
    close(held);
    commit(b);
    HOLDS(1);
}

static void whose_it_is(void **state)
{
    (void)state;
    struct nx_err err;
    int other = -1;
    assert_int_equal(nx_archive_check(archive, small_dir, &err), 0);
    assert_int_equal(nx_archive_check(archive, path("%s/projects/..", small_dir), &err),
                     0); /* the same folder */
    assert_int_equal(nx_archive_check(archive, "/elsewhere", &err), -NX_ENOSTORE);
    assert_non_null(strstr(err.why, small_dir));
    assert_int_equal(nx_archive_check(path("%s/kept/other", small_dir), small_dir, &err), -NX_ENOTFOUND);
    assert_int_equal(nx_archive_take(archive, small_dir, &other, &err), -NX_ELOCKED);
    assert_non_null(strstr(err.hint, "--state-dir"));
    close(lock);
    assert_int_equal(nx_archive_take(archive, "/elsewhere", &other, &err), -NX_ENOSTORE);
    assert_int_equal(nx_archive_take(archive, small_dir, &lock, &err), 0);
    /* A store that is away, by the path that it was given by. */
    char *link = path("%s/link", small_dir), *store = path("%s/projects", small_dir);
    assert_int_equal(symlink(store, link), 0);
    int second = -1;
    char *dir = path("%s/kept/second", small_dir);
    assert_int_equal(nx_archive_take(dir, link, &second, &err), 0);
    close(second);
    assert_int_equal(nx_archive_check(dir, store, &err), 0);
    unlink(link);
    assert_int_equal(nx_archive_check(dir, link, &err), 0);
}

static void finds(const char *name, const char *source, int code, const char *wanted)
{
    char *found = NULL, root[400];
    struct nx_err err;
    snprintf(root, sizeof root, "%s/kept", small_dir);
    int rc = nx_archive_find(root, name, source, &found, &err);
    assert_int_equal(rc, -code);
    if (code == 0)
        assert_string_equal(found + strlen(root), wanted);
    free(found);
}

/* By what it is of, and then by its name. */
static void where_it_is(void **state)
{
    (void)state;
    finds("default", small_dir, 0, "/default");
    finds("renamed", small_dir, 0, "/default");
    finds(NULL, small_dir, 0, "/default");
    finds("default", "/elsewhere", NX_ENOSTORE, NULL);
    finds("other", "/elsewhere", 0, "/other");
    finds(NULL, "/elsewhere", NX_ENOTFOUND, NULL);
    char *found = NULL;
    struct nx_err err;
    assert_int_equal(nx_archive_find("/nowhere", "x", small_dir, &found, &err), 0);
    assert_string_equal(found, "/nowhere/x");
    free(found);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_and_removes),
        TEST(a_batch_that_is_given_up_leaves_nothing),
        TEST(takes_the_place_of_an_older_one),
        TEST(refuses_what_is_not_whole),
        TEST(an_unfinished_one_as_it_is),
        TEST(cleans_what_a_kill_left),
        TEST(the_list_cannot_be_written),
        TEST(whose_it_is),
        TEST(where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
