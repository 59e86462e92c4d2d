#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/stream.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client/members.h"

enum { HOST = 256, PORT = 16, LINE = 8192, BODY = 16 << 20, PATIENCE_S = 10 };

struct address {
    char host[HOST], port[PORT];
    bool v6;
};

static int bad_url(const char *url, struct nx_err *err)
{
    int rc = nx_fail(err, NX_EUSAGE, NULL, "'%.200s' is no daemon's address", url);
    nx_err_hint(err, "such as http://127.0.0.1:9001");
    return rc;
}

static int parse(const char *url, struct address *a, struct nx_err *err)
{
    const char *p = url + strlen("http://");
    if (strncasecmp(url, "http://", strlen("http://")) != 0) {
        return bad_url(url, err);
    }
    a->v6 = *p == '[';
    p += a->v6;
    size_t n = strcspn(p, a->v6 ? "]" : ":/");
    const char *rest = p + n;
    if (n == 0 || n >= HOST || (a->v6 && *rest++ != ']')) {
        return bad_url(url, err);
    }
    memcpy(a->host, p, n);
    a->host[n] = '\0';
    strcpy(a->port, "80");
    if (*rest == ':') {
        n = strspn(++rest, "0123456789");
        if (n == 0 || n >= PORT) {
            return bad_url(url, err);
        }
        memcpy(a->port, rest, n);
        a->port[n] = '\0';
        rest += n;
    }
    return *rest == '\0' || strcmp(rest, "/") == 0 ? 0 : bad_url(url, err);
}

/* patience: seconds to wait for each piece of an answer; 0: for ever. */
static int dial(const char *url, const struct address *a, int patience, struct nx_err *err)
{
    const struct timeval limit = {.tv_sec = patience};
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int fd = -1, sys = 0, r = getaddrinfo(a->host, a->port, &hints, &found);
    if (r != 0) {
        return nx_fail(err, NX_EIO, url, "%s", gai_strerror(r));
    }
    for (struct addrinfo *i = found; i && fd < 0; i = i->ai_next) {
        fd = socket(i->ai_family, i->ai_socktype | SOCK_CLOEXEC, i->ai_protocol);
        if (fd >= 0 && connect(fd, i->ai_addr, i->ai_addrlen) < 0) {
            sys = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    if (fd < 0) {
        r = nx_fail_sys(err, NX_EIO, sys, url, "cannot reach nxtraced");
        nx_err_hint(err, "without --server the store itself is looked at");
        return r;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

static int no_answer(const char *url, struct nx_err *err)
{
    return nx_fail(err, NX_EIO, url, "what listens there gives no answer of HTTP");
}

/* Reads the head of the answer. */
static int read_head(FILE *f, const char *url, int *ret_status, struct nx_err *err)
{
    char line[LINE];
    if (!fgets(line, sizeof(line), f) || sscanf(line, "HTTP/1.%*1d %3d", ret_status) != 1) {
        return no_answer(url, err);
    }
    while (fgets(line, sizeof(line), f)) {
        if (strcmp(line, "\r\n") == 0 || strcmp(line, "\n") == 0) {
            return 0;
        }
    }
    return no_answer(url, err);
}

static int ask(const char *url, const char *path, int patience, FILE **ret, int *ret_status, struct nx_err *err)
{
    struct address a;
    int rc = parse(url, &a, err);
    int fd = rc < 0 ? rc : dial(url, &a, patience, err);
    if (fd < 0) {
        return fd;
    }
    FILE *f = fdopen(fd, "r+");
    if (!f) {
        close(fd);
        return nx_fail_sys(err, NX_EIO, errno, url, "cannot read");
    }
    fprintf(f, "GET %s HTTP/1.0\r\nHost: %s%s%s:%s\r\n\r\n", path, a.v6 ? "[" : "", a.host, a.v6 ? "]" : "",
            a.port);
    rc = fflush(f) != 0 ? nx_fail_sys(err, NX_EIO, errno, url, "cannot ask")
         : read_head(f, url, ret_status, err);
    if (rc < 0) {
        (void)fclose(f);
        return rc;
    }
    *ret = f;
    return 0;
}

int stream_open(const char *url, const char *path, FILE **ret, int *ret_status, struct nx_err *err)
{
    return ask(url, path, 0, ret, ret_status, err);
}

/* What an error's document says. */
static int said(struct nx_strbuf *doc, const char *url, int status, struct nx_err *err)
{
    struct nx_slice code = {NULL, 0}, message = {NULL, 0}, hint = {NULL, 0};
    const struct member in[] = {
        {.key = "code", .kind = M_STR, .to = &code},
        {.key = "message", .kind = M_STR, .to = &message},
        {.key = "hint", .kind = M_STR, .to = &hint},
    };
    const struct member m[] = {{.key = "error", .kind = M_OBJ, .in = in, .in_n = sizeof(in) / sizeof(in[0])}};
    struct nx_arena arena;
    int rc = 0;
    nx_arena_init(&arena, BODY);
    if (members_of(doc, &arena, MEMBERS(m), err) < 0 || !message.p) {
        rc = nx_fail(err, NX_EIO, url, "answered with status %d", status);
    } else {
        enum nx_code found = NX_EIO;
        for (int c = NX_OK + 1; code.p && c < NX_ECOUNT; c++) {
            found = nx_slice_is(code, nx_code_text((enum nx_code)c)) ? (enum nx_code)c : found;
        }
        rc = nx_fail(err, found, NULL, "%.*s", (int)message.n, message.p);
        if (hint.p) {
            nx_err_hint(err, "%.*s", (int)hint.n, hint.p);
        }
    }
    nx_arena_fini(&arena);
    return rc;
}

void stream_encode(struct nx_strbuf *b, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (const char *c = text; *c; c++) {
        nx_strbuf_addf(b, strchr(plain, *c) ? "%c" : "%%%02X", (unsigned char)*c);
    }
}

int stream_get(const char *url, const char *path, struct nx_strbuf *out, struct nx_err *err)
{
    FILE *f;
    char part[4096];
    size_t n;
    int status = 0, rc = ask(url, path, PATIENCE_S, &f, &status, err);
    if (rc < 0) {
        return rc;
    }
    while (out->n < BODY && (n = fread(part, 1, sizeof(part), f)) > 0) {
        nx_strbuf_add(out, part, n);
    }
    bool cut = ferror(f) || out->failed;
    (void)fclose(f);
    if (cut) {
        return nx_fail(err, NX_EIO, url, "the answer was cut");
    }
    return status == 200 ? 0 : said(out, url, status, err);
}
