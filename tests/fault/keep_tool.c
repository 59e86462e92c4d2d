/*
 * Keeps recordings without a daemon: keep_tool STATE ARCHIVE [RUNS]
 *
 * One pass over the store STATE as nxtraced makes it, clean-up first; RUNS is --retain-runs. Writes what it did.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/archive.h"
#include "catalog/keep.h"

static void tell(void *arg, const struct nx_keep_batch *b)
{
    (void)arg;
    printf("kept %" PRIu64 " bytes %" PRIu64 " relisted %" PRIu64 " missed %" PRIu64 " bad %" PRIu64 " removed %" PRIu64 "\n",
           b->kept, b->bytes, b->relisted, b->missed, b->bad, b->removed[NX_GOES_BY_NUMBER]);
}

static int complain(const struct nx_err *err)
{
    char text[NX_ERR_OBJECT + NX_ERR_WHY];
    fprintf(stderr, "error: %s\n", nx_err_text(err, text, sizeof text));
    return nx_code_exit(err->code);
}

int main(int argc, char **argv)
{
    static struct nx_err err;
    static const bool taken[] = {true};
    struct nx_keep_bad bad = {0};
    struct nx_view *view = NULL;
    int lock = -1;
    uint64_t left = 0;
    bool changed;
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: keep_tool STATE ARCHIVE [RUNS]\n");
        return 2;
    }
    const struct nx_store store = {.name = "default", .dir = argv[1], .kept = argv[2]};
    const struct nx_keep_opts opts = {.taken = taken, .copy = true, .bad = &bad, .tell = tell,
                                      .retain = {.has_runs = argc > 3,
                                                 .runs = argc > 3 ? strtoull(argv[3], NULL, 10) : 0},
                                      .now = (int64_t)time(NULL) * 1000000000};
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (nx_archive_take(argv[2], argv[1], &lock, &err) < 0) {
        return complain(&err);
    }
    int status = nx_archive_clean(argv[2], &left, &err) < 0 ? complain(&err) : 0;
    printf("cleaned %" PRIu64 "\n", left);
    if (status == 0 && nx_view_take(&store, 1, NULL, NULL, 1000, &view, &err) < 0) {
        status = complain(&err);
    }
    if (status == 0 && nx_keep(view, &opts, &changed, &err) < 0) {
        status = complain(&err);
    }
    nx_view_unref(view);
    nx_keep_bad_fini(&bad);
    close(lock);
    return status;
}
