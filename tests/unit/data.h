/*
 * The recordings under tests/data, for unit tests: $NX_TEST_DATA, else tests/data of the current directory.
 */
#ifndef NX_TESTS_DATA_H
#define NX_TESTS_DATA_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A path below the test data, in one of a few buffers that take turns. */
static inline const char *data_path(const char *rel)
{
    static char buf[4][4096];
    static unsigned turn;
    const char *root = getenv("NX_TEST_DATA");
    turn = (turn + 1) % 4;
    snprintf(buf[turn], sizeof buf[turn], "%s/%s", root ? root : "tests/data", rel);
    return buf[turn];
}

/* A whole file in malloc'd memory, NUL-terminated; the test dies where there is none. */
static inline char *data_read(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    size_t cap = 1 << 16, n = 0, got;
    char *p = malloc(cap);
    while ((got = fread(p + n, 1, cap - n - 1, f)) > 0) {
        n += got;
        if (n == cap - 1)
            p = realloc(p, cap *= 2);
    }
    fclose(f);
    p[n] = '\0';
    *ret_n = n;
    return p;
}

/* Calls `each` with the name of every entry of a folder, in no order; returns how many there were. */
static inline int data_each(const char *dir, void (*each)(const char *dir, const char *name))
{
    DIR *d = opendir(dir);
    int n = 0;
    if (!d) {
        perror(dir);
        exit(1);
    }
    for (const struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        each(dir, e->d_name);
        n++;
    }
    closedir(d);
    return n;
}

#endif
