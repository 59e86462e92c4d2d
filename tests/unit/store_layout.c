/* store/layout: where the store is, and the names of its workspace folders. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/layout.h"
#include "tests/unit/data.h"

static void default_dir_is(const char *want)
{
    char *dir = NULL;
    struct nx_err err;
    assert_int_equal(nx_store_default_dir(&dir, &err), 0);
    assert_string_equal(dir, want);
    free(dir);
}

static void default_dir(void **state)
{
    (void)state;
    setenv("HOME", "/home/u", 1);
    unsetenv("NEXTEST_STATE_DIR");
    unsetenv("XDG_STATE_HOME");
    default_dir_is("/home/u/.local/state/nextest");
    setenv("XDG_STATE_HOME", "relative", 1);
    default_dir_is("/home/u/.local/state/nextest");
    setenv("XDG_STATE_HOME", "", 1);
    default_dir_is("/home/u/.local/state/nextest");
    setenv("XDG_STATE_HOME", "/x/s", 1);
    default_dir_is("/x/s/nextest");
    setenv("NEXTEST_STATE_DIR", "some/where", 1);
    default_dir_is("some/where");
    setenv("NEXTEST_STATE_DIR", "", 1);
    default_dir_is(".");
    unsetenv("NEXTEST_STATE_DIR");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    char *dir = NULL;
    if (nx_store_default_dir(&dir, NULL) == 0)
        assert_non_null(strstr(dir, "/.local/state/nextest"));
    free(dir);
}

static void both_ways(const char *path, const char *name)
{
    char *enc = nx_workspace_encode(path), *dec = nx_workspace_decode(name);
    assert_string_equal(enc, name);
    assert_string_equal(dec, path);
    assert_false(nx_workspace_name_is_cut(name));
    free(enc);
    free(dec);
}

static void names(void **state)
{
    (void)state;
    both_ways("", "");
    both_ways("/src/fields/north", "_ssrc_sfields_snorth");
    both_ways("/src/fields/be ta (copy) & more", "_ssrc_sfields_sbe ta (copy) & more");
    both_ways("/src/fields/what?m *now*/or> \"never\" | \\maybe",
              "_ssrc_sfields_swhat_mm _anow_a_sor_g _qnever_q _p _bmaybe");
    both_ways("/src/fields/\xd0\xbf\xd0\xbe\xd0\xbb\xd0\xb5_\xc3\xa9t\xc3\xa9",
              "_ssrc_sfields_s\xd0\xbf\xd0\xbe\xd0\xbb\xd0\xb5__\xc3\xa9t\xc3\xa9");
    both_ways("C:\\a<b", "C_c_ba_lb");
    assert_null(nx_workspace_decode("a_"));
    assert_null(nx_workspace_decode("a_x"));
    assert_null(nx_workspace_decode("_S"));
}

static void cut_names(void **state)
{
    (void)state;
    char path[400];
    char *name;
    /* A path of 96 bytes is whole, one of 97 is cut; at every byte of a character of three. */
    memset(path, 'a', sizeof path);
    path[96] = '\0';
    name = nx_workspace_encode(path);
    assert_string_equal(name, path);
    free(name);
    for (size_t shift = 0; shift < 4; shift++) {
        size_t n = shift;
        for (; n < 97; n += 3)
            memcpy(path + n, "\xe2\x82\xac", 4);
        path[n] = '\0';
        name = nx_workspace_encode(path);
        size_t kept = shift + (88 - shift) / 3 * 3;
        assert_int_equal(strlen(name), kept + 8);
        assert_memory_equal(name, path, kept);
        assert_true(nx_workspace_name_is_cut(name));
        free(name);
        memset(path, 'a', sizeof path);
    }
    /* As nextest cut it. */
    char *real = nx_workspace_encode(
        "/src/fields/a-very-long-directory-name-that-does-not-want-to-end/and_another_one_for_good_measure");
    assert_int_equal(strlen(real), 96);
    assert_memory_equal(
        real, "_ssrc_sfields_sa-very-long-directory-name-that-does-not-want-to-end_sand__another__one__", 88);
    assert_true(nx_workspace_name_is_cut(real));
    free(real);
}

/* The long one of two-projects: its path stands in the recording's metadata, its hash in the folder's name.
 */
static void hash_as_nextest(void **state)
{
    (void)state;
    size_t n;
    char *index = data_read(data_path("two-projects/expected/index.json"), &n);
    const char *at = index;
    bool found = false;
    while ((at = strstr(at, "/src/fields/a-very-long"))) {
        const char *end = strchr(at, '"');
        char *path = strndup(at, (size_t)(end - at));
        char *name = nx_workspace_encode(path);
        found =
            found || strcmp(name, "_ssrc_sfields_sa-very-long-directory-name-that-does-not-want-to-end_sand__"
                                  "another__one__a1b18ea9") == 0;
        free(path);
        free(name);
        at = end;
    }
    free(index);
    assert_true(found);
}

static void listing(void **state)
{
    (void)state;
    struct nx_workspace_dirs d = {0};
    struct nx_err err;
    const char *dir = data_path("two-projects/state");
    assert_int_equal(nx_store_workspaces(dir, &d, &err), 0);
    assert_int_equal(d.n, 6);
    for (size_t i = 1; i < d.n; i++)
        assert_true(strcmp(d.v[i - 1].name, d.v[i].name) < 0);
    assert_string_equal(d.v[2].name, "_ssrc_sfields_snorth");
    assert_int_equal(access(d.v[2].runs_dir, F_OK), 0);
    char *run = nx_store_run_dir(d.v[2].runs_dir, "980f54a7-b6d5-468c-9002-4a0336099fff");
    assert_int_equal(access(run, F_OK), 0);
    free(run);
    nx_workspace_dirs_fini(&d);
    nx_workspace_dirs_fini(&d);
    assert_int_equal(nx_store_workspaces("/nowhere/at/all", &d, &err), -NX_ENOSTORE);
    assert_string_equal(err.object, "/nowhere/at/all");
    assert_true(err.hint[0] != '\0');
    assert_int_equal(nx_store_workspaces(data_path("README.md"), &d, &err), -NX_ENOSTORE);
    /* A state directory without projects, and files among the projects. */
    char tmp[] = "/tmp/nx-layout-XXXXXX", path[64];
    assert_non_null(mkdtemp(tmp));
    assert_int_equal(nx_store_workspaces(tmp, &d, &err), 0);
    assert_int_equal(d.n, 0);
    snprintf(path, sizeof path, "%s/projects", tmp);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/projects/file", tmp);
    fclose(fopen(path, "w"));
    snprintf(path, sizeof path, "%s/projects/link", tmp);
    assert_int_equal(symlink("..", path), 0);
    assert_int_equal(nx_store_workspaces(tmp, &d, &err), 0);
    assert_int_equal(d.n, 1);
    assert_string_equal(d.v[0].name, "link");
    nx_workspace_dirs_fini(&d);
    unlink(path);
    snprintf(path, sizeof path, "%s/projects/file", tmp);
    unlink(path);
    snprintf(path, sizeof path, "%s/projects", tmp);
    rmdir(path);
    rmdir(tmp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_dir),     cmocka_unit_test(names),   cmocka_unit_test(cut_names),
        cmocka_unit_test(hash_as_nextest), cmocka_unit_test(listing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
