/* nxctl watch by a daemon's events. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/members.h"
#include "client/stream.h"
#include "client/watching.h"

enum { ARENA = 1 << 20 };

/* A document's or event's strings, made to end. */
static const char *text_of(struct nx_arena *a, struct nx_slice s)
{
    char *p = nx_arena_alloc(a, s.n + 1);
    if (!p) {
        return "";
    }
    memcpy(p, s.p ? s.p : "", s.n);
    p[s.n] = '\0';
    return p;
}

/* --- what is there at the beginning --- */

struct listed {
    struct nx_slice id, status, store, workspace;
    uint64_t exit_code;
};

static bool is_on(struct nx_slice status)
{
    return nx_slice_is(status, "incomplete") || nx_slice_is(status, "unknown");
}

static bool read_run(struct nx_scan *s, void *to)
{
    struct listed *r = to, one = {.id = {NULL, 0}};
    const struct member ws[] = {{.key = "store", .kind = M_STR, .to = &one.store},
                                {.key = "name", .kind = M_STR, .to = &one.workspace}};
    const struct member m[] = {
        {.key = "id", .kind = M_STR, .to = &one.id},
        {.key = "status", .kind = M_STR, .to = &one.status},
        {.key = "workspace", .kind = M_OBJ, .in = ws, .in_n = 2},
        {.key = "exit_code", .kind = M_U64, .to = &one.exit_code},
    };
    if (!members_read(s, MEMBERS(m))) {
        return false;
    }
    if (!r->id.p && is_on(one.status)) {
        *r = one; /* the newest */
    }
    return true;
}

static int read_listed(struct nx_strbuf *doc, bool list, struct nx_arena *arena, struct listed *r,
                       struct nx_err *err)
{
    const struct member ws[] = {{.key = "store", .kind = M_STR, .to = &r->store},
                                {.key = "name", .kind = M_STR, .to = &r->workspace}};
    const struct member one[] = {
        {.key = "id", .kind = M_STR, .to = &r->id},
        {.key = "status", .kind = M_STR, .to = &r->status},
        {.key = "workspace", .kind = M_OBJ, .in = ws, .in_n = 2},
        {.key = "exit_code", .kind = M_U64, .to = &r->exit_code},
    };
    const struct member many[] = {{.key = "runs", .kind = M_LIST, .to = r, .each = read_run}};
    return list ? members_of(doc, arena, MEMBERS(many), err) : members_of(doc, arena, MEMBERS(one), err);
}

/* 1, 0 or -1: not known. */
static int ask_alive(const char *url, const char *id)
{
    struct nx_strbuf doc;
    struct nx_err err;
    char path[96];
    nx_strbuf_init(&doc, 0);
    snprintf(path, sizeof(path), "/api/v1/runs/%s/running", id);
    int alive = -1, rc = stream_get(url, path, &doc, &err);
    if (rc == 0 && doc.p) {
        alive = strstr(doc.p, "\"alive\":true") ? 1 : strstr(doc.p, "\"alive\":false") ? 0 : -1;
    }
    nx_strbuf_fini(&doc);
    return alive;
}

/* Finds the run that is to be waited for, and tells how it is. Negative, 0, or 1: there is nothing to wait
 * for. */
static int begin(struct watching *w, const char *url, struct nx_err *err)
{
    struct nx_strbuf doc, path;
    struct nx_arena arena;
    struct listed r = {.id = {NULL, 0}};
    bool named = w->o->arg != NULL;
    nx_strbuf_init(&doc, 0);
    nx_strbuf_init(&path, 0);
    nx_arena_init(&arena, ARENA);
    nx_strbuf_adds(&path, "/api/v1/runs");
    if (named) {
        nx_strbuf_addc(&path, '/');
        stream_encode(&path, w->o->arg);
    } else {
        nx_strbuf_adds(&path, "?limit=100");
    }
    int rc = path.failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory") : stream_get(url, path.p, &doc, err);
    if (rc == 0) {
        rc = read_listed(&doc, !named, &arena, &r, err);
    }
    if (rc == 0 && r.id.p) {
        const char *id = text_of(&arena, r.id);
        bool on = is_on(r.status);
        int alive = on ? ask_alive(url, id) : 0;
        struct happening h = {.event = on ? "run-progressed" : "run-finished", .run = id,
                              .store = text_of(&arena, r.store),
                              .workspace = text_of(&arena, r.workspace),
                              .status = text_of(&arena, r.status), .alive = alive, .ended = !on,
                              .exit_code = (int)r.exit_code};
        if (named || alive != 0) {
            if (named || w->o->exit_status) {
                snprintf(w->target, sizeof(w->target), "%s", id);
            }
            rc = watching_tell(w, &h);
        }
    }
    if (rc == 0 && !w->target[0] && w->o->exit_status) {
        ui_info(w->ui, "no run goes on: waiting for one to start");
    }
    nx_arena_fini(&arena);
    nx_strbuf_fini(&path);
    nx_strbuf_fini(&doc);
    return rc;
}

