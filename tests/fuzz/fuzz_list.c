/* A run list, already decompressed: read, or refused with a message; and what was read is whole. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "store/runlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct nx_runlist list;
    struct nx_err err;
    int r = nx_runlist_parse((const char *)p, n, "input", &list, &err);
    if (r < 0) {
        if (err.why[0] == '\0') {
            abort();
        }
        return 0;
    }
    for (size_t i = 0; i < list.n; i++) {
        const struct nx_run *run = &list.v[i];
        if (strlen(run->id) != 36 || run->nextest_version == NULL || run->status_text == NULL ||
            run->cli_args[run->cli_args_n] != NULL) {
            abort();
        }
    }
    nx_runlist_fini(&list);
    return 0;
}
