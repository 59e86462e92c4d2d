/*
 * Folders of our own: for this user only. Any thread.
 */
#ifndef NX_IO_DIRS_H
#define NX_IO_DIRS_H

#include "base/err.h"

/* Makes the folder and those above it that are not there (mode 0700). What is there stays as it is. NX_EWRITE, which
 * names the one that could not be made; NX_ENOMEM. */
NX_MUST_USE int nx_dirs_make(const char *dir, struct nx_err *err);

#endif
