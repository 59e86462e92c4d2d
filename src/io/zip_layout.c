#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/zip_layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "io/zip_cursor.h"

enum { LOCAL = 0x04034b50, CENTRAL = 0x02014b50, DESCRIPTOR = 0x08074b50 };
enum { LOCAL_N = 30, CENTRAL_N = 46 };
enum { F_STREAMED = 1 << 3 };

/* --- entries --- */

/* What both headers of an entry say. */
struct header {
    uint16_t flags, method;
    uint32_t crc;
    uint64_t packed, size, offset; /* offset: of the local header; only the central one has it */
    bool zip64;
};

/* The sizes that did not fit in 32 bits. */
static bool read_extra(const unsigned char *p, size_t n, struct header *h)
{
    while (n > 3) {
        size_t len = nx_zip_le16(p + 2);
        if (len > n - 4)
            return false;
        const unsigned char *q = p + 4, *end = q + len;
        if (nx_zip_le16(p) == 1) {
            uint64_t *big[] = {&h->size, &h->packed, &h->offset};
            for (int i = 0; i < 3; i++) {
                if (*big[i] != UINT32_MAX)
                    continue;
                if (end - q < 8)
                    return false;
                *big[i] = nx_zip_le64(q);
                q += 8;
            }
            if (q != end)
                return false;
            h->zip64 = true;
        }
        p = end;
        n -= 4 + len;
    }
    /* Up to three padding bytes are seen in the wild. */
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

/*
 * Adds a name with its empty and `.` parts taken out. False for what could lead out of a folder, and for what
 * is no name. Nothing is ever extracted here, but a name that other programs refuse, or read differently, is
 * none to trust.
 */
static bool add_name(struct nx_strbuf *names, const char *p, size_t n)
{
    size_t before = names->n;
    if (n == 0 || p[0] == '/' || memchr(p, '\\', n) || memchr(p, '\0', n))
        return false;
    while (n > 0) {
        const char *slash = memchr(p, '/', n);
        size_t part = slash ? (size_t)(slash - p) : n;
        bool dot = part == 1 && p[0] == '.', dots = part == 2 && memcmp(p, "..", 2) == 0;
        if (dots || (dot && !slash))
            return false;
        if (part > 0 && !dot)
            nx_strbuf_add(names, p, part + (slash != NULL));
        part += slash != NULL;
        p += part;
        n -= part;
    }
    if (names->n == before)
        return false;
    nx_strbuf_addc(names, '\0');
    return true;
}

/* Files, folders and links, by the attributes of MS-DOS and Unix: a folder's name ends in a slash, and no
 * other's. */
static bool kind_is_clear(uint32_t attr, bool slash)
{
    uint32_t unix_kind = attr >> 28;
    bool file = attr >> 5 & 1 || unix_kind == 8, dir = attr >> 4 & 1 || unix_kind == 4,
         link = unix_kind == 10;
    return slash ? !file && !link : link ? !file && !dir : !dir;
}

static int read_central(struct nx_zip_cursor *c, struct nx_strbuf *names, struct nx_zip_entry *e,
                        struct nx_err *err)
{
    uint64_t at = c->pos;
    int rc = 0;
    const unsigned char *p = nx_zip_next(c, CENTRAL_N, &rc, err);
    if (!p)
        return rc;
    struct header h = {.flags = nx_zip_le16(p + 8),
                       .method = nx_zip_le16(p + 10),
                       .crc = nx_zip_le32(p + 16),
                       .packed = nx_zip_le32(p + 20),
                       .size = nx_zip_le32(p + 24),
                       .offset = nx_zip_le32(p + 42)};
    size_t name_n = nx_zip_le16(p + 28), extra_n = nx_zip_le16(p + 30), comment_n = nx_zip_le16(p + 32);
    bool ok = nx_zip_le32(p) == CENTRAL && nx_zip_le16(p + 34) == 0;
    uint32_t attr = nx_zip_le32(p + 38);
    if (!ok)
        return nx_zip_bad(err, c->w, at, "invalid zip archive: no entry in its directory");
    if (!(p = nx_zip_next(c, name_n + extra_n + comment_n, &rc, err)))
        return rc;
    e->name = names->n;
    if (!add_name(names, (const char *)p, name_n) || !read_extra(p + name_n, extra_n, &h))
        return nx_zip_bad(err, c->w, at, "invalid entry in the zip's directory");
    if (names->failed)
        return nx_fail(err, NX_ENOMEM, c->w->name, "no memory for a zip's directory");
    bool slash = names->p[names->n - 2] == '/';
    if (!kind_is_clear(attr, slash) || (slash && h.size != 0))
        return nx_zip_bad(err, c->w, at, "invalid entry in the zip's directory: file or folder?");
    if (h.method == NX_ZIP_STORED && !(h.flags & NX_ZIP_ENCRYPTED) && h.packed != h.size)
        return nx_zip_bad(err, c->w, at, "invalid entry in the zip's directory: stored in two sizes");
    e->packed = h.packed;
    e->size = h.size;
    e->crc = h.crc;
    e->method = h.method;
    e->flags = h.flags;
    e->data = h.offset; /* of its local header, until that was read */
    return 0;
}

/* Sizes and checksum that were not known when the local header was written follow the data. */
static int read_descriptor(struct nx_zip_cursor *c, struct header *h, struct nx_err *err)
{
    uint64_t at = c->pos;
    int rc = 0;
    const unsigned char *p = nx_zip_next(c, h->zip64 ? 24 : 16, &rc, err);
    if (!p)
        return rc;
    if (nx_zip_le32(p) != DESCRIPTOR)
        return nx_zip_bad(err, c->w, at, "invalid entry: no descriptor behind its data");
    h->crc = nx_zip_le32(p + 4);
    h->packed = h->zip64 ? nx_zip_le64(p + 8) : nx_zip_le32(p + 8);
    h->size = h->zip64 ? nx_zip_le64(p + 16) : nx_zip_le32(p + 12);
    return 0;
}

static bool same_name(const char *want, const char *p, size_t n)
{
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    bool same = add_name(&b, p, n) && !b.failed && strcmp(b.p, want) == 0;
    nx_strbuf_fini(&b);
    return same;
}

/* The local header at the cursor, the data behind it, and whether they are what the directory says. */
static int check_local(struct nx_zip_cursor *c, const char *name, struct nx_zip_entry *e, struct nx_err *err)
{
    uint64_t at = c->pos;
    int rc = 0;
    const unsigned char *p = nx_zip_next(c, LOCAL_N, &rc, err);
    if (!p)
        return rc;
    struct header h = {.flags = nx_zip_le16(p + 6),
                       .method = nx_zip_le16(p + 8),
                       .crc = nx_zip_le32(p + 14),
                       .packed = nx_zip_le32(p + 18),
                       .size = nx_zip_le32(p + 22)};
    size_t name_n = nx_zip_le16(p + 26), extra_n = nx_zip_le16(p + 28);
    if (e->data != at)
        return nx_zip_bad(err, c->w, at, "invalid zip archive: its entries overlap, or are not in order");
    if (nx_zip_le32(p) != LOCAL)
        return nx_zip_bad(err, c->w, at, "invalid entry: no header before its data");
    if (!(p = nx_zip_next(c, name_n + extra_n, &rc, err)))
        return rc;
    bool ok = same_name(name, (const char *)p, name_n) && read_extra(p + name_n, extra_n, &h);
    e->data = c->pos;
    if (e->packed > c->w->size - c->pos)
        return nx_zip_cut(err, c->w);
    nx_zip_seek(c, c->pos + e->packed);
    if (ok && h.flags & F_STREAMED && (rc = read_descriptor(c, &h, err)) < 0)
        return rc;
    if (!ok || h.flags != e->flags || h.method != e->method || h.crc != e->crc || h.packed != e->packed ||
        h.size != e->size)
        return nx_zip_bad(err, c->w, at, "invalid entry: its header and the zip's directory do not agree");
    return 0;
}

/* --- names --- */

/* A folder and a file of one name are the same name. */
static size_t bare_len(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && name[n - 1] == '/' ? n - 1 : n;
}

static int compare(const char *a, const char *b)
{
    size_t an = bare_len(a), bn = bare_len(b);
    int c = memcmp(a, b, an < bn ? an : bn);
    return c != 0 ? c : (an > bn) - (an < bn);
}

struct sort_key {
    const char *name;
    uint32_t number;
};

static int by_name(const void *a, const void *b)
{
    return compare(((const struct sort_key *)a)->name, ((const struct sort_key *)b)->name);
}

static int sort_names(struct nx_zip_layout *l, const struct nx_zip_window *w, struct nx_err *err)
{
    struct sort_key *keys = malloc((l->n ? l->n : 1) * sizeof *keys);
    int rc = 0;
    l->by_name = malloc((l->n ? l->n : 1) * sizeof *l->by_name);
    if (!keys || !l->by_name) {
        free(keys);
        return nx_fail(err, NX_ENOMEM, w->name, "no memory for a zip's directory");
    }
    for (size_t i = 0; i < l->n; i++)
        keys[i] = (struct sort_key){l->names + l->v[i].name, (uint32_t)i};
    qsort(keys, l->n, sizeof *keys, by_name);
    for (size_t i = 0; i < l->n && rc == 0; i++) {
        l->by_name[i] = keys[i].number;
        if (i > 0 && compare(keys[i - 1].name, keys[i].name) == 0)
            rc = nx_fail(err, NX_EFORMAT, w->name, "duplicated name in archive: '%s'", keys[i].name);
    }
    free(keys);
    return rc;
}

const struct nx_zip_entry *nx_zip_layout_find(const struct nx_zip_layout *l, const char *name)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct nx_zip_entry *e = &l->v[l->by_name[mid]];
        int c = compare(name, l->names + e->name);
        if (c == 0)
            return strcmp(name, l->names + e->name) == 0 ? e : NULL;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

/* --- the whole --- */

static int read_entries(struct nx_zip_cursor *c, const struct nx_zip_directory *d, struct nx_zip_layout *l,
                        struct nx_err *err)
{
    struct nx_strbuf names;
    int rc = 0;
    nx_strbuf_init(&names, 0);
    nx_strbuf_addc(&names, '\0');
    l->v = calloc(d->entries ? (size_t)d->entries : 1, sizeof *l->v);
    if (!l->v)
        rc = nx_fail(err, NX_ENOMEM, c->w->name, "no memory for a zip's directory");
    nx_zip_seek(c, d->offset);
    for (; rc == 0 && l->n < d->entries; l->n++)
        rc = read_central(c, &names, &l->v[l->n], err);
    if (rc == 0 && c->pos > d->end)
        rc = nx_zip_bad(err, c->w, d->end, "invalid zip archive: its directory is longer than it says");
    l->names = nx_strbuf_take(&names, NULL);
    if (rc == 0 && !l->names)
        rc = nx_fail(err, NX_ENOMEM, c->w->name, "no memory for a zip's directory");
    if (rc == 0 && l->n > 0)
        nx_zip_seek(c, l->v[0].data);
    for (size_t i = 0; rc == 0 && i < l->n; i++)
        rc = check_local(c, l->names + l->v[i].name, &l->v[i], err);
    if (rc == 0 && l->n > 0 && c->pos != d->offset)
        rc = nx_zip_bad(err, c->w, c->pos,
                        "invalid zip archive: its entries do not end where its directory begins");
    return rc;
}

int nx_zip_layout_read(const struct nx_zip_window *w, struct nx_zip_layout *ret, struct nx_err *err)
{
    struct nx_zip_cursor c;
    struct nx_zip_layout l = {0};
    struct nx_zip_directory d = {0};
    int rc = nx_zip_cursor_init(&c, w, err);
    if (rc == 0)
        rc = nx_zip_find_directory(&c, &d, err);
    if (rc == 0)
        rc = read_entries(&c, &d, &l, err);
    if (rc == 0)
        rc = sort_names(&l, w, err);
    nx_zip_cursor_fini(&c);
    if (rc < 0)
        nx_zip_layout_fini(&l);
    else
        *ret = l;
    return rc;
}

void nx_zip_layout_fini(struct nx_zip_layout *l)
{
    free(l->v);
    free(l->names);
    free(l->by_name);
    *l = (struct nx_zip_layout){0};
}
