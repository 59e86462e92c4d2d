#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/pick_test.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/names.h"
#include "api/words.h"
#include "base/strbuf.h"

enum { CANDIDATES = 8, NEAR = 5, NAME = 200 };

enum fit { NO_FIT, NEAR_FIT, END_FIT, WHOLE_FIT };

struct picking {
    struct nx_slice words;
    enum fit best;
    size_t n;                    /* tests of the best fit */
    struct nx_test_pick first;   /* of them */
    struct nx_strbuf list;       /* the first few, a line each */
    int64_t last;                /* test looked at last: sub-runs and attempts repeat it */
};

void nx_test_pick_fini(struct nx_test_pick *p)
{
    free(p->binary);
    free(p->name);
    *p = (struct nx_test_pick){NULL, NULL};
}

static bool joined(struct nx_slice words, struct nx_slice binary, const char *between, struct nx_slice name)
{
    size_t n = strlen(between);
    return words.n == binary.n + n + name.n && memcmp(words.p, binary.p, binary.n) == 0
           && memcmp(words.p + binary.n, between, n) == 0
           && memcmp(words.p + binary.n + n, name.p, name.n) == 0;
}

static bool contains(struct nx_slice s, struct nx_slice part)
{
    for (size_t i = 0; i + part.n <= s.n; i++) {
        if (strncasecmp(s.p + i, part.p, part.n) == 0) {
            return true;
        }
    }
    return false;
}

static enum fit fit_of(struct nx_slice words, struct nx_slice binary, struct nx_slice name)
{
    if (nx_slice_eq(words, name) || joined(words, binary, " ", name) || joined(words, binary, "$", name)
        || joined(words, binary, "::", name)) {
        return WHOLE_FIT;
    }
    if (name.n > words.n + 2 && memcmp(name.p + name.n - words.n, words.p, words.n) == 0
        && memcmp(name.p + name.n - words.n - 2, "::", 2) == 0) {
        return END_FIT;
    }
    return contains(name, words) ? NEAR_FIT : NO_FIT;
}

static char *copy(struct nx_slice s)
{
    char *p = malloc(s.n + 1);
    if (p) {
        memcpy(p, s.p, s.n);
        p[s.n] = '\0';
    }
    return p;
}

static void add_line(struct nx_strbuf *b, struct nx_slice binary, struct nx_slice name)
{
    char shown[NAME];
    nx_strbuf_addf(b, "\n  %s", nx_words_quote(binary, shown, sizeof(shown)));
    nx_strbuf_addf(b, " %s", nx_words_quote(name, shown, sizeof(shown)));
}

static int look(struct picking *p, int64_t id, struct nx_slice binary, struct nx_slice name)
{
    enum fit fit = id == p->last ? NO_FIT : fit_of(p->words, binary, name);
    p->last = id;
    if (fit == NO_FIT || fit < p->best) {
        return 0;
    }
    if (fit > p->best) {
        p->best = fit;
        p->n = 0;
        nx_strbuf_clear(&p->list);
        nx_test_pick_fini(&p->first);
    }
    if (p->n++ == 0) {
        p->first = (struct nx_test_pick){copy(binary), copy(name)};
        if (!p->first.binary || !p->first.name) {
            return -NX_ENOMEM;
        }
    }
    if (p->n <= (fit == NEAR_FIT ? (size_t)NEAR : (size_t)CANDIDATES)) {
        add_line(&p->list, binary, name);
    }
    return 0;
}

static int look_at_exec(void *arg, const struct nx_exec_out *o)
{
    return look(arg, o->row.test, o->binary, o->name);
}

static int look_at_test(void *arg, const struct nx_test_row *row)
{
    return look(arg, row->id, row->binary, row->name);
}

static int refuse(const struct picking *p, const struct nx_found *run, struct nx_err *err)
{
    char shown[NAME];
    const char *list = p->list.failed || !p->list.p ? "" : p->list.p;
    size_t room = NX_ERR_WHY - 128, n = strlen(list);
    nx_words_quote(p->words, shown, sizeof(shown));
    if (p->best > NEAR_FIT) {
        if (n > room) { /* whole lines only */
            for (n = room; n > 0 && list[n] != '\n'; n--) {
            }
        }
        int rc = nx_fail(err, NX_EAMBIGUOUS, NULL, "`%.60s` is ambiguous, matches %zu tests:%.*s%s", shown,
                         p->n, (int)n, list, p->n > CANDIDATES ? "\n  ..." : "");
        nx_err_hint(err, "give the binary's name before the test's");
        return rc;
    }
    int rc = run ? nx_fail(err, NX_ENOTFOUND, NULL, "no test `%s` in run %s", shown, run->uuid)
                 : nx_fail(err, NX_ENOTFOUND, NULL, "no test `%s` has been seen", shown);
    if (p->n > 0) {
        nx_err_hint(err, "with that in their names there are:%s%s", list, p->n > NEAR ? "\n  ..." : "");
    } else if (run) {
        nx_err_hint(err, "`nxctl tests %.8s` shows which there are", run->uuid);
    } else {
        nx_err_hint(err, "`nxctl tests --search TEXT` searches for names");
    }
    return rc;
}

