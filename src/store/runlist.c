#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/runlist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/strbuf.h"
#include "io/reader.h"
#include "io/zstd.h"
#include "json/doc.h"
#include "store/fields.h"

enum { RETRY_MS = 10 };

/* --- the lock --- */

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Takes the lock that nextest takes (Rust's File::try_lock_shared, flock(2) on Linux). *ret is -1 where there
 * is nothing to lock, or nothing that can be locked: nextest renames a new list into place, so that what is
 * read is a whole one even then. The lock goes with the descriptor.
 */
static int take_lock(const char *path, unsigned wait_ms, int *ret, struct nx_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *ret = -1;
    if (fd < 0)
        return 0;
    int64_t end = now_ms() + wait_ms;
    for (;;) {
        if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
            *ret = fd;
            return 0;
        }
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK) {
            close(fd);
            return 0;
        }
        if (now_ms() >= end)
            break;
        nanosleep(&(struct timespec){.tv_nsec = RETRY_MS * 1000000L}, NULL);
    }
    close(fd);
    int rc;
    if (wait_ms > 0)
        rc = nx_fail(err, NX_ELOCKED, path, "timed out acquiring lock after %u ms", wait_ms);
    else
        rc = nx_fail(err, NX_ELOCKED, path, "locked by another process");
    nx_err_hint(err, "nextest holds it for moments only: try again, or look for a nextest that hangs");
    return rc;
}

/* --- the list --- */

static int parse_runs(const cJSON *runs, struct nx_runlist *list, struct nx_err *err)
{
    if (!cJSON_IsArray(runs))
        return nx_fail(err, NX_EFORMAT, NULL, "field `runs` is not a list");
    uint64_t n = 0;
    for (const cJSON *r = runs->child; r; r = r->next)
        n++;
    if (n > nx_limit_value(NX_LIM_LIST_RUNS))
        return nx_limit_fail(err, NX_LIM_LIST_RUNS, NULL);
    list->v = calloc(n ? (size_t)n : 1, sizeof *list->v);
    if (!list->v)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for a run list");
    for (const cJSON *r = runs->child; r; r = r->next) {
        int rc = nx_run_parse(r, &list->v[list->n], err);
        if (rc == -NX_EFORMAT && err) {
            char why[NX_ERR_WHY];
            memcpy(why, err->why, sizeof why);
            nx_fail(err, NX_EFORMAT, err->object, "run %zu of the list: %s", list->n + 1, why);
        }
        if (rc < 0)
            return rc;
        list->n++;
    }
    return 0;
}

static int parse_list(const cJSON *doc, struct nx_runlist *list, struct nx_err *err)
{
    const cJSON *runs, *pruned;
    uint64_t version = 0;
    struct nx_instant t;
    int rc;
    if ((rc = nx_fields_of(doc, "the run list", err)) < 0 ||
        (rc = nx_field_u64(doc, 0, "format-version", true, UINT32_MAX, &version, err)) < 0 ||
        (rc = nx_field(doc, 1, "last-pruned-at", false, &pruned, err)) < 0 ||
        (rc = nx_field(doc, 2, "runs", false, &runs, err)) < 0)
        return rc;
    if (pruned && !cJSON_IsNull(pruned) &&
        (!cJSON_IsString(pruned) || nx_instant_parse(nx_slice_of(pruned->valuestring), &t) < 0))
        return nx_fail(err, NX_EFORMAT, NULL, "field `last-pruned-at` is not a time");
    list->format_version = (uint32_t)version;
    list->newer = version > NX_LIST_VERSION;
    return runs ? parse_runs(runs, list, err) : 0;
}

int nx_runlist_parse(const char *json, size_t n, const char *name, struct nx_runlist *ret, struct nx_err *err)
{
    struct nx_runlist list = {0};
    cJSON *doc = NULL;
    int rc = nx_doc_parse(json, n, name, &doc, err);
    if (rc == 0)
        rc = parse_list(doc, &list, err);
    cJSON_Delete(doc);
    if (rc < 0) {
        nx_runlist_fini(&list);
        nx_err_object(err, name);
        return rc;
    }
    *ret = list;
    return 0;
}

void nx_runlist_fini(struct nx_runlist *l)
{
    for (size_t i = 0; i < l->n; i++)
        nx_run_fini(&l->v[i]);
    free(l->v);
    *l = (struct nx_runlist){0};
}

/* The file's bytes, under the lock: decompressing and reading them need not keep nextest waiting. */
static int read_locked(const char *lock_path, const char *path, unsigned wait_ms, char **ret, size_t *ret_n,
                       struct nx_err *err)
{
    struct nx_reader *file = NULL;
    int lock;
    int rc = take_lock(lock_path, wait_ms, &lock, err);
    if (rc == 0)
        rc = nx_reader_open_file(path, &file, err);
    if (rc == 0)
        rc = nx_reader_slurp(file, NX_LIM_LIST_BYTES, ret, ret_n, err);
    nx_reader_close(file);
    if (lock >= 0)
        close(lock);
    return rc;
}

static int decompress(const char *p, size_t n, const char *path, char **ret, size_t *ret_n,
                      struct nx_err *err)
{
    struct nx_reader *mem = NULL, *zstd = NULL;
    int rc = nx_reader_open_mem(p, n, path, &mem, err);
    if (rc == 0)
        rc = nx_zstd_open(mem, NX_LIM_LIST_BYTES, &zstd, err);
    if (rc == 0)
        rc = nx_reader_slurp(zstd, NX_LIM_LIST_BYTES, ret, ret_n, err);
    nx_reader_close(zstd);
    return rc;
}

int nx_runlist_read(const char *runs_dir, unsigned wait_ms, struct nx_runlist *ret, struct nx_err *err)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/runs.lock", runs_dir);
    char *lock_path = nx_strbuf_take(&b, NULL);
    nx_strbuf_addf(&b, "%s/runs.json.zst", runs_dir);
    char *path = nx_strbuf_take(&b, NULL), *packed = NULL, *json = NULL;
    size_t packed_n = 0, json_n = 0;
    int rc = lock_path && path ? 0 : nx_fail(err, NX_ENOMEM, runs_dir, "no memory");
    if (rc == 0)
        rc = read_locked(lock_path, path, wait_ms, &packed, &packed_n, err);
    if (rc == -NX_ENOTFOUND) {
        nx_err_clear(err);
        *ret = (struct nx_runlist){0};
        rc = 0;
        goto out;
    }
    if (rc < 0)
        goto out;
    rc = decompress(packed, packed_n, path, &json, &json_n, err);
    if (rc == 0)
        rc = nx_runlist_parse(json, json_n, path, ret, err);
    if (rc == -NX_EFORMAT || rc == -NX_ETRUNC)
        nx_err_hint(err,
                    "nextest cannot read it either; moved away, it begins a new list, and the recordings "
                    "stay in their folders");
out:
    free(lock_path);
    free(path);
    free(packed);
    free(json);
    return rc;
}
