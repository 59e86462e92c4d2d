/*
 * A run log to a trace, the whole way: taken as zstd, and taken as text that is put into a zstd frame here, so that
 * changes are not all stopped by zstd's own checks.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check_timeline.h"
#include "check_trace.h"
#include "fuzz.h"

/* A run's folder whose log is a link to memory: a file rewritten thousands of times would wait for the disk. */
static char dir[64];
static int log_fd;

static void remove_dir(void)
{
    char path[96];
    snprintf(path, sizeof path, "%s/run.log.zst", dir);
    unlink(path);
    rmdir(dir);
}

static void make_dir(void)
{
    char path[96], target[64];
    if (dir[0] != '\0') {
        return;
    }
    snprintf(dir, sizeof dir, "/tmp/nx-fuzz-log-XXXXXX");
    log_fd = memfd_create("run.log.zst", MFD_CLOEXEC);
    if (log_fd < 0 || mkdtemp(dir) == NULL) {
        abort();
    }
    atexit(remove_dir);
    snprintf(path, sizeof path, "%s/run.log.zst", dir);
    snprintf(target, sizeof target, "/proc/self/fd/%d", log_fd);
    if (symlink(target, path) != 0) {
        abort();
    }
}

static void put(const void *p, size_t n)
{
    if (write(log_fd, p, n) != (ssize_t)n) {
        abort();
    }
}

/* One frame of stored blocks: magic, a header with a 1 MiB window and no size, blocks of at most 128 KiB. */
static void put_frame(const uint8_t *p, size_t n)
{
    static const uint8_t header[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50};
    enum { BLOCK = 128 << 10 };
    put(header, sizeof header);
    do {
        size_t take = n < BLOCK ? n : BLOCK;
        uint32_t h = (uint32_t)(take << 3) | (take == n);
        uint8_t b[] = {(uint8_t)h, (uint8_t)(h >> 8), (uint8_t)(h >> 16)};
        put(b, sizeof b);
        put(p, take);
        p += take;
        n -= take;
    } while (n > 0);
}

static void one_way(const uint8_t *p, size_t n, bool text)
{
    if (ftruncate(log_fd, 0) != 0 || lseek(log_fd, 0, SEEK_SET) != 0) {
        abort();
    }
    if (text) {
        put_frame(p, n);
    } else {
        put(p, n);
    }
    char version[] = "0.9.143", status[] = "completed";
    struct nx_run run = {.id = "00000000-0000-4000-8000-000000000000", .store_major = NX_STORE_MAJOR, .store_minor = NX_STORE_MINOR,
                         .nextest_version = version, .status = NX_RUN_COMPLETED, .status_text = status};
    struct nx_recording *rec;
    struct nx_err err;
    if (nx_recording_open_dir(dir, &run, &rec, &err) == 0) {
        check_trace(rec, n % 2 == 1);
        check_timeline(rec);
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