/* All was looked at. Takes p. */
static int settle(struct picking *p, int rc, const struct nx_found *run, struct nx_test_pick *ret, struct nx_err *err)
{
    if (rc == -NX_ENOMEM) {
        rc = nx_fail(err, NX_ENOMEM, NULL, "no memory for a name");
    } else if (rc == 0 && (p->best < END_FIT || p->n > 1)) {
        rc = refuse(p, run, err);
    }
    if (rc == 0) {
        *ret = p->first;
    } else {
        nx_test_pick_fini(&p->first);
    }
    nx_strbuf_fini(&p->list);
    return rc;
}

int nx_test_pick(const struct nx_world *w, const struct nx_found *run, const char *words,
                 struct nx_test_pick *ret, struct nx_err *err)
{
    struct picking p = {.words = nx_slice_of(words)};
    const struct nx_exec_filter all = {.order = NX_BY_NAME};
    nx_strbuf_init(&p.list, 0);
    int rc = run ? nx_index_execs(w->ix, run->id, &all, look_at_exec, &p, err)
                 : nx_index_tests(w->ix, NULL, NULL, 0, look_at_test, &p, err);
    return settle(&p, rc, run, ret, err);
}

/* --- among the tests of some runs --- */

struct among {
    struct nx_index *ix;
    int64_t *seen; /* ids, open addressing */
    size_t mask, n;
};

static size_t place_of(const int64_t *v, size_t mask, int64_t id)
{
    size_t at = ((uint64_t)id * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (v[at] && v[at] != id) {
        at = (at + 1) & mask;
    }
    return at;
}

static bool grow(struct among *a)
{
    size_t mask = a->seen ? a->mask * 2 + 1 : 255;
    int64_t *more = calloc(mask + 1, sizeof(*more));
    if (!more) {
        return false;
    }
    for (size_t i = 0; a->seen && i <= a->mask; i++) {
        if (a->seen[i]) {
            more[place_of(more, mask, a->seen[i])] = a->seen[i];
        }
    }
    free(a->seen);
    a->seen = more;
    a->mask = mask;
    return true;
}

static int note_test(void *arg, const struct nx_exec_row *row)
{
    struct among *a = arg;
    if ((!a->seen || a->n * 2 > a->mask) && !grow(a)) {
        return -NX_ENOMEM;
    }
    size_t at = place_of(a->seen, a->mask, row->test);
    a->n += a->seen[at] == 0;
    a->seen[at] = row->test;
    return 0;
}

static int note_id(void *arg, const struct nx_run_row *row)
{
    *(int64_t *)arg = row->id;
    return 1;
}

static int note_run(struct among *a, const struct nx_world *w, const struct nx_row *row, struct nx_err *err)
{
    struct nx_run_filter f = {.uuid = row->run->id, .limit = 1};
    int64_t run = 0;
    int rc = nx_world_workspace(w, nx_scope_of(row->ws), &f.workspace, err);
    if (rc == 0) {
        rc = nx_index_runs(w->ix, &f, note_id, &run, err);
    }
    return rc < 0 || !run ? rc : nx_index_scan(w->ix, run, note_test, a, err);
}

static int by_name(const void *a, const void *b)
{
    return nx_names_cmp(a, b);
}

/* The names of all that were noted, in their order. */
static int look_at_names(struct among *a, struct picking *p, struct nx_err *err)
{
    struct nx_arena arena;
    struct nx_test_row *v = calloc(a->n + 1, sizeof(*v));
    size_t n = 0;
    int rc = v ? 0 : -NX_ENOMEM;
    nx_arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; a->seen && i <= a->mask && rc == 0; i++) {
        if (a->seen[i]) {
            rc = nx_names_get(a->ix, a->seen[i], &arena, &v[n++], err);
        }
    }
    if (n > 1 && rc == 0) {
        qsort(v, n, sizeof(*v), by_name);
    }
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = look(p, v[i].id, v[i].binary, v[i].name);
    }
    nx_arena_fini(&arena);
    free(v);
    return rc;
}

int nx_test_pick_newest(const struct nx_world *w, struct nx_scope scope, size_t n, const char *words,
                        struct nx_test_pick *ret, struct nx_err *err)
{
    struct picking p = {.words = nx_slice_of(words)};
    struct among a = {.ix = w->ix};
    int rc = 0;
    nx_strbuf_init(&p.list, 0);
    for (size_t i = 0; i < n && rc == 0; i++) {
        const struct nx_row *row = &w->view->by_start[i];
        if (nx_scope_has(scope, row->ws->store->name, row->ws->name)) {
            rc = note_run(&a, w, row, err);
        }
    }
    rc = rc < 0 ? rc : look_at_names(&a, &p, err);
    free(a.seen);
    return settle(&p, rc, NULL, ret, err);
}
