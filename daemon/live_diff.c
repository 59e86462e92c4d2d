/* What happened to runs, told as events. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "daemon/daemon.h"
#include "daemon/live.h"
#include "json/write.h"

enum {
    BURST = 256,     /* more changes at once are a reason to list anew */
    STATUS_MAX = 64, /* nextest's words are shorter */
};

static void begin(struct nx_json *w, struct nx_strbuf *out, const char *id, const char *store,
                  const char *workspace, const char *status)
{
    nx_strbuf_init(out, 0);
    nx_json_init(w, out);
    nx_json_obj(w);
    nx_json_key(w, "run");
    nx_json_strz(w, id);
    nx_json_key(w, "store");
    nx_json_strz(w, store);
    nx_json_key(w, "workspace");
    nx_json_strz(w, workspace);
    nx_json_key(w, "status");
    nx_json_strz(w, status && strlen(status) <= STATUS_MAX ? status : "unknown");
}

static void put_alive(struct nx_json *w, enum alive alive)
{
    nx_json_key(w, "alive");
    if (alive == ALIVE_UNKNOWN) {
        nx_json_null(w);
    } else {
        nx_json_bool(w, alive == ALIVE_YES);
    }
}

static void put_u64(struct nx_json *w, const char *key, uint64_t v)
{
    nx_json_key(w, key);
    nx_json_u64(w, v);
}

static void push(struct nxd *d, const char *name, struct nx_json *w)
{
    nx_json_end_obj(w);
    feed_push(d, name, w->out);
    nx_strbuf_fini(w->out);
}

static void tell(struct nxd *d, const char *name, const struct nx_row *row)
{
    const struct nx_run *r = row->run;
    struct nx_strbuf out;
    struct nx_json w;
    begin(&w, &out, r->id, row->ws->store->name, row->ws->name, r->status_text);
    if (strcmp(name, "run-finished") == 0) {
        put_alive(&w, ALIVE_NO);
        nx_json_key(&w, "exit_code");
        nx_json_i64(&w, r->exit_code);
        nx_json_key(&w, "counts");
        nx_json_obj(&w);
        if (r->has_initial) {
            put_u64(&w, "initial", r->initial_count);
        }
        put_u64(&w, "passed", r->passed);
        put_u64(&w, "failed", r->failed);
        nx_json_end_obj(&w);
    } else if (strcmp(name, "run-started") == 0) {
        put_alive(&w, ALIVE_UNKNOWN);
    }
    push(d, name, &w);
}

void live_progress(struct nxd *d, const struct live_run *r)
{
    const struct nx_tally *t = &r->tally;
    struct nx_strbuf out;
    struct nx_json w;
    begin(&w, &out, r->id, r->store->name, r->workspace, "incomplete");
    put_alive(&w, r->alive);
    put_u64(&w, "log_bytes", r->size);
    if (r->counted) {
        nx_json_key(&w, "counts");
        nx_json_obj(&w);
        put_u64(&w, "tests", t->tests);
        put_u64(&w, "passed", t->passed);
        put_u64(&w, "failed", t->failed);
        put_u64(&w, "flaky", t->flaky);
        put_u64(&w, "skipped", t->skipped);
        put_u64(&w, "running", t->running);
        put_u64(&w, "slow", t->slow);
        put_u64(&w, "executions", t->executions);
        nx_json_end_obj(&w);
    }
    push(d, "run-progressed", &w);
}

/* Of one run's rows before and after, of which one may be NULL. Returns how many events that makes. */
static size_t change(struct nxd *d, const struct nx_row *was, const struct nx_row *is)
{
    size_t n = 0;
    if (!is) {
        if (d) {
            tell(d, "run-removed", was);
        }
        return 1;
    }
    if (!was) {
        if (d) {
            tell(d, "run-started", is);
        }
        n++;
    }
    if (nx_run_ended(is->run) && !(was && nx_run_ended(was->run))) {
        if (d) {
            tell(d, "run-finished", is);
        }
        n++;
    }
    return n;
}

/* Both are in order of id and workspace. d NULL: only counts. */
static size_t walk(struct nxd *d, const struct nx_view *was, const struct nx_view *is)
{
    size_t i = 0, j = 0, n = 0;
    while (i < was->runs || j < is->runs) {
        const struct nx_row *a = i < was->runs ? &was->by_id[i] : NULL;
        const struct nx_row *b = j < is->runs ? &is->by_id[j] : NULL;
        int c = !a ? 1 : !b ? -1 : a->run == b->run ? 0 : strcmp(a->run->id, b->run->id);
        if (c == 0) {
            c = nx_workspace_cmp(a->ws, b->ws);
        }
        i += c <= 0;
        j += c >= 0;
        n += change(d, c <= 0 ? a : NULL, c >= 0 ? b : NULL);
    }
    return n;
}

void live_diff(struct nxd *d, const struct nx_view *was, const struct nx_view *is)
{
    if (walk(NULL, was, is) <= BURST) {
        (void)walk(d, was, is);
        return;
    }
    struct nx_strbuf nothing;
    nx_strbuf_init(&nothing, 0);
    nx_strbuf_adds(&nothing, "{}");
    feed_push(d, "reset", &nothing);
    nx_strbuf_fini(&nothing);
}
