/*
 * What the daemon says, on standard error: a line each, written at once. Under systemd with the journal's own
 * levels. Any thread. Control characters are escaped, since paths and requests get into it.
 */
#ifndef NXD_LOG_H
#define NXD_LOG_H

#include <stdarg.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* verbosity as in struct options. */
void log_init(int verbosity);

void log_say(enum log_level level, const char *fmt, ...) NX_PRINTF(2, 3);
void log_vsay(enum log_level level, const char *fmt, va_list ap) NX_PRINTF(2, 0);

/* `what: the error's text`, and its hint as a line of its own. */
void log_err(enum log_level level, const char *what, const struct nx_err *err);

#endif
