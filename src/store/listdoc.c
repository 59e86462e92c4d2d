#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "store/listdoc.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "io/encode.h"
#include "store/pull.h"
#include "store/runlist.h"

static int no_memory(struct nx_err *err, const char *runs_dir)
{
    return nx_fail(err, NX_ENOMEM, runs_dir, "no memory for a run list");
}

/* --- reading --- */

static bool add_run(struct nx_pull *p, struct nx_listdoc *d, size_t *cap, const struct nx_listed *run)
{
    if (d->n == *cap) {
        size_t more = *cap ? *cap * 2 : 16;
        struct nx_listed *v = realloc(d->v, more * sizeof *v);
        if (!v) {
            p->rc = nx_fail(p->err, NX_ENOMEM, NULL, "no memory for a run list");
            return false;
        }
        d->v = v;
        *cap = more;
    }
    d->v[d->n++] = *run;
    return true;
}

static bool one_run(struct nx_pull *p, struct nx_listdoc *d, size_t *cap)
{
    struct nx_run run = {0};
    struct nx_listed l = {.log_bytes = 0};
    if (d->n >= nx_limit_value(NX_LIM_LIST_RUNS)) {
        p->rc = nx_limit_fail(p->err, NX_LIM_LIST_RUNS, NULL);
        return false;
    }
    nx_scan_ws(&p->scan);
    l.text.p = p->scan.p;
    if (nx_run_parse(p, &run) < 0)
        return false;
    l.text.n = (size_t)(p->scan.p - l.text.p);
    memcpy(l.id, run.id, sizeof l.id);
    l.ended = nx_run_ended(&run);
    l.log_bytes = run.log.compressed;
    l.store_bytes = run.store.compressed;
    nx_run_fini(&run);
    nx_pull_forget(p);
    return add_run(p, d, cap, &l);
}

static bool runs(struct nx_pull *p, struct nx_listdoc *d)
{
    bool first = true;
    size_t cap = 0;
    if (!nx_pull_list(p, "runs", "a list"))
        return false;
    while (nx_pull_item(p, &first))
        if (!one_run(p, d, &cap))
            return false;
    return p->rc == 0;
}

/* `at`: where the member's key begins, which is written as it was, escapes and all. */
static bool other(struct nx_pull *p, const char *at, struct nx_strbuf *extra)
{
    if (!nx_pull_skip(p, false))
        return false;
    nx_strbuf_adds(extra, "  ");
    nx_strbuf_add(extra, at, (size_t)(p->scan.p - at));
    nx_strbuf_adds(extra, ",\n");
    return true;
}

