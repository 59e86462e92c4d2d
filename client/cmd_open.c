#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/span.h"
#include "api/title.h"
#include "client/asking.h"
#include "client/browser.h"
#include "client/cmd.h"
#include "client/members.h"
#include "client/once.h"
#include "client/stream.h"

#define USUAL "http://127.0.0.1:9001"
#define PERFETTO "https://ui.perfetto.dev"

enum { ARENA = 1 << 20, ID = 37 };

/* Which run, at which test, and who serves it. */
struct opening {
    const struct opts *o;
    const struct ui *ui;
    struct asking asking; /* of the store; not opened with --server */
    char id[ID], title[NX_TITLE_MAX];
    const char *store;    /* the folder of the one that the run is in */
    struct nx_test_pick test; /* no name: the whole run */
    struct nx_span span;      /* of the test; from 0: not known */
    const char *base;
    struct once once;
    int status; /* of standard output */
};

/* --- which run --- */

/* So that neither Perfetto nor the page needs an index. */
static int find_span(struct opening *p, const struct nx_pick *pick, struct nx_err *err)
{
    struct nx_recording *rec = NULL;
    char *dir = nx_run_dir(pick->ws, pick->run);
    int rc = dir ? nx_recording_open_dir(dir, pick->run, &rec, err) : nx_fail(err, NX_ENOMEM, NULL, "no memory");
    if (rc == 0) {
        rc = nx_span_of_test(rec, p->test.binary, p->test.name, &p->span, err);
    }
    nx_recording_close(rec);
    free(dir);
    return rc;
}

static int pick_here(struct opening *p, struct nx_err *err)
{
    const char *selector = p->o->arg ? p->o->arg : "latest";
    struct asking *a = &p->asking;
    struct nx_pick pick;
    if (place_is_file(selector)) {
        int rc = nx_fail(err, NX_EUSAGE, selector, "a portable recording cannot be opened from here");
        nx_err_hint(err, "`nxctl export FILE -o trace.json` writes a trace, which " PERFETTO " opens from the file");
        return rc;
    }
    int rc = place_pick(&a->place, p->o, selector, &pick, err);
    if (rc == 0) {
        ui_tell(p->ui, "run %s", pick.run->id);
        snprintf(p->id, sizeof(p->id), "%s", pick.run->id);
        (void)nx_title(pick.ws, pick.run, p->title);
        p->store = pick.ws->store->dir;
    }
    if (rc == 0 && p->o->test) {
        asking_scope(a);
        rc = asking_run(a, "run", p->id, err);
        rc = rc < 0 ? rc : asking_pick(a, p->id, p->o->test, &p->test, err);
        rc = rc < 0 ? rc : find_span(p, &pick, err);
    }
    return rc;
}

/* What the daemon means by it. */
static int pick_there(struct opening *p, struct nx_err *err)
{
    struct nx_strbuf doc, path;
    struct nx_arena arena;
    struct nx_slice id = {NULL, 0};
    const struct member m[] = {{.key = "id", .kind = M_STR, .to = &id}};
    nx_strbuf_init(&doc, 0);
    nx_strbuf_init(&path, 0);
    nx_arena_init(&arena, ARENA);
    nx_strbuf_adds(&path, "/api/v1/runs/");
    stream_encode(&path, p->o->arg ? p->o->arg : "latest");
    int rc = path.failed ? nx_fail(err, NX_ENOMEM, NULL, "no memory") : stream_get(p->base, path.p, &doc, err);
    if (rc == 0) {
        rc = members_of(&doc, &arena, MEMBERS(m), err);
    }
    if (rc == 0 && (!id.p || id.n >= ID)) {
        rc = nx_fail(err, NX_EIO, p->base, "what answers there is no nxtraced");
    } else if (rc == 0) {
        snprintf(p->id, sizeof(p->id), "%.*s", (int)id.n, id.p);
    }
    nx_arena_fini(&arena);
    nx_strbuf_fini(&path);
    nx_strbuf_fini(&doc);
    return rc;
}

/* The words of --test for a daemon, whose page looks the test up: a binary and a name. */
static int test_there(struct opening *p, struct nx_err *err)
{
    const char *words = p->o->test, *space = words ? strchr(words, ' ') : NULL;
    if (!words) {
        return 0;
    }
    if (!space || space == words || !space[1]) {
        int rc = nx_fail(err, NX_EUSAGE, NULL, "with --server, --test needs a binary, a space and a test's name");
        nx_err_hint(err, "the page of nxtraced shows the tests of a run");
        return rc;
    }
    p->test.binary = strndup(words, (size_t)(space - words));
    p->test.name = strdup(space + 1);
    return p->test.binary && p->test.name ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory");
}

/* --- who serves it --- */

