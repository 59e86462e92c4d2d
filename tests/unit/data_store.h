/*
 * The stores under tests/data, as views take them.
 */
#ifndef NX_TESTS_DATA_STORE_H
#define NX_TESTS_DATA_STORE_H

#include "catalog/view.h"
#include "data.h"

/* Stays as long as the program does: views point at it. */
static inline const struct nx_store *data_store(const char *rel)
{
    static struct nx_store made[64];
    static char dirs[64][4096];
    static unsigned n;
    if (n == 64) {
        fprintf(stderr, "too many stores\n");
        exit(1);
    }
    snprintf(dirs[n], sizeof dirs[n], "%s", data_path(rel));
    made[n] = (struct nx_store){.name = "default", .dir = dirs[n]};
    return &made[n++];
}

#endif