/* Where the next key's text begins: behind white space and a comma. */
static const char *key_at(struct nx_pull *p)
{
    const char *at = (nx_scan_ws(&p->scan), p->scan.p);
    while (at < p->scan.end && (*at == ',' || *at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static bool members(struct nx_pull *p, struct nx_listdoc *d, struct nx_strbuf *extra)
{
    bool first = true, seen_version = false, seen_runs = false;
    char *key;
    if (!nx_pull_map(p, "the run list", "an object"))
        return false;
    for (const char *at = key_at(p); nx_pull_key(p, &first, &key); at = key_at(p)) {
        bool version = strcmp(key, "format-version") == 0, list = strcmp(key, "runs") == 0;
        if ((version && seen_version) || (list && seen_runs)) {
            p->rc = nx_fail(p->err, NX_EFORMAT, NULL, "duplicate field `%s`", key);
            return false;
        }
        seen_version |= version;
        seen_runs |= list;
        if (!(version ? nx_pull_u32(p, "format-version", &d->format_version)
              : list  ? runs(p, d)
                      : other(p, at, extra)))
            return false;
    }
    return p->rc == 0 && (seen_version || nx_pull_lost(p, "format-version")) && nx_pull_end(p);
}

static int by_id(const void *a, const void *b)
{
    const struct nx_listed *x = *(const struct nx_listed *const *)a, *y = *(const struct nx_listed *const *)b;
    int c = strcmp(x->id, y->id);
    return c != 0 ? c : (x > y) - (x < y);
}

static bool sort(struct nx_listdoc *d)
{
    d->by_id = malloc((d->n + 1) * sizeof *d->by_id);
    if (!d->by_id)
        return false;
    for (size_t i = 0; i < d->n; i++)
        d->by_id[i] = &d->v[i];
    if (d->n > 1)
        qsort(d->by_id, d->n, sizeof *d->by_id, by_id);
    return true;
}

int nx_listdoc_read(const char *runs_dir, unsigned wait_ms, bool locked, struct nx_listdoc *ret,
                    struct nx_err *err)
{
    struct nx_listdoc d = {0};
    struct nx_strbuf extra;
    struct nx_pull p;
    size_t n = 0;
    int rc = nx_runlist_text(runs_dir, wait_ms, locked, &d.text, &n, err);
    if (rc < 0)
        return rc;
    nx_strbuf_init(&extra, 0);
    if (d.text) {
        nx_pull_init(&p, d.text, n, err);
        rc = members(&p, &d, &extra) ? 0 : p.rc;
        nx_pull_fini(&p);
        if (rc < 0)
            nx_err_object(err, runs_dir);
    }
    nx_strbuf_addc(&extra, '\0');
    d.extra = nx_strbuf_take(&extra, NULL);
    if (rc == 0 && (!d.extra || !sort(&d)))
        rc = no_memory(err, runs_dir);
    if (rc < 0)
        nx_listdoc_fini(&d);
    else
        *ret = d;
    return rc;
}

void nx_listdoc_fini(struct nx_listdoc *d)
{
    free(d->v);
    free(d->by_id);
    free(d->extra);
    free(d->text);
    *d = (struct nx_listdoc){0};
}

const struct nx_listed *nx_listdoc_find(const struct nx_listdoc *d, const char *id)
{
    size_t lo = 0, hi = d->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(d->by_id[mid]->id, id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < d->n && strcmp(d->by_id[lo]->id, id) == 0 ? d->by_id[lo] : NULL;
}

/* --- writing --- */

static void put(const struct nx_listdoc *d, struct nx_strbuf *b)
{
    unsigned version = d->format_version > NX_LIST_VERSION ? d->format_version : NX_LIST_VERSION;
    nx_strbuf_addf(b, "{\n  \"format-version\": %u,\n%s  \"runs\": [", version, d->extra ? d->extra : "");
    for (size_t i = 0; i < d->n; i++) {
        nx_strbuf_adds(b, i ? ",\n    " : "\n    ");
        nx_strbuf_add(b, d->v[i].text.p, d->v[i].text.n);
    }
    nx_strbuf_adds(b, d->n ? "\n  ]\n}" : "]\n}");
}

static int compress(const struct nx_strbuf *text, struct nx_sink *to, struct nx_err *err)
{
    struct nx_encoder *zstd = NULL;
    int rc = nx_encoder_open(NX_ENC_ZSTD, to, &zstd, err);
    if (rc == 0)
        rc = nx_sink_write(nx_encoder_sink(zstd), text->p, text->n, err);
    if (rc == 0)
        rc = nx_encoder_end(zstd, err);
    nx_encoder_close(zstd);
    return rc;
}

int nx_listdoc_write(const char *runs_dir, const struct nx_listdoc *d, struct nx_err *err)
{
    struct nx_strbuf text, path;
    struct nx_sink_file *file = NULL;
    nx_strbuf_init(&text, 0);
    nx_strbuf_init(&path, 0);
    nx_strbuf_addf(&path, "%s/runs.json.zst", runs_dir);
    put(d, &text);
    int rc = text.failed || path.failed ? no_memory(err, runs_dir) : 0;
    if (rc == 0)
        rc = nx_sink_file_open(path.p, &file, err);
    if (rc == 0)
        rc = compress(&text, nx_sink_file_sink(file), err);
    if (rc == 0)
        rc = nx_sink_file_commit(file, true, err);
    nx_sink_file_close(file);
    nx_strbuf_fini(&text);
    nx_strbuf_fini(&path);
    return rc;
}
