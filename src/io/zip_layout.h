/*
 * The directory of a zip archive, checked so that the file has one meaning only.
 *
 * As strict as the library that nextest 0.9.143 reads zips with (eazip 0.2.5): the local entries, the central
 * directory and its end follow each other without gaps or overlaps from the first entry on, nothing lies
 * behind, both headers of an entry agree, no name comes twice or leads out of the archive. So a zip bomb of
 * overlapping entries, or a file that other programs see other entries in, is refused before anything is
 * decompressed.
 */
#ifndef NX_IO_ZIP_LAYOUT_H
#define NX_IO_ZIP_LAYOUT_H

#include <stdbool.h>

#include "base/limits.h"

/* The part of a seekable file that is an archive. `name` is borrowed. */
struct nx_zip_window {
    int fd;
    uint64_t base, size;
    const char *name;
};

struct nx_zip_entry {
    uint64_t name; /* offset into the layout's names; NUL-terminated, folders end in a slash */
    uint64_t data; /* offset of the (packed) bytes in the window */
    uint64_t packed, size;
    uint32_t crc;
    uint16_t method, flags;
};

enum { NX_ZIP_STORED = 0, NX_ZIP_DEFLATED = 8, NX_ZIP_ZSTD = 93, NX_ZIP_ENCRYPTED = 1 /* a flag */ };

struct nx_zip_layout {
    struct nx_zip_entry *v; /* in the directory's order */
    size_t n;
    char *names;
    uint32_t *by_name; /* numbers of entries in order of their names */
};

/* NX_EFORMAT, NX_ETRUNC, NX_ELIMIT, NX_EIO, NX_ENOMEM. */
NX_MUST_USE int nx_zip_layout_read(const struct nx_zip_window *w, struct nx_zip_layout *ret,
                                   struct nx_err *err);
void nx_zip_layout_fini(struct nx_zip_layout *l);

/* The entry of that name, or NULL. */
const struct nx_zip_entry *nx_zip_layout_find(const struct nx_zip_layout *l, const char *name);

/* Up to n bytes at `offset` of the window; less only at its end. Returns how many, or a negative code. */
NX_MUST_USE int64_t nx_zip_window_read(const struct nx_zip_window *w, uint64_t offset, void *buf, size_t n,
                                       struct nx_err *err);

#endif
