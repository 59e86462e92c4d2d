#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

int systemd_socket(int *ret_fd, struct nx_err *err)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    long n = pid && fds && strtol(pid, NULL, 10) == (long)getpid() ? strtol(fds, NULL, 10) : 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    *ret_fd = -1;
    if (n <= 0) {
        return 0;
    }
    if (n > 1) {
        int r = nx_fail(err, NX_EUSAGE, "LISTEN_FDS", "%ld sockets were handed over, nxtraced serves one", n);
        nx_err_hint(err, "keep one ListenStream= in the socket unit");
        return r;
    }
    int listening = 0, type = 0;
    socklen_t len = sizeof listening;
    if (getsockopt(FIRST_FD, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_STREAM ||
        getsockopt(FIRST_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || !listening) {
        int r = nx_fail(err, NX_EUSAGE, "LISTEN_FDS", "descriptor 3 is no listening stream socket");
        nx_err_hint(err, "the socket unit wants ListenStream= and Accept=no");
        return r;
    }
    int flags = fcntl(FIRST_FD, F_GETFL);
    if (fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) < 0 || flags < 0 ||
        fcntl(FIRST_FD, F_SETFL, flags | O_NONBLOCK) < 0) {
        return nx_fail_sys(err, NX_EIO, errno, "LISTEN_FDS", "cannot use descriptor 3");
    }
    *ret_fd = FIRST_FD;
    return 0;
}

void systemd_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    if ((n && path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof to.sun_path) {
        return;
    }
    memcpy(to.sun_path, path, n);
    if (path[0] == '@') {
        to.sun_path[0] = 0; /* the abstract namespace */
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
        (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, len);
        close(fd);
    }
}
