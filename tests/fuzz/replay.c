/*
 * Stands in for libFuzzer where a fuzz target is built without it: hands every file of the target's corpus to
 * LLVMFuzzerTestOneInput, each file also cut short and with single bits changed, and prints TAP. Cuts and changes are
 * spread over the file; for a file whose name begins with "every-" they are made at each length and position.
 *
 * The corpus is tests/fuzz/corpus/<target>, from the program's name, or the files and folders named as arguments. An
 * empty or unreadable corpus is a failure: a replay of nothing must not look green.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

/* How many derived inputs one file gives at most, whatever its length. */
enum { CUTS = 200, FLIPS = 200 };

static int count;
static int failed;

static void say(bool ok, const char *name, const char *why)
{
    count++;
    failed += !ok;
    printf("%s %d - %s%s%s\n", ok ? "ok" : "not ok", count, name, why != NULL ? ": " : "", why != NULL ? why : "");
    fflush(stdout);
}

/* A copy of exact size, so that AddressSanitizer sees a read of one byte too many. */
static void one_input(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    if (copy == NULL) {
        abort();
    }
    if (n > 0) {
        memcpy(copy, p, n);
    }
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static void derived_inputs(uint8_t *p, size_t n, bool every)
{
    size_t step = every ? 1 : n / CUTS + 1;
    for (size_t i = 0; i < n; i += step) {
        one_input(p, i);
    }
    step = every ? 1 : n / FLIPS + 1;
    for (size_t i = 0; i < n; i += step) {
        uint8_t was = p[i];
        p[i] = (uint8_t)(was ^ (1u << (i % 8)));
        one_input(p, n);
        p[i] = was;
    }
}

static int slurp(const char *path, uint8_t **ret, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return -errno;
    }
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        fclose(f);
        return -EINVAL;
    }
    size_t n = (size_t)st.st_size;
    uint8_t *p = malloc(n > 0 ? n : 1);
    if (p == NULL || fread(p, 1, n, f) != n) {
        free(p);
        fclose(f);
        return -EIO;
    }
    fclose(f);
    *ret = p;
    *ret_n = n;
    return 0;
}

static void replay_file(const char *path, const char *name)
{
    uint8_t *p = NULL;
    size_t n = 0;
    int r = slurp(path, &p, &n);
    if (r < 0) {
        say(false, name, strerror(-r));
        return;
    }
    one_input(p, n);
    derived_inputs(p, n, strncmp(name, "every-", 6) == 0);
    free(p);
    say(true, name, NULL);
}

static int visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static void replay(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
        replay_file(path, path);
        return;
    }
    struct dirent **names;
    int n = scandir(path, &names, visible, alphasort);
    if (n <= 0) {
        say(false, path, n == 0 ? "the corpus is empty" : strerror(errno));
        if (n == 0) {
            free(names);
        }
        return;
    }
    for (int i = 0; i < n; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        replay_file(file, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            replay(argv[i]);
        }
    } else {
        const char *top = getenv("NX_SRCDIR");
        const char *slash = strrchr(argv[0], '/');
        char dir[4096];
        snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".", slash != NULL ? slash + 1 : argv[0]);
        replay(dir);
    }
    printf("1..%d\n", count);
    return failed > 0 ? 1 : 0;
}
