/*
 * The forms of names in a run log: nextest's identifiers, output file names, UUIDs. Any thread.
 */
#ifndef NX_EVENT_IDENT_H
#define NX_EVENT_IDENT_H

#include <stdbool.h>

#include "base/slice.h"

/* A ConfigIdentifier (nextest-runner/src/config/core/identifier.rs): a letter, then letters, digits, `_` and `-`, or
 * `@tool:<identifier>:<identifier>`. Letters beyond ASCII are all taken. */
bool nx_ident_valid(struct nx_slice name);

/* An OutputFileName: 16 lower-case hex digits and -stdout, -stderr or -combined. */
bool nx_output_name_valid(struct nx_slice name);

/* A UUID in any form that Rust's uuid crate takes (with or without dashes, in braces, as a URN), into 36 lower-case
 * characters with dashes and a NUL. */
bool nx_uuid_parse(struct nx_slice text, char ret[37]);

#endif
