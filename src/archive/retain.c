#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "archive/retain.h"

#include <stdlib.h>
#include <string.h>

static int newest_first(const void *pa, const void *pb)
{
    const struct nx_held *a = pa, *b = pb;
    if (a->last_written != b->last_written)
        return a->last_written < b->last_written ? 1 : -1;
    return strcmp(b->id, a->id);
}

/* `newer`: how many runs are newer, `bytes`: of the recordings up to this one. A clock that went back makes a
 * run no older than new. */
static enum nx_goes judge(const struct nx_retain *r, const struct nx_held *h, size_t newer, uint64_t bytes,
                          int64_t now)
{
    int64_t age = now > h->last_written ? now - h->last_written : 0;
    if (r->has_age && (uint64_t)age / 1000000000u >= r->age_s)
        return NX_GOES_BY_AGE;
    if (r->has_runs && newer >= r->runs)
        return NX_GOES_BY_NUMBER;
    if (r->has_bytes && h->kept && bytes > r->bytes)
        return NX_GOES_BY_SIZE;
    return NX_STAYS;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void nx_retain_choose(const struct nx_retain *r, struct nx_held *v, size_t n, int64_t now)
{
    uint64_t bytes = 0;
    if (n > 1)
        qsort(v, n, sizeof *v, newest_first);
    for (size_t i = 0; i < n; i++) {
        bytes = plus(bytes, v[i].kept ? v[i].bytes : 0);
        v[i].goes = judge(r, &v[i], i, bytes, now);
    }
}

enum nx_goes nx_retain_at_once(const struct nx_retain *r, const struct nx_held *v, size_t n,
                               const struct nx_held *run, int64_t now)
{
    uint64_t bytes = run->bytes;
    size_t newer = 0;
    for (; newer < n && newest_first(&v[newer], run) < 0; newer++)
        bytes = plus(bytes, v[newer].kept ? v[newer].bytes : 0);
    return judge(r, run, newer, bytes, now);
}
