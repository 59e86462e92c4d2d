/* Is it there, can it answer? */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/daemon.h"
#include "daemon/handlers.h"
#include "daemon/reply.h"

static void say(struct req *r, const char *text)
{
    struct nx_strbuf body;
    struct answer_meta meta = {.type = "application/json", .cache = "no-store", .status = MHD_HTTP_OK};
    nx_strbuf_init(&body, 0);
    nx_strbuf_adds(&body, text);
    struct answer *a = answer_new(r->d, r->target, &meta, &body);
    nx_strbuf_fini(&body);
    if (a) {
        answer_reply(r, a);
        answer_release(a);
    } else {
        req_reply(r, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    }
}

void health_alive(struct req *r, const struct match *m)
{
    (void)m;
    say(r, "{\"status\":\"ok\"}\n");
}

/* It listens only after its first scan, and refuses everything with 503 once it was told to end. */
void health_ready(struct req *r, const struct match *m)
{
    (void)m;
    say(r, "{\"status\":\"ready\"}\n");
}
