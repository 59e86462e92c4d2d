#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/jobs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/daemon.h"

#define MAGIC 0x6e784a42u /* nxJB */

/* One for a scan of the store, which may wait for nextest's lock, and two for looking things up. */
enum { SHORT_WORKERS = 3 };

void jobs_init(unsigned conversions)
{
    char n[16];
    snprintf(n, sizeof n, "%u", conversions + SHORT_WORKERS);
    setenv("UV_THREADPOOL_SIZE", n, 1); /* the only way that libuv 1.44 has */
}

static struct job *job_of(uv_work_t *w)
{
    struct job *j = w->data;
    assert(j && j->magic == MAGIC);
    return j;
}

static void on_pool(uv_work_t *w)
{
    struct job *j = job_of(w);
    j->run(j);
}

static void on_loop(uv_work_t *w, int status)
{
    struct job *j = job_of(w);
    struct nxd *d = j->d;
    assert(status == 0); /* nothing is cancelled */
    (void)status;
    j->magic = 0;
    j->done(j);
    d->jobs--;
    nxd_check_drained(d);
}

void job_start(struct nxd *d, struct job *j, void (*run)(struct job *), void (*done)(struct job *))
{
    j->magic = MAGIC;
    j->work.data = j;
    j->d = d;
    j->run = run;
    j->done = done;
    d->jobs++;
    int r = uv_queue_work(&d->loop, &j->work, on_pool, on_loop);
    assert(r == 0); /* it fails only without a function */
    (void)r;
}
