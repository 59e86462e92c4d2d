#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "state/home.h"

#include <stdlib.h>

#include "base/strbuf.h"

int nx_home_dir(char **ret, struct nx_err *err)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    if (xdg && xdg[0] == '/') {
        nx_strbuf_addf(&b, "%s/nxtrace", xdg);
    } else if (home && home[0] == '/') {
        nx_strbuf_addf(&b, "%s/.local/state/nxtrace", home);
    } else {
        return nx_fail(err, NX_ENOTFOUND, NULL, "neither $XDG_STATE_HOME nor $HOME says where to keep the index");
    }
    *ret = nx_strbuf_take(&b, NULL);
    nx_strbuf_fini(&b);
    return *ret ? 0 : nx_fail(err, NX_ENOMEM, NULL, "no memory for a path");
}
