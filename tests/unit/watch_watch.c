/* Changes below a state directory are told, whatever of it exists yet; what does not matter is not. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "watch/watch.h"

static char dir[512], state_dir[600];

static void sh(const char *cmd)
{
    char all[2048];
    snprintf(all, sizeof all, "cd '%s' && %s", dir, cmd);
    assert_int_equal(system(all), 0);
}

static int setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/nx-watch-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) {
        return -1;
    }
    snprintf(state_dir, sizeof state_dir, "%s/a/state", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sh("rm -rf a && cd / && rm -rf \"$OLDPWD\"");
    return 0;
}

static struct nx_watch *opened(void)
{
    struct nx_watch *w = NULL;
    struct nx_err err;
    assert_int_equal(nx_watch_open(state_dir, &w, &err), 0);
    assert_int_equal(nx_watch_refresh(w, &err), 0);
    return w;
}

/* Events of the local kernel are queued by the time that the call which made them returns. */
static bool dirty(struct nx_watch *w)
{
    struct nx_err err;
    bool is = false;
    struct pollfd p = {.fd = nx_watch_fd(w), .events = POLLIN};
    assert_int_equal(nx_watch_drain(w, &is, &err), 0);
    assert_int_equal(poll(&p, 1, 0), 0);
    return is;
}

static bool dirty_then_refresh(struct nx_watch *w)
{
    struct nx_err err;
    bool is = dirty(w);
    assert_int_equal(nx_watch_refresh(w, &err), 0);
    return is;
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
    assert_false(dirty_then_refresh(w));
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
    assert_false(dirty_then_refresh(w)); /* alike events are merged by the kernel */
    sh("cd a/state/projects/_sw/records/runs && seq 20000 | xargs touch && seq 20000 | xargs rm");
    assert_true(dirty_then_refresh(w));
    nx_watch_close(w);
}

static void many_workspaces(void **state)
{
    (void)state;
    sh("mkdir -p a/state/projects && cd a/state/projects && seq 300 | sed 's/$/\\/records\\/runs/' | xargs "
       "mkdir -p");
    struct nx_watch *w = opened();
    sh("touch a/state/projects/173/records/runs/x");
    assert_true(dirty_then_refresh(w));
    sh("rm -r a/state/projects/173");
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(grows_level_by_level), T(all_at_once),       T(locking_is_no_change), T(goes_and_comes_back),
        T(replaced_by_rename),   T(overflow_is_dirty), T(many_workspaces),      T(trailing_slash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
