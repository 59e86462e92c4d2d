#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/answer_put.h"
#include "api/put_exec.h"
#include "api/words.h"

static int cmp_path(const void *pa, const void *pb)
{
    const struct nx_workspace *a = *(const struct nx_workspace *const *)pa;
    const struct nx_workspace *b = *(const struct nx_workspace *const *)pb;
    int c = strcmp(nx_words_workspace(a), nx_words_workspace(b));
    return c ? c : nx_workspace_cmp(a, b);
}

static void put_problem(struct nx_json *w, const struct nx_err *e)
{
    nx_json_key(w, "problem");
    if (e) {
        nx_put_error(w, e);
    } else {
        nx_json_null(w);
    }
}

static void put_workspace(struct nx_json *w, const struct nx_workspace *ws)
{
    nx_json_obj(w);
    nx_put_key_strz(w, "store", ws->store->name);
    nx_put_key_strz(w, "name", ws->name);
    nx_put_key_strz(w, "path", ws->path);
    nx_put_key_u64(w, "runs", ws->n);
    nx_put_key_strz(w, "latest", ws->latest ? ws->latest->id : NULL);
    put_problem(w, ws->err);
    nx_json_end_obj(w);
}

static void put_stores(struct nx_json *w, const struct nx_view *view)
{
    nx_json_key(w, "stores");
    nx_json_arr(w);
    for (size_t i = 0; i < view->stores_n; i++) {
        nx_json_obj(w);
        nx_put_key_strz(w, "name", view->stores[i].store->name);
        put_problem(w, view->stores[i].err);
        nx_json_end_obj(w);
    }
    nx_json_end_arr(w);
}

int nx_answer_workspaces(const struct nx_view *view, struct nx_strbuf *out, struct nx_err *err)
{
    struct nx_json w;
    const struct nx_workspace **sorted = calloc(view->n ? view->n : 1, sizeof(*sorted));
    if (!sorted) {
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for the answer");
    }
    for (size_t i = 0; i < view->n; i++) {
        sorted[i] = view->v[i];
    }
    if (view->n > 1) {
        qsort(sorted, view->n, sizeof(*sorted), cmp_path);
    }
    nx_json_init(&w, out);
    nx_json_obj(&w);
    nx_json_key(&w, "workspaces");
    nx_json_arr(&w);
    for (size_t i = 0; i < view->n; i++) {
        put_workspace(&w, sorted[i]);
    }
    nx_json_end_arr(&w);
    put_stores(&w, view);
    put_problem(&w, view->err);
    nx_json_end_obj(&w);
    free(sorted);
    return nx_put_end(out, err);
}
