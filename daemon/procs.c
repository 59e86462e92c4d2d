#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/procs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t keep_ns = 200000000;
static const size_t texts_max = 16u << 20;

static int say_off(struct nx_err *err)
{
    int r = nx_fail(err, NX_EIO, NULL, "this daemon was told to look at no processes");
    nx_err_hint(err, "start nxtraced without --no-procs");
    return r;
}

static const char *copy(struct procs_seen *s, const char *text)
{
    size_t n = text ? strlen(text) + 1 : 0;
    char *p = text ? nx_arena_alloc(&s->texts, n) : NULL;
    return p ? memcpy(p, text, n) : NULL;
}

static int on_test(void *arg, const struct nx_proc_test *t)
{
    struct procs_seen *s = arg;
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 32;
        struct nx_proc_test *v = realloc(s->v, cap * sizeof *v);
        if (!v) {
            return -NX_ENOMEM;
        }
        s->v = v;
        s->cap = cap;
    }
    struct nx_proc_test *to = &s->v[s->n++];
    *to = *t;
    to->run_id = copy(s, t->run_id);
    to->attempt_id = copy(s, t->attempt_id);
    to->binary = copy(s, t->binary ? t->binary : "");
    to->test = copy(s, t->test ? t->test : "");
    to->group = copy(s, t->group);
    to->workspace = copy(s, t->workspace);
    return s->texts.failed ? -NX_ENOMEM : 0;
}

static int by_name(const void *a, const void *b)
{
    const struct nx_proc_test *x = a, *y = b;
    int c = strcmp(x->run_id, y->run_id);
    c = c ? c : strcmp(x->binary, y->binary);
    c = c ? c : strcmp(x->test, y->test);
    c = c ? c : (x->stress_index > y->stress_index) - (x->stress_index < y->stress_index);
    return c ? c : (x->attempt > y->attempt) - (x->attempt < y->attempt);
}

static struct procs_seen *look(const struct procs *p)
{
    struct procs_seen *s = calloc(1, sizeof *s);
    if (!s) {
        return NULL;
    }
    nx_err_clear(&s->err);
    nx_arena_init(&s->texts, texts_max);
    s->r = p->off ? say_off(&s->err) : nx_procs_tests(on_test, s, &s->err);
    if (s->r == -NX_ENOMEM) {
        s->r = nx_fail(&s->err, NX_ENOMEM, NULL, "no memory for the tests that run");
        s->n = 0;
    }
    if (s->n > 1) {
        qsort(s->v, s->n, sizeof *s->v, by_name);
    }
    return s;
}

static void unref(struct procs_seen *s)
{
    if (s && --s->refs == 0) {
        nx_arena_fini(&s->texts);
        free(s->v);
        free(s);
    }
}

void procs_init(struct procs *p, bool off)
{
    p->off = off;
    if (uv_mutex_init(&p->lock) != 0) {
        abort(); /* it fails only without memory, before anything was done */
    }
}

struct procs_seen *procs_look(struct procs *p)
{
    uv_mutex_lock(&p->lock); /* others wait for the same look */
    uint64_t now = uv_hrtime();
    if (!p->last || now - p->at > keep_ns) {
        unref(p->last);
        p->last = look(p);
        p->at = now;
        if (p->last) {
            p->last->refs = 1;
        }
    }
    struct procs_seen *s = p->last;
    if (s) {
        s->refs++;
    }
    uv_mutex_unlock(&p->lock);
    return s;
}

void procs_release(struct procs *p, struct procs_seen *seen)
{
    uv_mutex_lock(&p->lock);
    unref(seen);
    uv_mutex_unlock(&p->lock);
}

void procs_fini(struct procs *p)
{
    unref(p->last);
    p->last = NULL;
    uv_mutex_destroy(&p->lock);
}

bool procs_has_run(const struct procs_seen *seen, const char *run)
{
    for (size_t i = 0; seen && i < seen->n; i++) {
        if (strcmp(seen->v[i].run_id, run) == 0) {
            return true;
        }
    }
    return false;
}

int procs_holds(const struct procs *p, const char *log, struct nx_err *err)
{
    struct stat st;
    pid_t pid = 0;
    if (p->off) {
        (void)say_off(err);
        return -1;
    }
    if (stat(log, &st) == 0 && st.st_uid != geteuid()) {
        (void)nx_fail(err, NX_EIO, log, "the run is another user's, whose processes cannot be looked at");
        return -1;
    }
    int r = nx_procs_holding(log, &pid, err);
    return r == -NX_ENOTFOUND ? 0 : r < 0 ? -1 : r;
}
