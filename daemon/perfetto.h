/*
 * Where Perfetto's page is: ui.perfetto.dev, or one's own.
 *
 * A pure function over text; any thread.
 */
#ifndef NXD_PERFETTO_H
#define NXD_PERFETTO_H

#include <stdbool.h>

#define PERFETTO_URL "https://ui.perfetto.dev"

/* Reads http[s]://host[:port][/path], without user, query or fragment. *ret_url is it without slashes at its end,
 * so that `/#!/?url=...` may follow; *ret_origin is what a browser sends of it in Origin: lower case, no path, no
 * default port. Both owned. False: it is no such address, or there is no memory. */
bool perfetto_parse(const char *text, char **ret_url, char **ret_origin);

#endif
