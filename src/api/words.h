/*
 * The words that answers and commands share: how a run's status, counts and times read.
 *
 * They follow `cargo nextest store list`. Any thread.
 */
#ifndef NX_API_WORDS_H
#define NX_API_WORDS_H

#include "catalog/view.h"

/* `incomplete`, `unknown`, `completed`, `cancelled`, `stress-completed`, `stress-cancelled`. Static. */
const char *nx_words_status(enum nx_run_status status);

/* `3 passed / 1 failed / 2 not run (cancelled)`, or `incomplete`, `unknown`. Owned; NULL: no memory. */
char *nx_words_counts(const struct nx_run *run);

/* What was neither passed nor failed. */
uint64_t nx_words_not_run(const struct nx_run *run);

/* `2026-11-24 10:13:17` in the offset it was written in; buf of NX_WORDS_TIME. */
enum { NX_WORDS_TIME = 32 };
const char *nx_words_time(struct nx_instant t, char *buf);

/* ` +05:45` as nextest writes it behind a time; buf of NX_WORDS_TIME. */
const char *nx_words_offset(struct nx_instant t, char *buf);

/* The workspace's path, or its folder name where no path is known. Borrowed. */
const char *nx_words_workspace(const struct nx_workspace *ws);

/* The same; where there are several stores, `STORE:NAME`, by which it can be chosen. Borrowed, or in buf. */
enum { NX_WORDS_PLACE = 64 + 1 + 256 };
const char *nx_words_place(const struct nx_view *view, const struct nx_workspace *ws, char *buf);

/* Why no trace can be made of a run, by what the list and its folder say without opening a file; "" if one
 * can. Writes into buf, always terminated; returns buf. */
const char *nx_words_obstacle(const struct nx_run *run, bool has_log, char *buf, size_t cap);

/* Copies text that a person gave, cut to fit and with control characters as `\x1b`. Returns buf. */
const char *nx_words_quote(struct nx_slice s, char *buf, size_t cap);

#endif
