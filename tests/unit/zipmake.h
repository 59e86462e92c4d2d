/*
 * Writes zips for tests, plain ones and odd ones: what comes out lies in two buffers that a test may patch
 * before zm_end().
 */
#ifndef NX_TESTS_ZIPMAKE_H
#define NX_TESTS_ZIPMAKE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/strbuf.h"

struct zm {
    struct nx_strbuf out, dir;
    unsigned n;
    size_t local, central; /* where the headers of the last entry begin, in out and in dir */
};

static inline void zm_u16(struct nx_strbuf *b, unsigned v)
{
    nx_strbuf_addc(b, (char)(v & 0xff));
    nx_strbuf_addc(b, (char)(v >> 8 & 0xff));
}

static inline void zm_u32(struct nx_strbuf *b, uint32_t v)
{
    zm_u16(b, v & 0xffff);
    zm_u16(b, v >> 16);
}

static inline void zm_begin(struct zm *z)
{
    *z = (struct zm){0};
    nx_strbuf_init(&z->out, 0);
    nx_strbuf_init(&z->dir, 0);
}

static inline char *zm_pack(const void *p, size_t n, unsigned method, size_t *ret_n)
{
    size_t cap = n + n / 2 + 1000;
    char *to = malloc(cap);
    if (method == 93) {
        *ret_n = ZSTD_compress(to, cap, p, n, 3);
    } else if (method == 8) {
        z_stream s = {0};
        deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
        s.next_in = (Bytef *)(uintptr_t)p;
        s.avail_in = (uInt)n;
        s.next_out = (Bytef *)to;
        s.avail_out = (uInt)cap;
        deflate(&s, Z_FINISH);
        *ret_n = s.total_out;
        deflateEnd(&s);
    } else {
        if (n > 0)
            memcpy(to, p, n);
        *ret_n = n;
    }
    return to;
}

static inline void zm_fields(struct nx_strbuf *b, unsigned method, uint32_t crc, size_t packed, size_t n,
                             size_t name_n)
{
    zm_u16(b, 20);
    zm_u16(b, 0); /* flags */
    zm_u16(b, method);
    zm_u32(b, 0); /* time and date */
    zm_u32(b, crc);
    zm_u32(b, (uint32_t)packed);
    zm_u32(b, (uint32_t)n);
    zm_u16(b, (unsigned)name_n);
    zm_u16(b, 0); /* extra */
}

static inline void zm_add(struct zm *z, const char *name, const void *p, size_t n, unsigned method)
{
    size_t packed_n = 0, name_n = strlen(name);
    char *packed = zm_pack(p, n, method, &packed_n);
    uint32_t crc = (uint32_t)crc32_z(crc32(0, Z_NULL, 0), p, n);
    z->local = z->out.n;
    z->central = z->dir.n;
    zm_u32(&z->out, 0x04034b50);
    zm_fields(&z->out, method, crc, packed_n, n, name_n);
    nx_strbuf_add(&z->out, name, name_n);
    nx_strbuf_add(&z->out, packed, packed_n);
    zm_u32(&z->dir, 0x02014b50);
    zm_u16(&z->dir, 20);
    zm_fields(&z->dir, method, crc, packed_n, n, name_n);
    zm_u16(&z->dir, 0); /* comment */
    zm_u16(&z->dir, 0); /* disk */
    zm_u16(&z->dir, 0);
    zm_u32(&z->dir, 0); /* attributes */
    zm_u32(&z->dir, (uint32_t)z->local);
    nx_strbuf_add(&z->dir, name, name_n);
    z->n++;
    free(packed);
}

/* The whole zip is in z->out then. */
static inline void zm_end(struct zm *z, const char *comment)
{
    size_t at = z->out.n;
    nx_strbuf_add(&z->out, z->dir.p ? z->dir.p : "", z->dir.n);
    zm_u32(&z->out, 0x06054b50);
    zm_u32(&z->out, 0);
    zm_u16(&z->out, z->n);
    zm_u16(&z->out, z->n);
    zm_u32(&z->out, (uint32_t)z->dir.n);
    zm_u32(&z->out, (uint32_t)at);
    zm_u16(&z->out, (unsigned)strlen(comment));
    nx_strbuf_adds(&z->out, comment);
}

static inline void zm_free(struct zm *z)
{
    nx_strbuf_fini(&z->out);
    nx_strbuf_fini(&z->dir);
}

#endif
