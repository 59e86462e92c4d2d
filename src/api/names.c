#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "api/names.h"

#include <string.h>

int nx_names_get(struct nx_index *ix, int64_t test, struct nx_arena *arena, struct nx_test_row *ret, struct nx_err *err)
{
    struct nx_test_row row;
    int rc = nx_index_test_name(ix, test, &row, err);
    if (rc < 0)
        return rc;
    char *p = nx_arena_alloc(arena, row.binary.n + row.name.n);
    if (!p)
        return nx_fail(err, NX_ENOMEM, NULL, "no memory for names");
    memcpy(p, row.binary.p, row.binary.n);
    memcpy(p + row.binary.n, row.name.p, row.name.n);
    *ret = (struct nx_test_row){test, {p, row.binary.n}, {p + row.binary.n, row.name.n}};
    return 0;
}

static int cmp_slices(struct nx_slice a, struct nx_slice b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

int nx_names_cmp(const struct nx_test_row *a, const struct nx_test_row *b)
{
    int c = cmp_slices(a->binary, b->binary);
    return c ? c : cmp_slices(a->name, b->name);
}
