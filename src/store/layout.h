/*
 * Where nextest keeps recordings, and under which names.
 *
 * Source: nextest-runner/src/record/state_dir.rs and store.rs, 0.9.143.
 *   state directory: $NEXTEST_STATE_DIR, else $XDG_STATE_HOME/nextest, else ~/.local/state/nextest
 *   projects/<encoded workspace>/records/runs/{runs.lock,runs.json.zst,<uuid>/{run.log.zst,store.zip}}
 * Everything here only reads. Any thread.
 */
#ifndef NX_STORE_LAYOUT_H
#define NX_STORE_LAYOUT_H

#include <stdbool.h>

#include "base/err.h"

/* The state directory by nextest's rules, from the environment. Returns owned (free()).
 * NX_ENOSTORE when neither a variable nor a home directory says where. The directory need not exist. */
NX_MUST_USE int nx_store_default_dir(char **ret, struct nx_err *err);

/* Encodes a canonical workspace path into its folder name (at most 96 bytes). Returns owned, NULL: no memory.
 */
char *nx_workspace_encode(const char *path);

/* Decodes a folder name. Returns owned; NULL where it is no valid encoding, or no memory. A name that was cut
 * and hashed decodes to a wrong path or not at all: nx_workspace_name_is_cut() says that it may be one, by
 * its length and its last eight characters (a whole name of 93 to 96 bytes that ends in eight hex digits
 * looks the same). */
char *nx_workspace_decode(const char *name);
bool nx_workspace_name_is_cut(const char *name);

/* One workspace folder in a state directory. */
struct nx_workspace_dir {
    char *name;     /* the encoded name */
    char *runs_dir; /* <state>/projects/<name>/records/runs; need not exist */
};
struct nx_workspace_dirs {
    struct nx_workspace_dir *v; /* in byte order of name */
    size_t n;
};

/* Lists the workspaces of a state directory. No projects folder: none. NX_ENOSTORE when state_dir itself
 * is not there, NX_EIO, NX_ELIMIT. */
NX_MUST_USE int nx_store_workspaces(const char *state_dir, struct nx_workspace_dirs *ret, struct nx_err *err);
void nx_workspace_dirs_fini(struct nx_workspace_dirs *d);

/* `<state_dir>/projects/<encoded workspace>/records/runs`. Returns owned; NULL: no memory. */
char *nx_store_runs_dir(const char *state_dir, const char *workspace);

/* `<runs_dir>/<run id>`. Returns owned. */
char *nx_store_run_dir(const char *runs_dir, const char *run_id);

#endif
