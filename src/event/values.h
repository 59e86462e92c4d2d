/*
 * Values that one file reads for the other. Private to src/event.
 */
#ifndef NX_EVENT_VALUES_H
#define NX_EVENT_VALUES_H

#include "event/members.h"

bool nx_value_string(struct nx_decoder *d, const char *expected, struct nx_str *ret);

/* lists.c */
bool nx_value_strs(struct nx_decoder *d, struct nx_strs *ret);
bool nx_value_statuses(struct nx_decoder *d); /* into the event */
bool nx_value_one_status(struct nx_decoder *d);
bool nx_value_tests(struct nx_decoder *d); /* checked, not kept */
bool nx_value_map(struct nx_decoder *d);

#endif
