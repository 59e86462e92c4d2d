/*
 * Work off the loop: a function on libuv's pool, then one on the loop.
 *
 * Embedded in what it works on. Started on the loop's thread, where `done` is called too.
 */
#ifndef NXD_JOBS_H
#define NXD_JOBS_H

#include <stdint.h>
#include <uv.h>

struct nxd;

struct job {
    uv_work_t work;
    uint32_t magic;
    struct nxd *d;
    void (*run)(struct job *);  /* on the pool: touches only what the job owns, or what is thread-safe */
    void (*done)(struct job *); /* on the loop; may free the job */
};

/* The pool's size must be known before the first job. `conversions` of them may take long; the others are
 * for short work, so that it never waits for a conversion. */
void jobs_init(unsigned conversions);

void job_start(struct nxd *d, struct job *j, void (*run)(struct job *), void (*done)(struct job *));

#endif
