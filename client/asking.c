#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/asking.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- the daemon's index --- */

struct adopting {
    const struct nx_stores *stores;
    size_t nth;
    size_t n;          /* stores in the index */
    char *by_dir, *only; /* owned */
};

static bool same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return strcmp(a, b) == 0
           || (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

static int note_store(void *arg, const struct nx_store_row *row)
{
    struct adopting *s = arg;
    char **to = same_folder(row->dir, s->stores->v[s->nth].dir) ? &s->by_dir : s->n == 0 ? &s->only : NULL;
    s->n++;
    if (to && !*to && !(*to = strdup(row->name))) {
        return -NX_ENOMEM;
    }
    return 0;
}

/* The daemon may call a store otherwise than we, who were told no name: by its folder, or because it has no
 * other, it is known again. */
static int adopt_name(struct asking *a, size_t nth, struct nx_err *err)
{
    struct nx_stores *stores = &a->place.stores;
    struct adopting s = {.stores = stores, .nth = nth};
    int rc = nx_index_stores(a->ix, note_store, &s, err);
    const char *name = s.by_dir ? s.by_dir : s.n == 1 && stores->n == 1 ? s.only : NULL;
    for (size_t i = 0; name && i < stores->n; i++) {
        name = i != nth && strcmp(stores->v[i].name, name) == 0 ? NULL : name;
    }
    if (rc == 0 && name) {
        rc = nx_stores_rename(stores, nth, name, err);
    }
    free(s.by_dir);
    free(s.only);
    return rc == -NX_ENOMEM ? nx_fail(err, NX_ENOMEM, NULL, "no memory for a name") : rc;
}

static int open_theirs(struct asking *a, struct nx_err *err)
{
    int rc = nx_index_open(a->o->index, NX_INDEX_READ, &a->ix, NULL, err);
    if (rc == -NX_ENOTFOUND) {
        nx_err_hint(err, "nxtraced keeps it; without --index, nxctl reads the recordings itself");
    }
    return rc;
}

/* Before anything is looked up. That the index cannot be opened matters only to questions that need it. */
static int adopt_names(struct asking *a, struct nx_err *err)
{
    struct nx_err later;
    int rc = 0;
    if (a->own || open_theirs(a, &later) < 0) {
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < a->place.stores.n; i++) {
        rc = a->place.stores.named[i] ? 0 : adopt_name(a, i, err);
    }
    return rc;
}

/* --- filling --- */

int asking_step(void *arg, const struct nx_run *run)
{
    struct asking *a = arg;
    (void)run;
    progress_count(&a->progress, "reading recordings");
    return 0;
}

/* Where a selector of a run was the trouble, with what to do about it. */
static int explain(const struct asking *a, int rc, struct nx_err *err)
{
    for (size_t i = 0; i < a->n; i++) {
        struct nx_pick pick;
        struct nx_err why;
        const char *name = a->v[i].name, *value = a->v[i].value;
        if ((strcmp(name, "run") == 0 || strcmp(name, "base") == 0 || strcmp(name, "head") == 0)
            && !nx_loose_find(&a->world, nx_slice_of(value))
            && nx_select(a->place.view, a->place.scope, nx_slice_of(value), &pick, &why) == rc) {
            return place_explain(&a->place, a->o, value, rc, err);
        }
    }
    return rc;
}

int asking_fill(struct asking *a, enum nx_question q, struct nx_err *err)
{
    struct nx_args args = {a->v, a->n, true};
    int rc = asking_index(a, err);
    if (rc < 0 || !a->own) {
        return rc;
    }
    rc = nx_ask_fill(&a->world, q, &args, asking_step, a, err);
    progress_clear(&a->progress);
    return rc < 0 ? explain(a, rc, err) : rc;
}

/* --- asking --- */

int asking_open(struct asking *a, const struct opts *o, const struct ui *ui, struct nx_err *err)
{
    *a = (struct asking){.o = o, .ui = ui};
    nx_strbuf_init(&a->out, 0);
    progress_init(&a->progress, ui, 0);
    a->own = !o->index;
    int rc = place_stores(&a->place, o, err);
    rc = rc < 0 ? rc : adopt_names(a, err);
    rc = rc < 0 ? rc : place_look(&a->place, o, ui, err);
    const struct nx_err *why = rc == 0 ? place_unread(&a->place) : NULL;
    if (why && why->code != NX_ENOSTORE) {
        *err = *why;
        rc = -(int)err->code;
    }
    a->world = (struct nx_world){.view = a->place.view, .ix = a->ix};
    return rc;
}

int asking_index(struct asking *a, struct nx_err *err)
{
    if (a->ix) {
        return 0;
    }
    int rc = a->own ? nx_index_open(NULL, NX_INDEX_WRITE, &a->ix, NULL, err) : open_theirs(a, err);
    a->world.ix = a->ix;
    return rc;
}

void asking_close(struct asking *a)
{
    for (size_t i = 0; i < a->loose_n; i++) {
        nx_loose_close(&a->loose[i]);
    }
    nx_index_close(a->ix);
    nx_strbuf_fini(&a->out);
    place_close(&a->place);
}

void asking_scope(struct asking *a)
{
    asking_add(a, "workspace", a->place.asked);
}

int asking_run(struct asking *a, const char *name, const char *selector, struct nx_err *err)
{
    asking_add(a, name, selector);
    if (!place_is_file(selector) || nx_loose_find(&a->world, nx_slice_of(selector))) {
        return 0;
    }
    if (!a->own) {
        int rc = nx_fail(err, NX_EUSAGE, selector, "a portable recording is in no index");
        nx_err_hint(err, "ask again without --index");
        return rc;
    }
    int rc = asking_index(a, err);
    if (rc == 0) {
        rc = nx_loose_open(&a->loose[a->loose_n], a->ix, selector, a->loose_n, err);
    }
    if (rc == 0) {
        a->world.loose = a->loose;
        a->world.loose_n = ++a->loose_n;
    }
    return rc;
}

int asking_pick(struct asking *a, const char *selector, const char *words, struct nx_test_pick *ret,
                struct nx_err *err)
{
    struct nx_found run;
    int rc = asking_fill(a, NX_Q_TESTS, err);
    if (rc == 0) {
        rc = nx_world_run(&a->world, a->place.scope, nx_slice_of(selector), &run, err);
    }
    if (rc == 0) {
        rc = nx_test_pick(&a->world, &run, words, ret, err);
        nx_found_fini(&run);
    }
    return rc;
}

void asking_add(struct asking *a, const char *name, const char *value)
{
    if (value && a->n < ASKING_ARGS) {
        a->v[a->n++] = (struct nx_arg){name, value};
    }
}

int asking_answer(struct asking *a, enum nx_question q, struct nx_err *err)
{
    struct nx_args args = {a->v, a->n, true};
    int rc = nx_ask_check(q, &args, err);
    if (rc == 0 && nx_ask_needs_index(q, &args)) {
        rc = asking_fill(a, q, err);
    }
    if (rc == 0) {
        rc = nx_ask(&a->world, q, &args, &a->out, &a->said, err);
        rc = rc < 0 ? explain(a, rc, err) : rc;
    }
    if (rc == -NX_EBUSY && !a->own) {
        nx_err_hint(err, "nxtraced reads it as soon as it sees it; without --index, nxctl reads it itself");
    }
    return rc;
}

int asking_end(struct asking *a, int rc, int (*print)(struct asking *a), struct nx_err *err)
{
    int status = rc < 0 ? ui_error(a->ui, err) : a->o->json ? ui_print(a->ui, &a->out) : print(a);
    if (status == 0) {
        status = place_report(&a->place, a->ui);
    }
    asking_close(a);
    return status;
}
