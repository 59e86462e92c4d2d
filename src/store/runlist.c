#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/runlist.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/strbuf.h"
#include "io/reader.h"
#include "io/zstd.h"
#include "store/lock.h"
#include "store/pull.h"

/* --- the list --- */

enum { L_VERSION, L_PRUNED, L_RUNS, L_COUNT };
static const struct nx_slice names[L_COUNT] = {
    {"format-version", 14},
    {"last-pruned-at", 14},
    {"runs", 4},
};

static bool parse_one(struct nx_pull *p, struct nx_runlist *list, size_t *cap)
{
    if (list->n >= nx_limit_value(NX_LIM_LIST_RUNS)) {
        p->rc = nx_limit_fail(p->err, NX_LIM_LIST_RUNS, NULL);
        return false;
    }
    if (list->n == *cap) {
        size_t more = *cap ? *cap * 2 : 16;
        struct nx_run *v = realloc(list->v, more * sizeof *v);
        if (!v) {
            p->rc = nx_fail(p->err, NX_ENOMEM, NULL, "no memory for a run list");
            return false;
        }
        list->v = v;
        *cap = more;
    }
    if (nx_run_parse(p, &list->v[list->n]) == 0) {
        list->n++;
        nx_pull_forget(p);
        return true;
    }
    if (p->rc == -NX_EFORMAT && !p->scan.failed)
        nx_err_wrap(p->err, "run %zu of the list", list->n + 1);
    return false;
}

static bool parse_runs(struct nx_pull *p, struct nx_runlist *list)
{
    bool first = true;
    size_t cap = 0;
    if (!nx_pull_list(p, names[L_RUNS].p, "a list"))
        return false;
    while (nx_pull_item(p, &first))
        if (!parse_one(p, list, &cap))
            return false;
    struct nx_run *v = list->n > 0 ? realloc(list->v, list->n * sizeof *v) : NULL; /* lists are kept long */
    list->v = v ? v : list->v;
    return p->rc == 0;
}

static bool parse_pruned(struct nx_pull *p)
{
    struct nx_slice text;
    struct nx_instant t;
    if (nx_pull_null(p))
        return true;
    return nx_pull_slice(p, names[L_PRUNED].p, "a time", &text) &&
           (nx_instant_parse(text, &t) >= 0 || nx_pull_bad(p, names[L_PRUNED].p, "a time"));
}

static bool parse_list(struct nx_pull *p, struct nx_runlist *list)
{
    struct nx_members m;
    unsigned which;
    if (!nx_pull_open(p, &m, names, L_COUNT, "the run list"))
        return false;
    while (nx_pull_member(p, &m, &which)) {
        bool ok = which == L_VERSION  ? nx_pull_u32(p, names[which].p, &list->format_version)
                  : which == L_PRUNED ? parse_pruned(p)
                                      : parse_runs(p, list);
        if (!ok)
            return false;
    }
    list->newer = list->format_version > NX_LIST_VERSION;
    return nx_pull_need(p, &m, (uint32_t)1 << L_VERSION) && nx_pull_end(p);
}

/* `json` is followed by NX_SCAN_PAD bytes. */
static int parse_padded(const char *json, size_t n, const char *name, struct nx_runlist *ret,
                        struct nx_err *err)
{
    struct nx_runlist list = {0};
    struct nx_pull p;
    nx_pull_init(&p, json, n, err);
    if (parse_list(&p, &list)) {
        *ret = list;
    } else {
        nx_runlist_fini(&list);
        nx_err_object(err, name);
    }
    nx_pull_fini(&p);
    return p.rc;
}

int nx_runlist_parse(const char *json, size_t n, const char *name, struct nx_runlist *ret, struct nx_err *err)
{
    char *copy = malloc(n + NX_SCAN_PAD);
    if (!copy)
        return nx_fail(err, NX_ENOMEM, name, "no memory for a run list");
    if (n > 0)
        memcpy(copy, json, n);
    memset(copy + n, 0, NX_SCAN_PAD);
    int rc = parse_padded(copy, n, name, ret, err);
    free(copy);
    return rc;
}

void nx_runlist_fini(struct nx_runlist *l)
{
    for (size_t i = 0; i < l->n; i++)
        nx_run_fini(&l->v[i]);
    free(l->v);
    *l = (struct nx_runlist){0};
}

/* The file's bytes, under the lock: decompressing and reading them need not keep nextest waiting. lock_path
 * NULL: the caller has it. */
static int read_locked(const char *lock_path, const char *path, unsigned wait_ms, char **ret, size_t *ret_n,
                       struct nx_err *err)
{
    struct nx_reader *file = NULL;
    int lock = -1;
    int rc = lock_path ? nx_lock_shared(lock_path, wait_ms, &lock, err) : 0;
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
    char *json = NULL;
    int rc = nx_reader_open_mem(p, n, path, &mem, err);
    if (rc == 0)
        rc = nx_zstd_open(mem, NX_LIM_LIST_BYTES, &zstd, err);
    if (rc == 0)
        rc = nx_reader_slurp(zstd, NX_LIM_LIST_BYTES, &json, ret_n, err);
    nx_reader_close(zstd);
    if (rc < 0)
        return rc;
    char *padded = realloc(json, *ret_n + NX_SCAN_PAD);
    if (!padded) {
        free(json);
        return nx_fail(err, NX_ENOMEM, path, "no memory for a run list");
    }
    memset(padded + *ret_n, 0, NX_SCAN_PAD);
    *ret = padded;
    return 0;
}

static char *beside(const char *runs_dir, const char *name)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/%s", runs_dir, name);
    return nx_strbuf_take(&b, NULL);
}

static void hint_damage(int rc, struct nx_err *err)
{
    if (rc == -NX_EFORMAT || rc == -NX_ETRUNC)
        nx_err_hint(err, "where nextest cannot read it either, move it away: it begins a new list, and the "
                         "recordings stay in their folders");
}

int nx_runlist_text(const char *runs_dir, unsigned wait_ms, bool locked, char **ret, size_t *ret_n,
                    struct nx_err *err)
{
    char *lock_path = beside(runs_dir, "runs.lock"), *path = beside(runs_dir, "runs.json.zst");
    char *packed = NULL, *json = NULL;
    size_t packed_n = 0, n = 0;
    int rc = lock_path && path ? 0 : nx_fail(err, NX_ENOMEM, runs_dir, "no memory");
    if (rc == 0)
        rc = read_locked(locked ? NULL : lock_path, path, wait_ms, &packed, &packed_n, err);
    if (rc == 0)
        rc = decompress(packed, packed_n, path, &json, &n, err);
    hint_damage(rc, err);
    if (rc == -NX_ENOTFOUND) {
        nx_err_clear(err);
        rc = 0;
    }
    if (rc == 0) {
        *ret = json;
        *ret_n = n;
    }
    free(lock_path);
    free(path);
    free(packed);
    return rc;
}

int nx_runlist_read(const char *runs_dir, unsigned wait_ms, struct nx_runlist *ret, struct nx_err *err)
{
    char *json = NULL, *path = NULL;
    size_t n = 0;
    int rc = nx_runlist_text(runs_dir, wait_ms, false, &json, &n, err);
    if (rc == 0 && !json) {
        *ret = (struct nx_runlist){0};
        return 0;
    }
    if (rc == 0 && !(path = beside(runs_dir, "runs.json.zst")))
        rc = nx_fail(err, NX_ENOMEM, runs_dir, "no memory");
    if (rc == 0) {
        rc = parse_padded(json, n, path, ret, err);
        hint_damage(rc, err);
    }
    free(path);
    free(json);
    return rc;
}
