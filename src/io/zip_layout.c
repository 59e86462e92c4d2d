#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "io/zip_layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"

enum {
    LOCAL = 0x04034b50,
    CENTRAL = 0x02014b50,
    DESCRIPTOR = 0x08074b50,
    END = 0x06054b50,
    END64 = 0x06064b50,
    LOCATOR64 = 0x07064b50,
};
enum { LOCAL_N = 30, CENTRAL_N = 46, END_N = 22, END64_N = 56, LOCATOR64_N = 20, COMMENT_MAX = 65535 };
enum { F_STREAMED = 1 << 3 };
enum { START_CAP = 16 * 1024 };

static uint16_t le16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t le64(const unsigned char *p)
{
    return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

int64_t nx_zip_window_read(const struct nx_zip_window *w, uint64_t offset, void *buf, size_t n,
                           struct nx_err *err)
{
    char *to = buf;
    if (offset >= w->size)
        return 0;
    if (n > w->size - offset)
        n = (size_t)(w->size - offset);
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(w->fd, to + done, n - done, (off_t)(w->base + offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return nx_fail_sys(err, NX_EIO, errno, w->name, "cannot read");
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

static int bad(struct nx_err *err, const struct nx_zip_window *w, uint64_t at, const char *why)
{
    int rc = nx_fail(err, NX_EFORMAT, w->name, "%s", why);
    nx_err_at(err, NX_NOWHERE, at);
    return rc;
}

static int cut(struct nx_err *err, const struct nx_zip_window *w)
{
    int rc = nx_fail(err, NX_ETRUNC, w->name, "ends inside the zip's directory");
    nx_err_at(err, NX_NOWHERE, w->size);
    nx_err_hint(err, "the file was cut: export or download it again");
    return rc;
}

/* Reads forward through the window. */
struct cursor {
    const struct nx_zip_window *w;
    uint64_t pos; /* of the next byte */
    unsigned char *buf;
    size_t cap, at, have; /* buf[at..have) are the bytes from pos on */
};

/* Makes the buffer at least n bytes. It begins small: most zips have short names and no comments. */
static bool grow(struct cursor *c, size_t n)
{
    if (n <= c->cap)
        return true;
    unsigned char *buf = realloc(c->buf, n);
    if (!buf)
        return false;
    c->buf = buf;
    c->cap = n;
    return true;
}

/* The next n bytes; NULL on failure. They stay until the next call. */
static const unsigned char *next(struct cursor *c, size_t n, int *rc, struct nx_err *err)
{
    if (!grow(c, n)) {
        *rc = nx_fail(err, NX_ENOMEM, c->w->name, "no memory for a zip's directory");
        return NULL;
    }
    if (c->have - c->at < n) {
        memmove(c->buf, c->buf + c->at, c->have - c->at);
        c->have -= c->at;
        c->at = 0;
        int64_t got = nx_zip_window_read(c->w, c->pos + c->have, c->buf + c->have, c->cap - c->have, err);
        if (got < 0) {
            *rc = (int)got;
            return NULL;
        }
        c->have += (size_t)got;
        if (c->have < n) {
            *rc = cut(err, c->w);
            return NULL;
        }
    }
    const unsigned char *p = c->buf + c->at;
    c->at += n;
    c->pos += n;
    return p;
}

static void seek(struct cursor *c, uint64_t pos)
{
    if (pos >= c->pos && pos - c->pos <= c->have - c->at)
        c->at += (size_t)(pos - c->pos);
    else
        c->at = c->have = 0;
    c->pos = pos;
}

/* --- the end of the directory --- */

struct directory {
    uint64_t offset, size, end, entries;
};

static int read_end64(struct cursor *c, uint64_t end, struct directory *d, struct nx_err *err)
{
    const struct nx_zip_window *w = c->w;
    const unsigned char *p;
    int rc = 0;
    if (end < LOCATOR64_N)
        return bad(err, w, end, "invalid zip archive: no room for its zip64 locator");
    seek(c, end - LOCATOR64_N);
    if (!(p = next(c, LOCATOR64_N, &rc, err)))
        return rc;
    uint64_t at = le64(p + 8);
    if (le32(p) != LOCATOR64 || at > end - LOCATOR64_N)
        return bad(err, w, end - LOCATOR64_N, "invalid zip archive: bad zip64 locator");
    if (le32(p + 4) != 0 || le32(p + 16) > 1)
        return bad(err, w, end - LOCATOR64_N, "zip archives in several parts are not supported");
    seek(c, at);
    if (!(p = next(c, END64_N, &rc, err)))
        return rc;
    uint64_t record, rest = end - LOCATOR64_N - at;
    if (le32(p + 16) != 0 || le32(p + 20) != 0)
        return bad(err, w, at, "zip archives in several parts are not supported");
    if (le32(p) != END64 || le64(p + 24) != le64(p + 32) ||
        __builtin_add_overflow(le64(p + 4), UINT64_C(12), &record) || record != rest)
        return bad(err, w, at, "invalid zip archive: bad zip64 end of its directory");
    *d = (struct directory){.offset = le64(p + 48), .size = le64(p + 40), .end = at, .entries = le64(p + 32)};
    return 0;
}

/* Where the record begins that ends the archive: 22 bytes before its end, or earlier if there is a comment.
 * *ret_n is how much there is from there on, at the start of the buffer. */
static int find_end(struct cursor *c, uint64_t *ret, size_t *ret_n, struct nx_err *err)
{
    static const size_t tails[] = {END_N, END_N + COMMENT_MAX};
    const struct nx_zip_window *w = c->w;
    for (int i = 0; i < 2 && w->size >= END_N; i++) {
        size_t n = w->size < tails[i] ? (size_t)w->size : tails[i];
        if (!grow(c, n))
            return nx_fail(err, NX_ENOMEM, w->name, "no memory for a zip's directory");
        int64_t got = nx_zip_window_read(w, w->size - n, c->buf, n, err);
        if (got < 0)
            return (int)got;
        if ((size_t)got < n)
            return cut(err, w);
        for (size_t at = n - 3; at-- > 0;) {
            if (le32(c->buf + at) != END)
                continue;
            memmove(c->buf, c->buf + at, n - at);
            *ret = w->size - n + at;
            *ret_n = n - at;
            return 0;
        }
    }
    int rc = bad(err, w, NX_NOWHERE, w->size == 0 ? "not a zip archive: empty" : "not a zip archive");
    nx_err_hint(err, "a portable recording is made with `cargo nextest store export`; a file that was cut "
                     "looks like this too");
    return rc;
}

static int find_directory(struct cursor *c, struct directory *d, struct nx_err *err)
{
    const struct nx_zip_window *w = c->w;
    uint64_t end = 0;
    size_t n = 0;
    int rc = find_end(c, &end, &n, err);
    if (rc < 0)
        return rc;
    const unsigned char *p = c->buf;
    if (n < END_N)
        return cut(err, w);
    if (n - END_N != le16(p + 20))
        return bad(err, w, end, "invalid zip archive: there is something behind its end");
    if (le16(p + 4) != 0 || le16(p + 6) != 0)
        return bad(err, w, end, "zip archives in several parts are not supported");
    if (le16(p + 8) != le16(p + 10))
        return bad(err, w, end, "invalid zip archive: it counts its entries in two ways");
    c->at = c->have = 0;
    if (le16(p + 10) == UINT16_MAX || le32(p + 16) == UINT32_MAX)
        rc = read_end64(c, end, d, err);
    else
        *d = (struct directory){.offset = le32(p + 16),
                                .size = le32(p + 12),
                                .end = end,
                                .entries = le16(p + 10)};
    if (rc < 0)
        return rc;
    if (d->offset > d->end || d->size != d->end - d->offset || d->entries > d->size / (CENTRAL_N + 1))
        return bad(err, w, end,
                   "invalid zip archive: its directory is not where it should be (bytes before it?)");
    if (d->entries > nx_limit_value(NX_LIM_ZIP_ENTRIES))
        return nx_limit_fail(err, NX_LIM_ZIP_ENTRIES, w->name);
    return 0;
}

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
        size_t len = le16(p + 2);
        if (len > n - 4)
            return false;
        const unsigned char *q = p + 4, *end = q + len;
        if (le16(p) == 1) {
            uint64_t *big[] = {&h->size, &h->packed, &h->offset};
            for (int i = 0; i < 3; i++) {
                if (*big[i] != UINT32_MAX)
                    continue;
                if (end - q < 8)
                    return false;
                *big[i] = le64(q);
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

static int read_central(struct cursor *c, struct nx_strbuf *names, struct nx_zip_entry *e, struct nx_err *err)
{
    uint64_t at = c->pos;
    int rc = 0;
    const unsigned char *p = next(c, CENTRAL_N, &rc, err);
    if (!p)
        return rc;
    struct header h = {.flags = le16(p + 8),
                       .method = le16(p + 10),
                       .crc = le32(p + 16),
                       .packed = le32(p + 20),
                       .size = le32(p + 24),
                       .offset = le32(p + 42)};
    size_t name_n = le16(p + 28), extra_n = le16(p + 30), comment_n = le16(p + 32);
    bool ok = le32(p) == CENTRAL && le16(p + 34) == 0;
    uint32_t attr = le32(p + 38);
    if (!ok)
        return bad(err, c->w, at, "invalid zip archive: no entry in its directory");
    if (!(p = next(c, name_n + extra_n + comment_n, &rc, err)))
        return rc;
    e->name = names->n;
    if (!add_name(names, (const char *)p, name_n) || !read_extra(p + name_n, extra_n, &h))
        return bad(err, c->w, at, "invalid entry in the zip's directory");
    if (names->failed)
        return nx_fail(err, NX_ENOMEM, c->w->name, "no memory for a zip's directory");
    bool slash = names->p[names->n - 2] == '/';
    if (!kind_is_clear(attr, slash) || (slash && h.size != 0))
        return bad(err, c->w, at, "invalid entry in the zip's directory: file or folder?");
    if (h.method == NX_ZIP_STORED && !(h.flags & NX_ZIP_ENCRYPTED) && h.packed != h.size)
        return bad(err, c->w, at, "invalid entry in the zip's directory: stored in two sizes");
    e->packed = h.packed;
    e->size = h.size;
    e->crc = h.crc;
    e->method = h.method;
    e->flags = h.flags;
    e->data = h.offset; /* of its local header, until that was read */
    return 0;
}

/* Sizes and checksum that were not known when the local header was written follow the data. */
static int read_descriptor(struct cursor *c, struct header *h, struct nx_err *err)
{
    uint64_t at = c->pos;
    int rc = 0;
    const unsigned char *p = next(c, h->zip64 ? 24 : 16, &rc, err);
    if (!p)
        return rc;
    if (le32(p) != DESCRIPTOR)
        return bad(err, c->w, at, "invalid entry: no descriptor behind its data");
    h->crc = le32(p + 4);
    h->packed = h->zip64 ? le64(p + 8) : le32(p + 8);
    h->size = h->zip64 ? le64(p + 16) : le32(p + 12);
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
static int check_local(struct cursor *c, const char *name, struct nx_zip_entry *e, struct nx_err *err)
{
    uint64_t at = c->pos;
    int rc = 0;
    const unsigned char *p = next(c, LOCAL_N, &rc, err);
    if (!p)
        return rc;
    struct header h = {.flags = le16(p + 6),
                       .method = le16(p + 8),
                       .crc = le32(p + 14),
                       .packed = le32(p + 18),
                       .size = le32(p + 22)};
    size_t name_n = le16(p + 26), extra_n = le16(p + 28);
    if (e->data != at)
        return bad(err, c->w, at, "invalid zip archive: its entries overlap, or are not in order");
    if (le32(p) != LOCAL)
        return bad(err, c->w, at, "invalid entry: no header before its data");
    if (!(p = next(c, name_n + extra_n, &rc, err)))
        return rc;
    bool ok = same_name(name, (const char *)p, name_n) && read_extra(p + name_n, extra_n, &h);
    e->data = c->pos;
    if (e->packed > c->w->size - c->pos)
        return cut(err, c->w);
    seek(c, c->pos + e->packed);
    if (ok && h.flags & F_STREAMED && (rc = read_descriptor(c, &h, err)) < 0)
        return rc;
    if (!ok || h.flags != e->flags || h.method != e->method || h.crc != e->crc || h.packed != e->packed ||
        h.size != e->size)
        return bad(err, c->w, at, "invalid entry: its header and the zip's directory do not agree");
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

static int read_entries(struct cursor *c, const struct directory *d, struct nx_zip_layout *l,
                        struct nx_err *err)
{
    struct nx_strbuf names;
    int rc = 0;
    nx_strbuf_init(&names, 0);
    nx_strbuf_addc(&names, '\0');
    l->v = calloc(d->entries ? (size_t)d->entries : 1, sizeof *l->v);
    if (!l->v)
        rc = nx_fail(err, NX_ENOMEM, c->w->name, "no memory for a zip's directory");
    seek(c, d->offset);
    for (; rc == 0 && l->n < d->entries; l->n++)
        rc = read_central(c, &names, &l->v[l->n], err);
    if (rc == 0 && c->pos > d->end)
        rc = bad(err, c->w, d->end, "invalid zip archive: its directory is longer than it says");
    l->names = nx_strbuf_take(&names, NULL);
    if (rc == 0 && !l->names)
        rc = nx_fail(err, NX_ENOMEM, c->w->name, "no memory for a zip's directory");
    if (rc == 0 && l->n > 0)
        seek(c, l->v[0].data);
    for (size_t i = 0; rc == 0 && i < l->n; i++)
        rc = check_local(c, l->names + l->v[i].name, &l->v[i], err);
    if (rc == 0 && l->n > 0 && c->pos != d->offset)
        rc = bad(err, c->w, c->pos, "invalid zip archive: its entries do not end where its directory begins");
    return rc;
}

int nx_zip_layout_read(const struct nx_zip_window *w, struct nx_zip_layout *ret, struct nx_err *err)
{
    struct cursor c = {.w = w, .cap = START_CAP};
    struct nx_zip_layout l = {0};
    struct directory d = {0};
    c.buf = malloc(c.cap);
    if (!c.buf)
        return nx_fail(err, NX_ENOMEM, w->name, "no memory for a zip's directory");
    int rc = find_directory(&c, &d, err);
    if (rc == 0)
        rc = read_entries(&c, &d, &l, err);
    if (rc == 0)
        rc = sort_names(&l, w, err);
    free(c.buf);
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
