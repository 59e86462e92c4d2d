/*
 * A run in words, laid out as `cargo nextest store list` and `store info` lay it out.
 */
#ifndef CLIENT_ROWS_H
#define CLIENT_ROWS_H

#include "base/strbuf.h"
#include "catalog/view.h"

/* `10 KB`, `1.5 MB`: as nextest, truncated for KB, rounded above. buf of ROWS_SIZE. */
enum { ROWS_SIZE = 32 };
const char *rows_size(uint64_t bytes, char *buf);

/* Compressed bytes of log and store. */
uint64_t rows_total(const struct nx_run *run);

/* Decimal digits of what a run passed; 0 for a run that has not ended. */
int rows_passed_width(const struct nx_run *run);

/* Appends the status column, its first number right-aligned to `width`. */
void rows_status(struct nx_strbuf *b, bool color, const struct nx_run *run, int width);

/* Appends `1.234s` or `-`, right-aligned to `width`. */
void rows_duration(struct nx_strbuf *b, const struct nx_run *run, int width);

/* Appends an id of which the first `prefix` characters tell it from others, cut to `len`. */
void rows_id(struct nx_strbuf *b, bool color, const char *id, size_t prefix, size_t len);

/* Appends how long ago that was by the wall clock: `3s`, `2mo`. */
void rows_ago(struct nx_strbuf *b, struct nx_instant t);

/* Appends `n` times the line character. */
void rows_line(struct nx_strbuf *b, bool unicode, size_t n);

/* Appends a word of a command line, quoted for a shell where it needs it; control characters are made
 * visible. */
void rows_shell_word(struct nx_strbuf *b, const char *word);

/* Which of a run's files are in its folder, and whether nextest could replay it. */
struct rows_files {
    bool log, store;
};
/* The open folders of a workspace's runs, so that 10,000 rows do not walk their whole paths 20,000 times. */
struct rows_dirs {
    int own, kept; /* -1: not there */
};
struct rows_dirs rows_open(const struct nx_workspace *ws);
void rows_close(struct rows_dirs dirs);
struct rows_files rows_look(struct rows_dirs dirs, const struct nx_run *run);
bool rows_replayable(const struct nx_run *run, struct rows_files f);

/* Appends `yes`, `no: reasons`, `maybe: ...` as nextest words it. */
void rows_replay_text(struct nx_strbuf *b, bool color, const struct nx_run *run, struct rows_files f);

#endif
