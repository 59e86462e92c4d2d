#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/asking.h"

#include <stdlib.h>
#include <string.h>

#include "state/home.h"

/* --- the daemon's index --- */

/* Over the file; NX_ENOTFOUND where it is not of these stores. */
static int open_over(struct asking *a, struct nx_err *err)
{
    const struct nx_stores *stores = &a->place.stores;
    struct nx_store_row *rows = calloc(stores->n + 1, sizeof(*rows));
    bool others = false;
    if (!rows) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory to compare stores");
    }
    for (size_t i = 0; i < stores->n; i++) {
        rows[i] = (struct nx_store_row){stores->v[i].name, stores->v[i].dir};
    }
    int rc = nx_index_open_over(a->file, rows, stores->n, &a->ix, &others, err);
    free(rows);
    if (rc == 0 && others && a->all_names) {
        nx_index_close(a->ix);
        a->ix = NULL;
        rc = nx_fail(err, NX_ENOTFOUND, a->file, "this index has tests of other stores, too");
    }
    return rc;
}

/* Where the daemon keeps its index when it is not told. Owned; NULL: the environment does not say. */
static char *usual_file(void)
{
    struct nx_err ignored;
    struct nx_strbuf b;
    char *dir = NULL;
    if (nx_home_dir(&dir, &ignored) < 0) {
        return NULL;
    }
    nx_strbuf_init(&b, 0);
    nx_strbuf_addf(&b, "%s/" NX_HOME_INDEX, dir);
    free(dir);
    dir = nx_strbuf_take(&b, NULL);
    nx_strbuf_fini(&b);
    return dir;
}

/* The file that was named, which has to do, or the usual one, which may. 1 where there is none to use. */
static int open_file(struct asking *a, struct nx_err *err)
{
    const char *named = a->o->index;
    if (a->without_file) {
        return 1;
    }
    a->file = named ? strdup(named) : usual_file();
    int rc = a->file ? open_over(a, err)
                     : nx_fail(err, NX_ENOTFOUND, NULL, "nothing says where the daemon keeps its index");
    if (rc == 0) {
        ui_tell(a->ui, "index %s", a->file);
    } else if (named) {
        nx_err_hint(err, "without --index, nxctl reads the recordings itself");
    } else if (a->o->pruned) {
        nx_err_hint(err, "only an index remembers what nextest has pruned; nxtraced keeps one, --index names it");
    } else {
        ui_tell(a->ui, "no index, so recordings are read: %s", err->why);
        free(a->file);
        a->file = NULL;
        rc = 1;
    }
    return rc;
}

int asking_index(struct asking *a, struct nx_err *err)
{
    int rc = a->ix ? 0 : open_file(a, err);
    if (rc == 1) {
        rc = nx_index_open(NULL, NX_INDEX_WRITE, &a->ix, NULL, err);
    }
    a->world.ix = a->ix;
    return rc;
}

static void close_index(struct asking *a)
{
    nx_index_close(a->ix);
    free(a->file);
    a->world.ix = a->ix = NULL;
    a->file = NULL;
}

bool asking_without_file(struct asking *a, int rc, const struct nx_err *err)
{
    if (rc >= 0 || !a->file || a->o->index || a->o->pruned || strcmp(err->object, a->file) != 0) {
        return false;
    }
    ui_tell(a->ui, "the index is of no use, so recordings are read: %s", err->why);
    close_index(a);
    a->without_file = true;
    nx_strbuf_clear(&a->out);
    return true;
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
    if (rc < 0) {
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
    a->without_file = o->no_index;
    int rc = place_open(&a->place, o, ui, err);
    const struct nx_err *why = rc == 0 ? place_unread(&a->place) : NULL;
    if (why && why->code != NX_ENOSTORE) {
        *err = *why;
        rc = -(int)err->code;
    }
    a->world = (struct nx_world){.view = a->place.view};
    return rc;
}

void asking_close(struct asking *a)
{
    for (size_t i = 0; i < a->loose_n; i++) {
        nx_loose_close(&a->loose[i]);
    }
    close_index(a);
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
    if (a->o->index) {
        int rc = nx_fail(err, NX_EUSAGE, selector, "a portable recording is in no index");
        nx_err_hint(err, "ask again without --index");
        return rc;
    }
    a->without_file = true; /* it is read once, perhaps from standard input: there must be no second try */
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

static int pick(struct asking *a, const char *selector, const char *words, struct nx_test_pick *ret,
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

int asking_pick(struct asking *a, const char *selector, const char *words, struct nx_test_pick *ret,
                struct nx_err *err)
{
    int rc = pick(a, selector, words, ret, err);
    return asking_without_file(a, rc, err) ? pick(a, selector, words, ret, err) : rc;
}

void asking_add(struct asking *a, const char *name, const char *value)
{
    if (value && a->n < ASKING_ARGS) {
        a->v[a->n++] = (struct nx_arg){name, value};
    }
}

static int answer(struct asking *a, enum nx_question q, const struct nx_args *args, struct nx_err *err)
{
    int rc = nx_ask_needs_index(q, args) ? asking_fill(a, q, err) : 0;
    if (rc < 0) {
        return rc;
    }
    rc = nx_ask(&a->world, q, args, &a->out, &a->said, err);
    if (!a->ix && nx_ask_index_may_know(q, args, rc)) {
        int opened = asking_index(a, err);
        if (opened < 0) {
            return opened;
        }
        rc = nx_ask(&a->world, q, args, &a->out, &a->said, err);
    }
    return rc < 0 ? explain(a, rc, err) : rc;
}

int asking_answer(struct asking *a, enum nx_question q, struct nx_err *err)
{
    const struct nx_args args = {a->v, a->n, true};
    a->all_names = q == NX_Q_SEARCH;
    int rc = nx_ask_check(q, &args, err);
    if (rc == 0) {
        rc = answer(a, q, &args, err);
    }
    return asking_without_file(a, rc, err) ? answer(a, q, &args, err) : rc;
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
