#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/limits.h"

#include <assert.h>
#include <inttypes.h>

static const struct {
    uint64_t value;
    const char *text;
} rows[] = {
#define NX_LIMIT(name, value, text) {value, text},
#include "base/limits.def"
#undef NX_LIMIT
};

uint64_t nx_limit_value(enum nx_limit which)
{
    assert((unsigned)which < NX_LIM_COUNT);
    return rows[which].value;
}

const char *nx_limit_text(enum nx_limit which)
{
    assert((unsigned)which < NX_LIM_COUNT);
    return rows[which].text;
}

int nx_limit_fail(struct nx_err *err, enum nx_limit which, const char *object)
{
    return nx_fail(err, NX_ELIMIT, object, "over the limit on %s, %" PRIu64, nx_limit_text(which),
                   nx_limit_value(which));
}
