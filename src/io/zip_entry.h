/* The bytes of one entry of a zip: private to src/io/zip*.c. */
#ifndef NX_IO_ZIP_ENTRY_H
#define NX_IO_ZIP_ENTRY_H

#include "io/reader.h"
#include "io/zip_layout.h"

/* Decompresses, and checks size and checksum. The window and the file must outlive the reader. Returns owned.
 */
NX_MUST_USE int nx_zip_entry_open(const struct nx_zip_window *w, const struct nx_zip_entry *e,
                                  const char *name, enum nx_limit limit, struct nx_reader **ret,
                                  struct nx_err *err);

#endif
