#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "io/dirs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int nx_dirs_make(const char *dir, struct nx_err *err)
{
    char *path = strdup(dir);
    if (!path) {
        return nx_fail(err, NX_ENOMEM, dir, "no memory");
    }
    int rc = 0;
    for (char *p = path; rc == 0 && *p;) {
        p += 1 + strcspn(p + 1, "/"); /* to the next slash, or the end; one at the front is passed over */
        char c = *p;
        *p = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            rc = nx_fail_sys(err, NX_EWRITE, errno, path, "cannot make the folder");
        }
        *p = c;
    }
    free(path);
    return rc;
}
