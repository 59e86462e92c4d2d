/*
 * The files of the page, read from one folder and held in memory, plain and compressed.
 *
 * The folder is flat. Only regular files in it with a name of letters, digits, `.`, `-` and `_` and one of the
 * known endings are taken, no links; so what is served is a list made by looking into the folder, and a name
 * that a client sends is only ever compared with that list. At most 256 files of at most 4 MiB each, 32 MiB in
 * all. A set never changes; it belongs to who made it. Any thread.
 */
#ifndef NXD_WWW_FILES_H
#define NXD_WWW_FILES_H

#include "base/err.h"
#include "base/slice.h"
#include "base/strbuf.h"
#include "io/encode.h"

struct answer;

struct www_file {
    char *name;
    const char *type;                     /* Content-Type; static */
    bool encodable;                       /* else body[NX_ENC_IDENTITY] is all there is */
    struct nx_strbuf body[NX_ENC_COUNT];  /* n == 0: this encoding gains nothing */
    struct answer *answer[NX_ENC_COUNT];  /* the daemon's, on the loop; www_set_free() leaves them alone */
};

struct www_set {
    char *dir;           /* NULL: there is no such folder, and no file */
    uint64_t signature;  /* of names, sizes and times: what has the same one need not be read again */
    struct www_file *v;  /* by name */
    size_t n;
};

/* The folder to read: `given` where it was given, else the first of `www` beside the program,
 * `../share/nxtrace/www` from there, and the installed one, that has an index.html. NX_ENOTFOUND names the
 * remedy. Returns owned. */
NX_MUST_USE int www_find(const char *given, char **ret_dir, struct nx_err *err);

/* Reads the folder, unless its signature is `known`: then 0 and *ret NULL. Returns owned. */
NX_MUST_USE int www_read(const char *dir, uint64_t known, struct www_set **ret, struct nx_err *err);
void www_set_free(struct www_set *s); /* takes NULL */

/* Borrowed from the set, or NULL. */
struct www_file *www_set_find(struct www_set *s, struct nx_slice name);

#endif