/* Does a daemon at its usual address know the run? Whatever else answers there is none. */
static bool usual_knows(const struct opening *p)
{
    struct nx_strbuf doc;
    struct nx_err ignored;
    char path[64];
    snprintf(path, sizeof(path), "/api/v1/runs/%s", p->id);
    nx_strbuf_init(&doc, 0);
    bool knows = stream_get(USUAL, path, &doc, &ignored) == 0 && doc.p && strstr(doc.p, p->id);
    nx_strbuf_fini(&doc);
    return knows;
}

static int find_server(struct opening *p, struct nx_err *err)
{
    if (usual_knows(p)) {
        p->base = USUAL;
        return 0;
    }
    ui_tell(p->ui, "no nxtraced at " USUAL " knows the run: starting one");
    int rc = once_start(&p->once, p->store, err);
    p->base = p->once.base;
    return rc;
}

/* --- the address --- */

/* The UI itself, which fetches the trace from its usual address. */
static void add_link(const struct opening *p, struct nx_strbuf *b)
{
    struct nx_strbuf trace;
    nx_strbuf_init(&trace, 0);
    nx_strbuf_addf(&trace, "%s/traces/%s/%s%s.perfetto.json", p->base, p->id, p->title, p->o->group_by == NX_BY_SLOT ? ".slot" : "");
    nx_strbuf_adds(b, PERFETTO "/#!/?url=");
    stream_encode(b, trace.failed ? "" : trace.p);
    if (p->span.from > 0) { /* in nanoseconds, with half as much again around it */
        int64_t took = p->span.to - p->span.from, around = took / 4 + 50;
        nx_strbuf_addf(b, "&ts=%" PRId64 "000&visStart=%" PRId64 "000&visEnd=%" PRId64 "000", p->span.from,
                       p->span.from - around, p->span.to + around);
    }
    b->failed |= trace.failed;
    nx_strbuf_fini(&trace);
}

/* The daemon's page, which hands the trace over at a click; wherever it is, and at a test where one was named. */
static void add_page(const struct opening *p, struct nx_strbuf *b)
{
    size_t n = strlen(p->base);
    char between = '?';
    nx_strbuf_addf(b, "%.*s/open/%s", (int)(n - (n > 0 && p->base[n - 1] == '/')), p->base, p->id);
    if (p->o->group_by == NX_BY_SLOT) {
        nx_strbuf_addf(b, "%cslot", between);
        between = '&';
    }
    if (p->test.name) {
        nx_strbuf_addf(b, "%cbinary=", between);
        stream_encode(b, p->test.binary);
        nx_strbuf_adds(b, "&test=");
        stream_encode(b, p->test.name);
        if (p->span.from > 0) {
            nx_strbuf_addf(b, "&from=%" PRId64 "&took=%" PRId64, p->span.from, p->span.to - p->span.from);
        }
    }
}

static int show(struct opening *p, struct nx_err *err)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    (p->once.usual ? add_link : add_page)(p, &b);
    if (b.failed) {
        nx_strbuf_fini(&b);
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for an address");
    }
    if (!p->o->print && browser_open(b.p)) {
        ui_info(p->ui, "opening %s", b.p);
    } else {
        if (!p->o->print) {
            ui_info(p->ui, "no browser could be started; this is the address");
        }
        nx_strbuf_addc(&b, '\n');
        p->status = ui_print(p->ui, &b);
    }
    nx_strbuf_fini(&b);
    return 0;
}

static int serve(struct opening *p, struct nx_err *err)
{
    if (p->once.pid == 0 || p->status != 0) {
        return 0;
    }
    ui_info(p->ui, "serving the run at %s until it has been fetched; Ctrl-C ends it", p->base);
    int rc = once_wait(&p->once, err);
    if (rc == 0) {
        ui_info(p->ui, "the trace has been fetched");
    }
    return rc;
}

int cmd_open(const struct opts *o, const struct ui *ui)
{
    static struct opening p;
    struct nx_err err;
    int rc;
    p = (struct opening){.o = o, .ui = ui, .base = o->server};
    if (o->server) {
        rc = test_there(&p, &err);
        rc = rc < 0 ? rc : pick_there(&p, &err);
    } else {
        rc = asking_open(&p.asking, o, ui, &err);
        rc = rc < 0 ? rc : pick_here(&p, &err);
        rc = rc < 0 ? rc : find_server(&p, &err);
    }
    rc = rc < 0 ? rc : show(&p, &err);
    rc = rc < 0 ? rc : serve(&p, &err);
    once_stop(&p.once);
    nx_test_pick_fini(&p.test);
    if (!o->server) {
        asking_close(&p.asking);
    }
    return rc < 0 ? ui_error(ui, &err) : p.status;
}
