#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/growing.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROWING_BLOCK = 64 * 1024 };

/* The first `size` bytes of a file that grows, and a footer. */
struct growing {
    int fd;
    uint64_t size;
    size_t footer_n;
    char footer[];
};

static ssize_t read_growing(void *cls, uint64_t pos, char *buf, size_t max)
{
    const struct growing *g = cls;
    if (pos >= g->size) {
        size_t at = (size_t)(pos - g->size), n = g->footer_n - at < max ? g->footer_n - at : max;
        memcpy(buf, g->footer + at, n);
        return (ssize_t)n;
    }
    size_t n = g->size - pos < max ? (size_t)(g->size - pos) : max;
    ssize_t got = pread(g->fd, buf, n, (off_t)pos);
    return got > 0 ? got : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_growing(void *cls)
{
    struct growing *g = cls;
    close(g->fd);
    free(g);
}

struct MHD_Response *growing_response(const struct follow_result *res)
{
    struct growing *g = malloc(sizeof *g + res->footer_n);
    if (!g) {
        return NULL;
    }
    g->fd = fcntl(res->fd, F_DUPFD_CLOEXEC, 0);
    g->size = res->size;
    g->footer_n = res->footer_n;
    memcpy(g->footer, res->footer, res->footer_n);
    struct MHD_Response *resp =
        g->fd < 0 ? NULL
                  : MHD_create_response_from_callback(res->size + res->footer_n, GROWING_BLOCK, read_growing,
                                                      g, free_growing);
    if (!resp) {
        if (g->fd >= 0) {
            close(g->fd);
        }
        free(g);
    }
    return resp;
}
