/* The end of a zip, which says where its directory is. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "io/zip_cursor.h"

enum { END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50 };
enum { END_N = 22, END64_N = 56, LOCATOR64_N = 20, COMMENT_MAX = 65535 };
enum { ENTRY_LEAST = 47 /* of an entry in the directory, with a name of one byte */ };

static int read_end64(struct nx_zip_cursor *c, uint64_t end, struct nx_zip_directory *d, struct nx_err *err)
{
    const struct nx_zip_window *w = c->w;
    const unsigned char *p;
    int rc = 0;
    if (end < LOCATOR64_N)
        return nx_zip_bad(err, w, end, "invalid zip archive: no room for its zip64 locator");
    nx_zip_seek(c, end - LOCATOR64_N);
    if (!(p = nx_zip_next(c, LOCATOR64_N, &rc, err)))
        return rc;
    uint64_t at = nx_zip_le64(p + 8);
    if (nx_zip_le32(p) != LOCATOR64 || at > end - LOCATOR64_N)
        return nx_zip_bad(err, w, end - LOCATOR64_N, "invalid zip archive: bad zip64 locator");
    if (nx_zip_le32(p + 4) != 0 || nx_zip_le32(p + 16) > 1)
        return nx_zip_bad(err, w, end - LOCATOR64_N, "zip archives in several parts are not supported");
    nx_zip_seek(c, at);
    if (!(p = nx_zip_next(c, END64_N, &rc, err)))
        return rc;
    uint64_t record, rest = end - LOCATOR64_N - at;
    if (nx_zip_le32(p + 16) != 0 || nx_zip_le32(p + 20) != 0)
        return nx_zip_bad(err, w, at, "zip archives in several parts are not supported");
    if (nx_zip_le32(p) != END64 || nx_zip_le64(p + 24) != nx_zip_le64(p + 32) ||
        __builtin_add_overflow(nx_zip_le64(p + 4), UINT64_C(12), &record) || record != rest)
        return nx_zip_bad(err, w, at, "invalid zip archive: bad zip64 end of its directory");
    *d = (struct nx_zip_directory){.offset = nx_zip_le64(p + 48),
                                   .size = nx_zip_le64(p + 40),
                                   .end = at,
                                   .entries = nx_zip_le64(p + 32)};
    return 0;
}

/* Where the record begins that ends the archive: 22 bytes before its end, or earlier if there is a comment.
 * *ret_n is how much there is from there on, at the start of the buffer. */
static int find_end(struct nx_zip_cursor *c, uint64_t *ret, size_t *ret_n, struct nx_err *err)
{
    static const size_t tails[] = {END_N, END_N + COMMENT_MAX};
    const struct nx_zip_window *w = c->w;
    for (int i = 0; i < 2 && w->size >= END_N; i++) {
        size_t n = w->size < tails[i] ? (size_t)w->size : tails[i];
        if (!nx_zip_grow(c, n))
            return nx_fail(err, NX_ENOMEM, w->name, "no memory for a zip's directory");
        int64_t got = nx_zip_window_read(w, w->size - n, c->buf, n, err);
        if (got < 0)
            return (int)got;
        if ((size_t)got < n)
            return nx_zip_cut(err, w);
        for (size_t at = n - 3; at-- > 0;) {
            if (nx_zip_le32(c->buf + at) != END)
                continue;
            memmove(c->buf, c->buf + at, n - at);
            *ret = w->size - n + at;
            *ret_n = n - at;
            return 0;
        }
    }
    int rc = nx_zip_bad(err, w, NX_NOWHERE, w->size == 0 ? "not a zip archive: empty" : "not a zip archive");
    nx_err_hint(err, "a portable recording is made with `cargo nextest store export`; a file that was cut "
                     "looks like this too");
    return rc;
}

int nx_zip_find_directory(struct nx_zip_cursor *c, struct nx_zip_directory *d, struct nx_err *err)
{
    const struct nx_zip_window *w = c->w;
    uint64_t end = 0;
    size_t n = 0;
    int rc = find_end(c, &end, &n, err);
    if (rc < 0)
        return rc;
    const unsigned char *p = c->buf;
    if (n < END_N)
        return nx_zip_cut(err, w);
    if (n - END_N != nx_zip_le16(p + 20))
        return nx_zip_bad(err, w, end, "invalid zip archive: there is something behind its end");
    if (nx_zip_le16(p + 4) != 0 || nx_zip_le16(p + 6) != 0)
        return nx_zip_bad(err, w, end, "zip archives in several parts are not supported");
    if (nx_zip_le16(p + 8) != nx_zip_le16(p + 10))
        return nx_zip_bad(err, w, end, "invalid zip archive: it counts its entries in two ways");
    c->at = c->have = 0;
    if (nx_zip_le16(p + 10) == UINT16_MAX || nx_zip_le32(p + 16) == UINT32_MAX)
        rc = read_end64(c, end, d, err);
    else
        *d = (struct nx_zip_directory){.offset = nx_zip_le32(p + 16),
                                       .size = nx_zip_le32(p + 12),
                                       .end = end,
                                       .entries = nx_zip_le16(p + 10)};
    if (rc < 0)
        return rc;
    if (d->offset > d->end || d->size != d->end - d->offset || d->entries > d->size / ENTRY_LEAST)
        return nx_zip_bad(err, w, end,
                          "invalid zip archive: its directory is not where it should be (bytes before it?)");
    if (d->entries > nx_limit_value(NX_LIM_ZIP_ENTRIES))
        return nx_limit_fail(err, NX_LIM_ZIP_ENTRIES, w->name);
    return 0;
}
