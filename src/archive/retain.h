/*
 * Which of the runs that nextest no longer has go, by age, number and size.
 *
 * As nextest's own policy (nextest-runner/src/record/retention.rs) a run's age is counted from when it was
 * last written. Oldest first, always: where one goes by number or size, all that are older go. Only kept
 * recordings have a size; what goes by size is the recording, and what the index knows of the run stays until
 * age or number take it. Pure; any thread.
 */
#ifndef NX_ARCHIVE_RETAIN_H
#define NX_ARCHIVE_RETAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nx_retain { /* each bound counts only where its `has` is set */
    bool has_age, has_runs, has_bytes;
    uint64_t age_s, runs, bytes; /* of one workspace */
};

enum nx_goes { NX_STAYS, NX_GOES_BY_AGE, NX_GOES_BY_NUMBER, NX_GOES_BY_SIZE };

struct nx_held {          /* a run that nextest no longer has */
    const char *id;       /* borrowed */
    int64_t last_written; /* ns since 1970 */
    int64_t row;          /* the index's id of it, 0: it has none */
    bool kept;            /* there is a recording, of so many bytes */
    uint64_t bytes;
    enum nx_goes goes;
};

/* Sorts newest first (equal ones by id, greater first), and says of each what becomes of it. `now`: ns since
 * 1970. */
void nx_retain_choose(const struct nx_retain *r, struct nx_held *v, size_t n, int64_t now);

/* Would this one, if nextest pruned it now, go at once? `v` was sorted by nx_retain_choose(). */
enum nx_goes nx_retain_at_once(const struct nx_retain *r, const struct nx_held *v, size_t n,
                               const struct nx_held *run, int64_t now);

/* May anything ever go? */
static inline bool nx_retain_any(const struct nx_retain *r)
{
    return r->has_age || r->has_runs || r->has_bytes;
}

#endif
