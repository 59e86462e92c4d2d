/* What --store may be, and what the stores are called then. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "catalog/stores.h"

static struct nx_err err;

/* `given`, ending in NULL, as `name=dir name=dir`, or the error's code. */
static const char *settled(const char *const *given, bool whole)
{
    static char text[1024];
    struct nx_stores s = {0};
    int rc = 0;
    text[0] = '\0';
    for (size_t i = 0; rc == 0 && given[i]; i++) {
        rc = nx_stores_add(&s, given[i], &err);
    }
    rc = rc < 0 ? rc : nx_stores_settle(&s, whole, &err);
    for (size_t i = 0; rc == 0 && i < s.n; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof(text) - n, "%s%s=%s", n ? " " : "", s.v[i].name, s.v[i].dir);
    }
    nx_stores_fini(&s);
    return rc < 0 ? nx_code_text(err.code) : text;
}

#define GIVEN(...) ((const char *const[]){__VA_ARGS__, NULL})

static void names(void **state)
{
    (void)state;
    assert_string_equal(settled(GIVEN("/a/b"), false), "default=/a/b");
    assert_string_equal(settled(GIVEN("x=/a/b"), false), "x=/a/b");
    assert_string_equal(settled(GIVEN("/a/b", "/c/d//"), false), "b=/a/b d=/c/d//");
    assert_string_equal(settled(GIVEN("x=/a/b", "/c"), false), "x=/a/b c=/c");
    assert_string_equal(settled(GIVEN("A-1.b_2=rel"), false), "A-1.b_2=rel");
    /* What stands before the first `=` is a name unless it holds a slash. */
    assert_string_equal(settled(GIVEN("/a=b"), false), "default=/a=b");
    assert_string_equal(settled(GIVEN("./a=b", "x=c"), false), "usage");
    assert_string_equal(settled(GIVEN("y=./a=b", "x=c"), false), "y=./a=b x=c");
    assert_string_equal(settled(GIVEN("x=y=z"), false), "x=./y=z");
}

static void bad_ones(void **state)
{
    (void)state;
    char longest[64 + 3], longer[65 + 3];
    memset(longest, 'n', sizeof longest);
    memset(longer, 'n', sizeof longer);
    strcpy(longest + 64, "=d");
    strcpy(longer + 65, "=d");
    assert_string_equal(settled(GIVEN(longest), false), longest);
    const char *const bad[] = {longer, "", "x=", "=/a", "a b=/c", "a:b=/c", "\xc3\xa9=/c", NULL};
    for (size_t i = 0; bad[i]; i++) {
        assert_string_equal(settled(GIVEN(bad[i]), false), "usage");
    }
    /* A folder's name that is none for a store matters only where it would be one. */
    assert_string_equal(settled(GIVEN("/a/x y"), false), "default=/a/x y");
    assert_string_equal(settled(GIVEN("/a/x y", "/b"), false), "usage");
    assert_non_null(strstr(err.hint, "NAME=DIR"));
    assert_string_equal(settled(GIVEN("/", "/b"), false), "usage");
}

static void twins(void **state)
{
    (void)state;
    assert_string_equal(settled(GIVEN("/u/one/nextest", "/u/two/nextest"), false), "usage");
    assert_non_null(strstr(err.why, "`nextest`"));
    assert_non_null(strstr(err.hint, "--store NAME=DIR"));
    assert_string_equal(settled(GIVEN("x=/a", "x=/b"), false), "usage");
    assert_string_equal(settled(GIVEN("x=/a", "/b/x"), false), "usage");
    assert_string_equal(settled(GIVEN("/u/one/nextest", "b=/u/two/nextest"), false),
                        "nextest=/u/one/nextest b=/u/two/nextest");
}

static void folders(void **state)
{
    (void)state;
    char dir[] = "/tmp/nx-stores-XXXXXX", want[300], here[200];
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    assert_non_null(getcwd(here, sizeof here));
    snprintf(want, sizeof want, "default=%s/not/there", here);
    assert_string_equal(settled(GIVEN("not/there"), true), want);
    /* `.` is called as the folder is that it stands for. */
    snprintf(want, sizeof want, "%s=. x=/y", strrchr(here, '/') + 1);
    assert_string_equal(settled(GIVEN(".", "x=/y"), false), want);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(dir), 0);
}

/* Without any, nextest's own. */
static void by_itself(void **state)
{
    (void)state;
    struct nx_stores s = {0};
    setenv("NEXTEST_STATE_DIR", "/n/s", 1);
    assert_int_equal(nx_stores_settle(&s, true, &err), 0);
    assert_int_equal(s.n, 1);
    assert_string_equal(s.v[0].name, "default");
    assert_string_equal(s.v[0].dir, "/n/s");
    assert_false(s.named[0]);
    nx_stores_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),   cmocka_unit_test(bad_ones),  cmocka_unit_test(twins),
        cmocka_unit_test(folders), cmocka_unit_test(by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
