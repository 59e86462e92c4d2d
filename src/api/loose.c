#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/loose.h"

#include <stdio.h>

#include "catalog/portable.h"

int nx_loose_open(struct nx_loose *l, struct nx_index *ix, const char *path, size_t nth, struct nx_err *err)
{
    char name[32];
    *l = (struct nx_loose){.path = path};
    int rc = nx_recording_open_portable(path, false, &l->rec, err);
    if (rc == 0) {
        snprintf(name, sizeof(name), "%zu", nth);
        rc = nx_portable_absorb(ix, "//portable", name, l->rec, &l->workspace, err);
    }
    if (rc < 0) {
        nx_loose_close(l);
    }
    return rc;
}

void nx_loose_close(struct nx_loose *l)
{
    nx_recording_close(l->rec);
    l->rec = NULL;
}

const struct nx_loose *nx_loose_find(const struct nx_world *w, struct nx_slice selector)
{
    for (size_t i = 0; i < w->loose_n; i++) {
        if (nx_slice_is(selector, w->loose[i].path)) {
            return &w->loose[i];
        }
    }
    return NULL;
}

const struct nx_loose *nx_loose_of(const struct nx_world *w, const struct nx_found *run)
{
    for (size_t i = 0; i < w->loose_n; i++) {
        if (w->loose[i].workspace == run->workspace) {
            return &w->loose[i];
        }
    }
    return NULL;
}