/* --- events --- */

static bool tell_event(struct watching *w, const char *name, const char *data)
{
    struct nx_slice run = {NULL, 0}, store = {NULL, 0}, workspace = {NULL, 0}, status = {NULL, 0};
    uint64_t exit_code = 0;
    struct happening h = {.event = name, .alive = -1};
    struct nx_strbuf doc;
    struct nx_arena arena;
    struct nx_err err;
    const struct member counts[] = {
        {.key = "passed", .kind = M_U64, .to = &h.passed},
        {.key = "failed", .kind = M_U64, .to = &h.failed},
        {.key = "running", .kind = M_U64, .to = &h.running},
    };
    const struct member m[] = {
        {.key = "run", .kind = M_STR, .to = &run},
        {.key = "store", .kind = M_STR, .to = &store},
        {.key = "workspace", .kind = M_STR, .to = &workspace},
        {.key = "status", .kind = M_STR, .to = &status},
        {.key = "exit_code", .kind = M_U64, .to = &exit_code},
        {.key = "counts", .kind = M_OBJ, .in = counts, .in_n = sizeof(counts) / sizeof(counts[0])},
    };
    bool done = false;
    nx_strbuf_init(&doc, 0);
    nx_strbuf_adds(&doc, data);
    nx_arena_init(&arena, ARENA);
    if (!doc.failed && members_of(&doc, &arena, MEMBERS(m), &err) == 0 && run.p && workspace.p) {
        h.run = text_of(&arena, run);
        h.store = text_of(&arena, store);
        h.workspace = text_of(&arena, workspace);
        h.status = text_of(&arena, status);
        h.ended = strcmp(name, "run-finished") == 0;
        h.exit_code = (int)exit_code;
        h.counted = strstr(data, "\"counts\":{") != NULL;
        h.alive = strstr(data, ",\"alive\":true") ? 1 : strstr(data, ",\"alive\":false") ? 0 : -1;
        done = watching_tell(w, &h);
    }
    nx_arena_fini(&arena);
    nx_strbuf_fini(&doc);
    return done;
}

/* Until it is done (1), or the stream ends (0). Negative: something is wrong with the run waited for. */
static int read_events(struct watching *w, const char *url, FILE *f, struct nx_err *err)
{
    char *line = NULL, name[32] = "";
    size_t cap = 0;
    ssize_t n;
    int rc = 0;
    while (rc == 0 && (n = getline(&line, &cap, f)) > 0) {
        line[n - 1] = line[n - 1] == '\n' ? '\0' : line[n - 1];
        if (strncmp(line, "event: ", 7) == 0) {
            snprintf(name, sizeof(name), "%s", line + 7);
        } else if (strncmp(line, "data: ", 6) == 0 && strcmp(name, "reset") == 0) {
            rc = w->target[0] ? begin(w, url, err) : 0;
        } else if (strncmp(line, "data: ", 6) == 0) {
            rc = tell_event(w, name, line + 6);
        }
    }
    free(line);
    return rc;
}

int watching_server(struct watching *w, const char *url)
{
    struct nx_err err;
    FILE *f = NULL;
    int status = 0;
    w->scope.workspace = w->o->workspace;
    /* First the stream, then the state: what happens in between is told by one of them. */
    int rc = stream_open(url, "/api/v1/events", &f, &status, &err);
    if (rc == 0 && status != 200) {
        rc = nx_fail(&err, NX_EIO, url, "answered with status %d", status);
    }
    rc = rc < 0 ? rc : begin(w, url, &err);
    ui_tell(w->ui, "watching what %s tells", url);
    rc = rc == 0 ? read_events(w, url, f, &err) : rc;
    if (f) {
        (void)fclose(f);
    }
    if (rc == 0) {
        rc = nx_fail(&err, NX_EIO, url, "nxtraced does not tell more: it was stopped");
    }
    return rc < 0 ? ui_error(w->ui, &err) : w->status;
}
