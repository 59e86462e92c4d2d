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

/* The first `size` bytes of a file that grows, the first of them from memory, and a footer. */
struct growing {
    int fd;
    uint64_t size;
    size_t opening_n, footer_n;
    char texts[]; /* both */
};

static ssize_t copy(char *buf, size_t max, const char *from, size_t n)
{
    memcpy(buf, from, n < max ? n : max);
    return (ssize_t)(n < max ? n : max);
}

static ssize_t read_growing(void *cls, uint64_t pos, char *buf, size_t max)
{
    const struct growing *g = cls;
    if (pos >= g->size) {
        size_t at = (size_t)(pos - g->size);
        return copy(buf, max, g->texts + g->opening_n + at, g->footer_n - at);
    }
    if (pos < g->opening_n) {
        return copy(buf, max, g->texts + pos, g->opening_n - (size_t)pos);
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
    struct growing *g = malloc(sizeof *g + res->opening.n + res->footer.n);
    if (!g) {
        return NULL;
    }
    g->fd = fcntl(res->fd, F_DUPFD_CLOEXEC, 0);
    g->size = res->size;
    g->opening_n = res->opening.n;
    g->footer_n = res->footer.n;
    if (g->opening_n > 0) {
        memcpy(g->texts, res->opening.p, g->opening_n);
    }
    memcpy(g->texts + g->opening_n, res->footer.p, g->footer_n);
    struct MHD_Response *resp =
        g->fd < 0 ? NULL
                  : MHD_create_response_from_callback(res->size + res->footer.n, GROWING_BLOCK, read_growing,
                                                      g, free_growing);
    if (!resp) {
        if (g->fd >= 0) {
            close(g->fd);
        }
        free(g);
    }
    return resp;
}
