#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd.h"
#include "client/watching.h"
#include "json/write.h"

enum { ID_SHOWN = 8 };

static void put_json(struct nx_strbuf *out, const struct happening *h)
{
    struct nx_json w;
    nx_json_init(&w, out);
    nx_json_obj(&w);
    nx_json_key(&w, "event");
    nx_json_strz(&w, h->event);
    nx_json_key(&w, "run");
    nx_json_strz(&w, h->run);
    nx_json_key(&w, "store");
    nx_json_strz(&w, h->store[0] ? h->store : NULL);
    nx_json_key(&w, "workspace");
    nx_json_strz(&w, h->workspace);
    nx_json_key(&w, "status");
    nx_json_strz(&w, h->status);
    nx_json_key(&w, "alive");
    if (h->alive < 0) {
        nx_json_null(&w);
    } else {
        nx_json_bool(&w, h->alive > 0);
    }
    nx_json_key(&w, "exit_code");
    if (h->ended) {
        nx_json_i64(&w, h->exit_code);
    } else {
        nx_json_null(&w);
    }
    nx_json_end_obj(&w);
}

static void put_line(struct nx_strbuf *out, bool color, const struct happening *h)
{
    static const struct {
        const char *event, *word;
    } words[] = {{"run-started", "started"}, {"run-progressed", "goes on"}, {"run-finished", "finished"},
                 {"run-removed", "removed"}};
    const char *word = h->event;
    char id[ID_SHOWN + 1];
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        word = strcmp(h->event, words[i].event) == 0 ? words[i].word : word;
    }
    bool dead = h->alive == 0 && !h->ended && strcmp(h->event, "run-progressed") == 0;
    word = dead ? "died" : word;
    nx_strbuf_addf(out, "  %-9s", word);
    snprintf(id, sizeof(id), "%s", h->run);
    ui_styled(out, color, S_ID, id);
    nx_strbuf_adds(out, "  ");
    if (h->store[0] && strcmp(h->store, "default") != 0) {
        nx_strbuf_addf(out, "%s:", h->store);
    }
    ui_safe(out, nx_slice_of(h->workspace));
    if (h->ended) {
        nx_strbuf_adds(out, "  ");
        ui_styled(out, color, h->exit_code == 0 ? S_GOOD : S_BAD, h->status);
        nx_strbuf_addf(out, ", exit status %d", h->exit_code);
    } else if (dead) {
        nx_strbuf_adds(out, "  its nextest is gone");
    }
    if (h->counted) {
        nx_strbuf_addf(out, "  %" PRIu64 " passed, %" PRIu64 " failed", h->passed, h->failed);
        if (h->running > 0) {
            nx_strbuf_addf(out, ", %" PRIu64 " running", h->running);
        }
    }
}

static bool print(struct watching *w, const struct happening *h)
{
    struct nx_strbuf out;
    nx_strbuf_init(&out, 0);
    if (w->o->json) {
        put_json(&out, h);
    } else {
        put_line(&out, w->ui->out_color, h);
    }
    nx_strbuf_addc(&out, '\n');
    w->status = ui_print(w->ui, &out);
    nx_strbuf_fini(&out);
    return w->status == 0;
}

static bool give_up(struct watching *w, enum nx_code code, const char *why)
{
    struct nx_err err;
    (void)nx_fail(&err, code, w->target, "%s", why);
    w->status = ui_error(w->ui, &err);
    return true;
}

bool watching_tell(struct watching *w, const struct happening *h)
{
    if (!nx_scope_has(w->scope, h->store, h->workspace)) {
        return false;
    }
    if (!w->target[0] && w->o->exit_status && strcmp(h->event, "run-started") == 0) {
        snprintf(w->target, sizeof(w->target), "%s", h->run);
    }
    bool mine = strcmp(w->target, h->run) == 0;
    if (!mine && (w->target[0] || w->o->exit_status)) {
        return false;
    }
    if (!print(w, h)) {
        return true;
    }
    if (!mine) {
        return false;
    }
    if (strcmp(h->event, "run-removed") == 0) {
        return give_up(w, NX_EGONE, "the run was removed before it ended");
    }
    if (h->ended) {
        w->status = w->o->exit_status ? h->exit_code : 0;
        return true;
    }
    return h->alive == 0 && give_up(w, NX_EINCOMPLETE, "the run will not end: its nextest is gone");
}

int cmd_watch(const struct opts *o, const struct ui *ui)
{
    struct watching w = {.o = o, .ui = ui};
    return o->server ? watching_server(&w, o->server) : watching_store(&w);
}
