/* Changes below a state directory are told, whatever of it exists yet; what does not matter is not. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/watchdir.h"

/* libkqueue, with which kqueue.c is tried on Linux, also tells of writes to a directory's files, and needs an
 * inotify instance for every directory, of which a user has 128. */
static bool libkqueue(void)
{
#ifdef __linux__
    return strcmp(NX_WATCH, "kqueue") == 0;
#else
    return false;
#endif
}

static void grows_level_by_level(void **state)
{
    (void)state;
    struct nx_watch *w = opened();
    assert_false(dirty_then_refresh(w));
    sh("mkdir unrelated && touch file");
    assert_false(dirty_then_refresh(w));
    sh("mkdir a");
    assert_true(dirty_then_refresh(w));
    sh("mkdir a/other");
    assert_false(dirty_then_refresh(w));
    sh("mkdir a/state");
    assert_true(dirty_then_refresh(w));
    sh("mkdir a/state/projects");
    assert_true(dirty_then_refresh(w));
    sh("mkdir a/state/projects/_sw");
    assert_true(dirty_then_refresh(w));
    sh("mkdir a/state/projects/_sw/records");
    assert_true(dirty_then_refresh(w));
    sh("mkdir a/state/projects/_sw/records/runs");
    assert_true(dirty_then_refresh(w));
    sh("touch a/state/projects/_sw/records/runs/new && mv a/state/projects/_sw/records/runs/new"
       " a/state/projects/_sw/records/runs/runs.json.zst");
    assert_true(dirty_then_refresh(w));
    assert_false(dirty_then_refresh(w));
    nx_watch_close(w);
}

static void all_at_once(void **state)
{
    (void)state;
    struct nx_watch *w = opened();
    sh("mkdir -p a/state/projects/_sw/records/runs");
    assert_true(dirty_then_refresh(w));
    sh("echo x > a/state/projects/_sw/records/runs/runs.json.zst");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
}

static void locking_is_no_change(void **state)
{
    (void)state;
    sh("mkdir -p a/state/projects/_sw/records/runs && touch a/state/projects/_sw/records/runs/runs.lock");
    struct nx_watch *w = opened();
    sh("echo x >> a/state/projects/_sw/records/runs/runs.lock; cat "
       "a/state/projects/_sw/records/runs/runs.lock >/dev/null");
    assert_true(!dirty_then_refresh(w) || libkqueue());
    sh("mkdir a/state/projects/_sw/records/runs/1234"); /* a run's folder comes */
    assert_true(dirty_then_refresh(w));
    sh("rmdir a/state/projects/_sw/records/runs/1234");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
}

static void goes_and_comes_back(void **state)
{
    (void)state;
    sh("mkdir -p a/state/projects/_sw/records/runs");
    struct nx_watch *w = opened();
    sh("rm -r a/state");
    assert_true(dirty_then_refresh(w));
    assert_false(dirty_then_refresh(w));
    sh("mkdir -p a/state/projects/_sw/records/runs");
    assert_true(dirty_then_refresh(w));
    sh("touch a/state/projects/_sw/records/runs/runs.json.zst");
    assert_true(dirty_then_refresh(w));
    sh("rm -r a");
    assert_true(dirty_then_refresh(w));
    sh("mkdir -p a/state");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
}

static void replaced_by_rename(void **state)
{
    (void)state;
    sh("mkdir -p a/state/projects/_sw/records/runs b/projects/_sv/records/runs");
    struct nx_watch *w = opened();
    sh("mv a/state a/old && mv b a/state");
    assert_true(dirty_then_refresh(w));
    sh("touch a/old/projects/_sw/records/runs/x"); /* no longer ours */
    assert_false(dirty_then_refresh(w));
    sh("touch a/state/projects/_sv/records/runs/x");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
}

static void overflow_is_dirty(void **state)
{
    (void)state;
    sh("mkdir -p a/state/projects/_sw/records/runs");
    struct nx_watch *w = opened();
    sh("cd a/state/projects && for i in $(seq 1000); do touch _sw/records/runs/runs.lock; done");
    assert_true(!dirty_then_refresh(w) || libkqueue()); /* alike events are merged by the kernel */
    sh("cd a/state/projects/_sw/records/runs && seq 20000 | xargs touch && seq 20000 | xargs rm");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
}

/* What fills the queue does not matter; that events were lost does. */
static void overflow_alone_is_dirty(void **state)
{
    (void)state;
    if (strcmp(NX_WATCH, "inotify") != 0) {
        skip(); /* no other queue overflows */
    }
    struct nx_watch *w = opened(); /* of `dir`, where only `a` matters */
    sh("mkdir noise && seq 100 | xargs touch");
    assert_false(dirty_then_refresh(w));
    sh("n=$(cat /proc/sys/fs/inotify/max_queued_events) && seq $n | xargs touch && seq $n | xargs rm");
    assert_true(dirty_then_refresh(w));
    assert_false(dirty_then_refresh(w));
    nx_watch_close(w);
}

static void many_workspaces(void **state)
{
    (void)state;
    char make[160];
    snprintf(make, sizeof make,
             "mkdir -p a/state/projects && cd a/state/projects && seq %d | sed 's/$/\\/records\\/runs/' | "
             "xargs mkdir -p",
             libkqueue() ? 60 : 300);
    sh(make);
    struct nx_watch *w = opened();
    sh("touch a/state/projects/53/records/runs/x");
    assert_true(dirty_then_refresh(w));
    sh("rm -r a/state/projects/53");
    assert_true(dirty_then_refresh(w));
    sh("touch a/state/projects/file");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
}

static void trailing_slash(void **state)
{
    (void)state;
    strcat(state_dir, "//");
    sh("mkdir -p a");
    struct nx_watch *w = opened();
    sh("mkdir -p a/state/projects/_sw");
    assert_true(dirty_then_refresh(w));
    sh("mkdir -p a/state/projects/_sw/records");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
    nx_watch_close(NULL);
}

/* Away and back before anybody looked: what is watched then is the new one. */
static void replaced_between_looks(void **state)
{
    (void)state;
    sh("mkdir -p a/state/projects/_sw/records/runs");
    struct nx_watch *w = opened();
    sh("rm -r a/state && mkdir -p a/state/projects/_sw/records/runs");
    assert_true(dirty_then_refresh(w));
    assert_false(dirty_then_refresh(w));
    sh("touch a/state/projects/_sw/records/runs/x");
    assert_true(dirty_then_refresh(w));
    sh("mv a/state/projects/_sw/records/runs a/away && mv a/away a/state/projects/_sw/records/runs");
    assert_true(dirty_then_refresh(w));
    sh("touch a/state/projects/_sw/records/runs/y");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
}

int main(void)
{
    if (strcmp(NX_WATCH, "poll") == 0) {
        print_message("1..0 # SKIP nothing is watched\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        T(grows_level_by_level), T(all_at_once),       T(locking_is_no_change), T(goes_and_comes_back),
        T(replaced_by_rename),   T(overflow_is_dirty), T(many_workspaces),      T(trailing_slash),
        T(replaced_between_looks), T(overflow_alone_is_dirty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
