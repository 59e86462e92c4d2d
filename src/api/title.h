/*
 * Names for people: the last part of a trace's address, which Perfetto shows as its title, and the name that
 * it is saved under. `<workspace>-<date>-<time>-<short id>`, ASCII only, nothing in it that a path or header
 * could trip over. Any thread.
 */
#ifndef NX_API_TITLE_H
#define NX_API_TITLE_H

#include "base/strbuf.h"
#include "catalog/view.h"

enum { NX_TITLE_MAX = 160 };

/* Without `.slot`, `.pretty`, `.json`. Returns buf. */
const char *nx_title(const struct nx_workspace *ws, const struct nx_run *run, char buf[NX_TITLE_MAX]);

#endif
