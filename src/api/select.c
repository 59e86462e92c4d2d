#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/select.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/words.h"
#include "base/strbuf.h"

enum {
    CANDIDATES = 8, /* as many as nextest names */
    HEX = 32,       /* hex digits in a UUID */
};

/* A prefix as the ids are written: lower case, dashes where a UUID has them. */
struct prefix {
    char text[40];
    size_t n;
    bool none; /* longer than any id */
};

static bool is_hex_or_dash(char c)
{
    return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_run_selector(struct nx_slice s)
{
    if (nx_slice_is(s, "latest")) {
        return true;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!is_hex_or_dash(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

bool nx_selector_is_whole(struct nx_slice selector, char ret[static NX_RUN_ID])
{
    if (selector.n != NX_RUN_ID - 1) {
        return false;
    }
    for (size_t i = 0; i < selector.n; i++) {
        char c = selector.p[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        c = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
        ret[i] = c;
    }
    ret[selector.n] = '\0';
    return true;
}

bool nx_selector_is_path(const char *selector)
{
    /* Rust's Path::extension(): of the last component, and not where the name only begins with the dot. */
    const char *slash = strrchr(selector, '/');
    const char *base = slash ? slash + 1 : selector;
    const char *dot = strrchr(base, '.');
    if (dot && dot != base && strcasecmp(dot, ".zip") == 0) {
        return true;
    }
    return slash != NULL && !is_run_selector(nx_slice_of(selector));
}

/* nextest ignores dashes wherever they stand. */
static struct prefix normalize(struct nx_slice s)
{
    struct prefix p = {{0}, 0, false};
    size_t hex = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-') {
            continue;
        }
        if (hex == HEX) {
            p.none = true;
            break;
        }
        if (hex == 8 || hex == 12 || hex == 16 || hex == 20) {
            p.text[p.n++] = '-';
        }
        p.text[p.n++] = (char)tolower((unsigned char)s.p[i]);
        hex++;
    }
    return p;
}

static bool in_scope(const struct nx_workspace *ws, struct nx_scope scope)
{
    return nx_scope_has(scope, ws->store->name, ws->name);
}

/* The first row of by_id that is not before the prefix. */
static size_t lower_bound(const struct nx_view *view, const struct prefix *p)
{
    size_t lo = 0, hi = view->runs;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strncmp(view->by_id[mid].run->id, p->text, p->n) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static int no_runs(const struct nx_view *view, struct nx_scope scope, struct nx_err *err)
{
    int rc = nx_scope_reason(view, scope, err);
    if (rc < 0) {
        return rc;
    }
    rc = nx_fail(err, NX_ENORUNS, NULL, "no recorded runs exist");
    if ((scope.workspace || scope.store) && view->runs > 0) {
        nx_err_hint(err, "other workspaces have %zu recorded run%s", view->runs,
                    view->runs == 1 ? "" : "s");
    } else {
        nx_err_hint(err,
                    "record one: run cargo nextest with NEXTEST_EXPERIMENTAL_RECORD=1 and, in its user "
                    "configuration, `[record] enabled = true`; the store looked at is %s",
                    view->stores[0].store->dir);
    }
    return rc;
}

static int not_found(const struct nx_view *view, struct nx_scope scope, struct nx_slice selector,
                     const struct nx_row *elsewhere, struct nx_err *err)
{
    int rc = nx_scope_reason(view, scope, err);
    if (rc < 0) {
        return rc;
    }
    rc = nx_fail(err, NX_ENOTFOUND, NULL, "no recorded run found matching `%.*s`", (int)selector.n,
                 selector.p);
    if (elsewhere) {
        char name[NX_WORDS_PLACE];
        nx_err_hint(err, "run %s of workspace %s matches", elsewhere->run->id,
                    nx_words_place(view, elsewhere->ws, name));
    } else if (!nx_scope_hint_unread(view, scope, err)) {
        nx_err_hint(err, "the list of runs shows which there are; the oldest are pruned by nextest");
    }
    return rc;
}

static int cmp_newest(const void *pa, const void *pb)
{
    const struct nx_row *a = pa, *b = pb;
    int c = nx_instant_cmp(b->run->started_at, a->run->started_at);
    return c ? c : strcmp(a->run->id, b->run->id);
}

static bool same_id(const struct nx_row *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (strcmp(rows[i].run->id, rows[0].run->id) != 0) {
            return false;
        }
    }
    return true;
}

/* Names the candidates, newest first. As many as fit whole into the message, at most CANDIDATES. */
static int ambiguous(const struct nx_view *view, struct nx_row *rows, size_t n, bool several,
                     struct nx_slice selector, struct nx_err *err)
{
    enum { ROOM = NX_ERR_WHY - 32 };
    struct nx_strbuf b;
    size_t shown = 0;
    qsort(rows, n, sizeof(*rows), cmp_newest);
    nx_strbuf_init(&b, 0);
    for (; shown < n && shown < CANDIDATES; shown++) {
        size_t before = b.n;
        char start[NX_WORDS_TIME], *counts = nx_words_counts(rows[shown].run);
        nx_strbuf_addf(&b, "\n  %s  %s  %s", rows[shown].run->id,
                       nx_words_time(rows[shown].run->started_at, start), counts ? counts : "");
        free(counts);
        if (several) {
            char name[NX_WORDS_PLACE];
            nx_strbuf_addf(&b, "  %s", nx_words_place(view, rows[shown].ws, name));
        }
        if (b.n + 64 + selector.n > ROOM && !b.failed) {
            b.n = before;
            b.p[b.n] = '\0';
            break;
        }
    }
    if (shown < n) {
        nx_strbuf_addf(&b, "\n  ... and %zu more runs", n - shown);
    }
    int rc = nx_fail(err, NX_EAMBIGUOUS, NULL, "prefix `%.*s` is ambiguous, matches %zu runs:%s",
                     (int)selector.n, selector.p, n, b.failed || !b.p ? "" : b.p);
    if (!several) {
        nx_err_hint(err, "give more digits of the run's id");
    } else {
        nx_err_hint(err, "%schoose a workspace%s",
                    same_id(rows, n) ? "" : "give more digits of the run's id, or ",
                    view->stores_n > 1 ? ", as STORE:NAME" : "");
    }
    nx_strbuf_fini(&b);
    return rc;
}

static int by_prefix(const struct nx_view *view, struct nx_scope scope, struct nx_slice selector,
                     struct nx_pick *ret, struct nx_err *err)
{
    struct prefix p = normalize(selector);
    const struct nx_row *elsewhere = NULL;
    struct nx_row *rows = NULL;
    bool several = false;
    size_t n = 0, first = lower_bound(view, &p), last = first;

    while (!p.none && last < view->runs && strncmp(view->by_id[last].run->id, p.text, p.n) == 0) {
        last++;
    }
    rows = calloc(last > first ? last - first : 1, sizeof(*rows));
    if (!rows) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to look a run up");
    }
    for (size_t i = first; i < last; i++) {
        if (in_scope(view->by_id[i].ws, scope)) {
            several = several || (n > 0 && view->by_id[i].ws != rows[0].ws);
            rows[n++] = view->by_id[i];
        } else {
            elsewhere = &view->by_id[i];
        }
    }
    int rc = 0;
    if (n == 0) {
        rc = not_found(view, scope, selector, elsewhere, err);
    } else if (n > 1) {
        rc = ambiguous(view, rows, n, several, selector, err);
    } else {
        *ret = (struct nx_pick){rows[0].ws, rows[0].run};
    }
    free(rows);
    return rc;
}

/* The newest start, by nextest's rule. */
static struct nx_pick latest_of(const struct nx_view *view, struct nx_scope scope)
{
    struct nx_pick best = {NULL, NULL};
    for (size_t i = 0; i < view->n; i++) {
        const struct nx_run *run = view->v[i]->latest;
        if (run && in_scope(view->v[i], scope)
            && (!best.run || nx_instant_cmp(run->started_at, best.run->started_at) >= 0)) {
            best = (struct nx_pick){view->v[i], run};
        }
    }
    return best;
}

int nx_select(const struct nx_view *view, struct nx_scope scope, struct nx_slice selector,
              struct nx_pick *ret, struct nx_err *err)
{
    const struct nx_workspace *ws = NULL;

    if (!is_run_selector(selector)) {
        char shown[128];
        nx_words_quote(selector, shown, sizeof(shown));
        int bad = nx_fail(err, NX_ESELECTOR, NULL,
                          "invalid run ID selector `%s`: expected `latest`, hex digits, or a "
                          "file path (ending in `.zip` or containing path separators)",
                          shown);
        nx_err_hint(err, "the list of runs shows their ids; the first digits of one suffice");
        return bad;
    }
    int rc = nx_scope_find(view, scope, &ws, err);
    if (rc < 0) {
        return rc;
    }
    struct nx_pick latest =
        ws ? (struct nx_pick){ws, ws->latest}
           : scope.store ? latest_of(view, scope) : (struct nx_pick){view->latest.ws, view->latest.run};
    if (!latest.run) {
        return no_runs(view, scope, err);
    }
    if (nx_slice_is(selector, "latest")) {
        *ret = latest;
        return 0;
    }
    return by_prefix(view, scope, selector, ret, err);
}
