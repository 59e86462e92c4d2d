/*
 * Characters in bytes that may be anything: the length of one, where the last whole one ends, Unicode's white
 * space.
 *
 * For whole texts there is nx_utf8_valid() of json/scan.h, which is fast. Any thread.
 */
#ifndef NX_BASE_UTF8_H
#define NX_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the character at p (n > 0 bytes), or 0 where there is no valid one; *ret is its code point. */
size_t nx_utf8_char(const char *p, size_t n, uint32_t *ret);

/* How many of the first n bytes of a valid text are whole characters: n, or up to 3 less. */
size_t nx_utf8_whole(const char *p, size_t n);

/* Length of the white space character (Unicode's White_Space, as Rust's trim()) that begins at p, or that
 * ends right before p + n; 0 where there is none. */
size_t nx_utf8_space(const char *p, size_t n);
size_t nx_utf8_space_before(const char *p, size_t n);

#endif
