#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/selection.h"

#include <stdlib.h>
#include <string.h>

#include "client/members.h"

struct entry {
    struct nx_slice id, started, status, store, workspace, path;
    uint64_t passed, failed;
    double secs;
    bool on_disk;
};

static bool no_memory(struct nx_scan *s)
{
    s->no_memory = true;
    return nx_scan_fail(s, "no memory");
}

static char *copy(struct nx_slice s)
{
    return strndup(s.p ? s.p : "", s.n);
}

static bool add_gone(struct nx_scan *s, struct selection *all, const struct entry *e)
{
    void *v = all->gone;
    struct selected_gone *at = members_grow(s, &v, &all->gone_n, sizeof(*at));
    all->gone = v;
    if (!at) {
        return false;
    }
    *at = (struct selected_gone){
        .id = copy(e->id),
        .started = copy(e->started),
        .status = copy(e->status),
        .store = copy(e->store),
        .workspace = copy(e->path.p ? e->path : e->workspace),
        .secs = e->secs,
        .passed = e->passed,
        .failed = e->failed,
    };
    return (at->id && at->started && at->status && at->store && at->workspace) || no_memory(s);
}

static bool add_there(struct nx_scan *s, struct selection *all, const struct entry *e)
{
    void *v = all->v;
    struct selected *at = members_grow(s, &v, &all->n, sizeof(*at));
    all->v = v;
    if (!at) {
        return false;
    }
    *at = (struct selected){.store = copy(e->store), .workspace = copy(e->workspace)};
    memcpy(at->id, e->id.p, e->id.n < 36 ? e->id.n : 36);
    return (at->store && at->workspace) || no_memory(s);
}

static bool read_run(struct nx_scan *s, void *to)
{
    struct entry e = {.on_disk = true, .secs = -1};
    const struct member ws[] = {
        {.key = "store", .kind = M_STR, .to = &e.store},
        {.key = "name", .kind = M_STR, .to = &e.workspace},
        {.key = "path", .kind = M_STR, .to = &e.path},
    };
    const struct member counts[] = {
        {.key = "passed", .kind = M_U64, .to = &e.passed},
        {.key = "failed", .kind = M_U64, .to = &e.failed},
    };
    const struct member m[] = {
        {.key = "id", .kind = M_STR, .to = &e.id},
        {.key = "workspace", .kind = M_OBJ, .in = ws, .in_n = 3},
        {.key = "started_at", .kind = M_STR, .to = &e.started},
        {.key = "duration_secs", .kind = M_DOUBLE, .to = &e.secs},
        {.key = "status", .kind = M_STR, .to = &e.status},
        {.key = "counts", .kind = M_OBJ, .in = counts, .in_n = 2},
        {.key = "on_disk", .kind = M_BOOL, .to = &e.on_disk},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    return e.on_disk ? add_there(s, to, &e) : add_gone(s, to, &e);
}

static int cmp_selected(const void *pa, const void *pb)
{
    const struct selected *a = pa, *b = pb;
    int c = strcmp(a->id, b->id);
    c = c ? c : strcmp(a->workspace, b->workspace);
    return c ? c : strcmp(a->store, b->store);
}

int selection_read(struct selection *s, struct nx_strbuf *doc, struct nx_err *err)
{
    struct nx_arena arena;
    const struct member m[] = {{.key = "runs", .kind = M_LIST, .to = s, .each = read_run}};
    *s = (struct selection){0};
    nx_arena_init(&arena, SIZE_MAX);
    int rc = members_of(doc, &arena, MEMBERS(m), err);
    nx_arena_fini(&arena);
    if (rc == 0 && s->n > 1) {
        qsort(s->v, s->n, sizeof(*s->v), cmp_selected);
    }
    return rc;
}

void selection_fini(struct selection *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].store);
        free(s->v[i].workspace);
    }
    for (size_t i = 0; i < s->gone_n; i++) {
        free(s->gone[i].id);
        free(s->gone[i].started);
        free(s->gone[i].status);
        free(s->gone[i].store);
        free(s->gone[i].workspace);
    }
    free(s->v);
    free(s->gone);
}

static bool has(const struct selection *s, const struct nx_workspace *ws, const char *id)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(s->v[mid].id, id);
        c = c ? c : strcmp(s->v[mid].workspace, ws->name);
        c = c ? c : strcmp(s->v[mid].store, ws->store->name);
        if (c == 0) {
            return true;
        }
        if (c < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return false;
}

static bool is_there(const struct nx_workspace *ws, const char *id)
{
    for (size_t i = 0; i < ws->n; i++) {
        if (strcmp(ws->list[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

struct nx_run *selection_take(const struct selection *s, const struct nx_workspace *ws, size_t *ret_n)
{
    struct nx_run *v = calloc(ws->n + 1, sizeof(*v));
    size_t n = 0;
    for (size_t i = 0; v && i < ws->n; i++) {
        if (!has(s, ws, ws->list[i].id)) {
            continue;
        }
        v[n] = ws->list[i];
        if (v[n].parent_id[0] && !has(s, ws, v[n].parent_id) && is_there(ws, v[n].parent_id)) {
            v[n].parent_id[0] = '\0';
        }
        n++;
    }
    *ret_n = n;
    return v;
}
