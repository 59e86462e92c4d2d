/* A portable recording: opened, asked for everything that it may hold, exported. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check_trace.h"
#include "fuzz.h"

static void ask(struct nx_recording *rec)
{
    static const char *const entries[] = {"meta/test-list.json", "meta/cargo-metadata.json", "meta/record-opts.json", "no/such"};
    struct nx_err err;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        char *p;
        size_t n;
        if (nx_recording_meta(rec, entries[i], &p, &n, &err) == 0) {
            free(p);
        }
    }
    char *workspace;
    if (nx_recording_workspace(rec, &workspace, &err) == 0) {
        free(workspace);
    }
    (void)nx_recording_has_log(rec);
    (void)nx_recording_has_store(rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    char path[64];
    int fd = memfd_create("portable", MFD_CLOEXEC);
    if (fd < 0 || write(fd, p, n) != (ssize_t)n) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (int strict = 0; strict < 2; strict++) {
        struct nx_recording *rec;
        struct nx_err err;
        if (nx_recording_open_portable(path, strict != 0, &rec, &err) == 0) {
            ask(rec);
            check_trace(rec, strict != 0);
            nx_recording_close(rec);
        } else if (err.why[0] == '\0') {
            abort();
        }
    }
    close(fd);
    return 0;
}
