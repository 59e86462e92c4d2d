/*
 * The person's browser: $BROWSER, or what the desktop starts.
 *
 * $BROWSER is a list of commands with `:` between; `%s` in one is the address, which otherwise comes last. Without it xdg-open
 * is asked where there is a desktop to ask, and open on macOS. A browser is neither waited for nor ended; its output is
 * thrown away. One thread.
 */
#ifndef CLIENT_BROWSER_H
#define CLIENT_BROWSER_H

#include <stdbool.h>

/* Did some browser take the address? False: there is none here, or each failed at once. */
bool browser_open(const char *url);

#endif
