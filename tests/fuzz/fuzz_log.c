/*
 * A run log to a trace, the whole way: taken as zstd, and taken as text that is put into a zstd frame here, so that
 * changes are not all stopped by zstd's own checks.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <unistd.h>

#include "check_trace.h"
#include "fuzz.h"

static char dir[64];

static void remove_dir(void)
{
    char path[96];
    snprintf(path, sizeof path, "%s/run.log.zst", dir);
    unlink(path);
    rmdir(dir);
}

static void make_dir(void)
{
    if (dir[0] != '\0') {
        return;
    }
    snprintf(dir, sizeof dir, "/tmp/nx-fuzz-log-XXXXXX");
    if (mkdtemp(dir) == NULL) {
        abort();
    }
    atexit(remove_dir);
}

/* One frame of stored blocks: magic, a header with a 1 MiB window and no size, blocks of at most 128 KiB. */
static void put_frame(FILE *f, const uint8_t *p, size_t n)
{
    static const uint8_t header[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50};
    enum { BLOCK = 128 << 10 };
    fwrite(header, 1, sizeof header, f);
    do {
        size_t take = n < BLOCK ? n : BLOCK;
        uint32_t h = (uint32_t)(take << 3) | (take == n);
        uint8_t b[] = {(uint8_t)h, (uint8_t)(h >> 8), (uint8_t)(h >> 16)};
        fwrite(b, 1, sizeof b, f);
        fwrite(p, 1, take, f);
        p += take;
        n -= take;
    } while (n > 0);
}

static void one_way(const uint8_t *p, size_t n, bool text)
{
    char path[96];
    snprintf(path, sizeof path, "%s/run.log.zst", dir);
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        abort();
    }
    if (text) {
        put_frame(f, p, n);
    } else {
        fwrite(p, 1, n, f);
    }
    fclose(f);
    char version[] = "0.9.143", status[] = "completed";
    struct nx_run run = {.id = "00000000-0000-4000-8000-000000000000", .store_major = NX_STORE_MAJOR, .store_minor = NX_STORE_MINOR,
                         .nextest_version = version, .status = NX_RUN_COMPLETED, .status_text = status};
    struct nx_recording *rec;
    struct nx_err err;
    if (nx_recording_open_dir(dir, &run, &rec, &err) == 0) {
        check_trace(rec, n % 2 == 1);
        nx_recording_close(rec);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    make_dir();
    one_way(p, n, false);
    one_way(p, n, true);
    return 0;
}
