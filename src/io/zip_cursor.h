/*
 * Private to the zip files of this folder: reading forward through a window, and where a zip's directory is.
 */
#ifndef NX_IO_ZIP_CURSOR_H
#define NX_IO_ZIP_CURSOR_H

#include "io/zip_layout.h"

static inline uint16_t nx_zip_le16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t nx_zip_le32(const unsigned char *p)
{
    return (uint32_t)nx_zip_le16(p) | (uint32_t)nx_zip_le16(p + 2) << 16;
}

static inline uint64_t nx_zip_le64(const unsigned char *p)
{
    return (uint64_t)nx_zip_le32(p) | (uint64_t)nx_zip_le32(p + 4) << 32;
}

/* Both fill the error and return its negative code: NX_EFORMAT at an offset, NX_ETRUNC at the end. */
int nx_zip_bad(struct nx_err *err, const struct nx_zip_window *w, uint64_t at, const char *why);
int nx_zip_cut(struct nx_err *err, const struct nx_zip_window *w);

struct nx_zip_cursor {
    const struct nx_zip_window *w;
    uint64_t pos; /* of the next byte */
    unsigned char *buf;
    size_t cap, at, have; /* buf[at..have) are the bytes from pos on */
};

/* The buffer begins small: most zips have short names and no comments. NX_ENOMEM. */
NX_MUST_USE int nx_zip_cursor_init(struct nx_zip_cursor *c, const struct nx_zip_window *w,
                                   struct nx_err *err);
void nx_zip_cursor_fini(struct nx_zip_cursor *c);

/* Makes the buffer at least n bytes; false: no memory. */
bool nx_zip_grow(struct nx_zip_cursor *c, size_t n);

/* The next n bytes, or NULL and *rc. They stay until the next call. */
const unsigned char *nx_zip_next(struct nx_zip_cursor *c, size_t n, int *rc, struct nx_err *err);
void nx_zip_seek(struct nx_zip_cursor *c, uint64_t pos);

struct nx_zip_directory {
    uint64_t offset, size, end, entries; /* `end`: of the directory */
};

/* Finds the directory by the record (or the two) behind it, and checks that there is nothing else. */
NX_MUST_USE int nx_zip_find_directory(struct nx_zip_cursor *c, struct nx_zip_directory *ret,
                                      struct nx_err *err);

#endif
