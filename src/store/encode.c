/* The names of workspace folders. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "store/layout.h"

enum { MOST = 96, HASH = 8 };

/* plain[i] is written as `_` and coded[i]. */
static const char plain[] = "_/\\:*\"<>|?", coded[] = "_sbcaqlgpm";

char *nx_workspace_encode(const char *path)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    for (const char *p = path; *p; p++) {
        const char *found = strchr(plain, *p);
        if (found)
            nx_strbuf_addc(&b, '_');
        nx_strbuf_addc(&b, found ? coded[found - plain] : *p);
    }
    size_t n = 0;
    char *name = nx_strbuf_take(&b, &n);
    if (!name || n <= MOST)
        return name;
    uint32_t hash = (uint32_t)XXH3_64bits(name, n);
    nx_strbuf_add(&b, name, nx_utf8_whole(name, MOST - HASH));
    nx_strbuf_addf(&b, "%08" PRIx32, hash);
    free(name);
    return nx_strbuf_take(&b, NULL);
}

char *nx_workspace_decode(const char *name)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    for (const char *p = name; *p; p++) {
        const char *found = *p == '_' && p[1] ? strchr(coded, p[1]) : NULL;
        if (*p == '_' && !found) {
            nx_strbuf_fini(&b);
            return NULL;
        }
        nx_strbuf_addc(&b, found ? plain[found - coded] : *p);
        p += found != NULL;
    }
    return nx_strbuf_take(&b, NULL);
}

/* A cut name is 96 bytes long, or up to three less where a character would have been cut. */
bool nx_workspace_name_is_cut(const char *name)
{
    size_t n = strlen(name);
    if (n > MOST || n < MOST - 3)
        return false;
    for (size_t i = n - HASH; i < n; i++)
        if (!((name[i] >= '0' && name[i] <= '9') || (name[i] >= 'a' && name[i] <= 'f')))
            return false;
    return true;
}
