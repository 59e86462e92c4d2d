#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/selection.h"

#include <stdlib.h>
#include <string.h>

#include "client/members.h"

static bool read_run(struct nx_scan *s, void *to)
{
    struct selection *all = to;
    struct nx_slice id = {NULL, 0}, workspace = {NULL, 0};
    const struct member ws[] = {{.key = "name", .kind = M_STR, .to = &workspace}};
    const struct member m[] = {
        {.key = "id", .kind = M_STR, .to = &id},
        {.key = "workspace", .kind = M_OBJ, .in = ws, .in_n = 1},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    void *v = all->v;
    struct selected *at = members_grow(s, &v, &all->n, sizeof(*at));
    all->v = v;
    if (!at) {
        return false;
    }
    *at = (struct selected){.workspace = strndup(workspace.p ? workspace.p : "", workspace.n)};
    memcpy(at->id, id.p, id.n < 36 ? id.n : 36);
    s->no_memory = s->no_memory || !at->workspace;
    return at->workspace || nx_scan_fail(s, "no memory");
}

static int cmp_selected(const void *pa, const void *pb)
{
    const struct selected *a = pa, *b = pb;
    int c = strcmp(a->id, b->id);
    return c ? c : strcmp(a->workspace, b->workspace);
}

int selection_read(struct selection *s, struct nx_strbuf *doc, struct nx_err *err)
{
    struct nx_arena arena;
    const struct member m[] = {{.key = "runs", .kind = M_LIST, .to = s, .each = read_run}};
    *s = (struct selection){NULL, 0};
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
        free(s->v[i].workspace);
    }
    free(s->v);
}

static bool has(const struct selection *s, const struct nx_workspace *ws, const char *id)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(s->v[mid].id, id);
        c = c ? c : strcmp(s->v[mid].workspace, ws->name);
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
