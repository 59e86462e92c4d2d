/* Real child processes that look like nextest's tests. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "watch/procs.h"

/* Starts a shell with the environment; it says that it is up, then waits for its input to close. */
struct child {
    pid_t pid;
    int in;
};

static struct child start(char *const env[], const char *script)
{
    int in[2], out[2];
    char byte;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)script, NULL};
        dup2(in[0], 0);
        dup2(out[1], 1);
        execve("/bin/sh", argv, env);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    assert_int_equal(read(out[0], &byte, 1), 1);
    close(out[0]);
    return (struct child){pid, in[1]};
}

static void stop(struct child c)
{
    int status;
    close(c.in);
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
}

struct seen {
    size_t n;
    struct nx_proc_test t;
    char test[64], binary[64];
};

static int mine(void *arg, const struct nx_proc_test *t)
{
    struct seen *s = arg;
    if (strcmp(t->run_id, "dc88651a-0000-4000-8000-unit-procs") != 0)
        return 0;
    s->n++;
    s->t = *t;
    snprintf(s->test, sizeof s->test, "%s", t->test);
    snprintf(s->binary, sizeof s->binary, "%s", t->binary ? t->binary : "");
    return 0;
}

static char *const test_env[] = {
    (char[]){"PATH=/usr/bin:/bin"},
    (char[]){"NEXTEST_RUN_ID=dc88651a-0000-4000-8000-unit-procs"},
    (char[]){"NEXTEST_ATTEMPT_ID=dc88651a-0000-4000-8000-unit-procs:bin$tests::x#2"},
    (char[]){"NEXTEST_BINARY_ID=bin"},
    (char[]){"NEXTEST_TEST_NAME=tests::x"},
    (char[]){"NEXTEST_ATTEMPT=2"},
    (char[]){"NEXTEST_TOTAL_ATTEMPTS=3"},
    (char[]){"NEXTEST_TEST_GLOBAL_SLOT=5"},
    (char[]){"NEXTEST_STRESS_CURRENT=none"},
    (char[]){"NEXTEST_TEST_GROUP=@global"},
    (char[]){"NEXTEST_WORKSPACE_ROOT=/src/x"},
    NULL,
};

static void a_running_test(void **state)
{
    (void)state;
    struct nx_err err;
    struct seen s = {0};
    struct timespec now;
    /* It has a child of its own, which inherits everything and is not told. The child reads a copy of the
     * input: a shell gives what it puts into the background no input of its own, and it would be over at
     * once. */
    struct child c = start(test_env, "exec 3<&0; ( read x <&3; exit 0 ) & echo; wait; exit 0");
    assert_int_equal(nx_procs_tests(mine, &s, &err), 0);
    clock_gettime(CLOCK_REALTIME, &now);
    assert_int_equal(s.n, 1);
    assert_string_equal(s.test, "tests::x");
    assert_string_equal(s.binary, "bin");
    assert_true(s.t.attempt == 2 && s.t.total_attempts == 3 && s.t.has_slot && s.t.slot == 5 && !s.t.stress);
    int64_t age = now.tv_sec * 1000000000 + now.tv_nsec - s.t.started;
    assert_true(age > -1000000000 && age < 60000000000);
    stop(c);
    s.n = 0;
    assert_int_equal(nx_procs_tests(mine, &s, &err), 0);
    assert_int_equal(s.n, 0);
}

/* A process that carries only a run's id (a setup script, say) is no test. */
static void no_test(void **state)
{
    (void)state;
    struct nx_err err;
    struct seen s = {0};
    char *const env[] = {test_env[0], test_env[1], NULL};
    struct child c = start(env, "echo; read x");
    assert_int_equal(nx_procs_tests(mine, &s, &err), 0);
    assert_int_equal(s.n, 0);
    stop(c);
}

static void who_holds_a_file(void **state)
{
    (void)state;
    struct nx_err err;
    pid_t pid = 0;
    char path[] = "/tmp/nx-procs-XXXXXX", script[128];
    int fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(nx_procs_holding(path, &pid, &err), 0); /* this process does not count */
    snprintf(script, sizeof script, "exec 7>>'%s'; echo; read x", path);
    struct child c = start(test_env, script);
    assert_int_equal(nx_procs_holding(path, &pid, &err), 1);
    assert_int_equal(pid, c.pid);
    stop(c);
    assert_int_equal(nx_procs_holding(path, &pid, &err), 0);
    close(fd);
    unlink(path);
    assert_int_equal(nx_procs_holding(path, &pid, &err), -NX_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_test),
        cmocka_unit_test(no_test),
        cmocka_unit_test(who_holds_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
