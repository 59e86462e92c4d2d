#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/once.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { USUAL_PORT = 9001, NO_PROGRAM = 127, PATH_ROOM = 4096 };

static bool is_free(uint16_t port)
{
    const struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0
              && bind(fd, (const struct sockaddr *)&a, sizeof(a)) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* nxtraced in the folder of this program, where that can be told. */
static bool beside(char path[PATH_ROOM])
{
    static const char name[] = "nxtraced";
    ssize_t n = readlink("/proc/self/exe", path, PATH_ROOM - sizeof(name));
    if (n <= 0) {
        return false;
    }
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash) {
        return false;
    }
    strcpy(slash + 1, name);
    return access(path, X_OK) == 0;
}

static void run(const struct once *o, const char *state_dir, int ready, pid_t parent)
{
    char fd[16], path[PATH_ROOM];
    const char *program = beside(path) ? path : "nxtraced";
    snprintf(fd, sizeof(fd), "%d", ready);
    const char *const argv[] = {program, "--once", "--quiet", "--no-procs", "--no-index", "--cache-size", "0", "--drain", "5", "--store",
                                state_dir, "--ready-fd", fd, "--listen", o->usual ? "127.0.0.1:9001" : "127.0.0.1:0", NULL};
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(0);
    }
#else
    (void)parent;
#endif
    (void)setpgid(0, 0); /* a Ctrl-C is for nxctl, which ends it */
    (void)sigprocmask(SIG_SETMASK, &o->before, NULL);
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("NOTIFY_SOCKET");
    (void)fcntl(ready, F_SETFD, 0);
    execvp(program, (char *const *)argv);
    _exit(NO_PROGRAM);
}

static void block_signals(struct once *o)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction old;
    sigemptyset(&o->waited);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        /* One that the caller had ignored (nohup) stays so. */
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            sigaddset(&o->waited, signals[i]);
        }
    }
    sigaddset(&o->waited, SIGCHLD);
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, no exit status could be had */
    (void)sigprocmask(SIG_BLOCK, &o->waited, &o->before);
}

/* The first line that it writes when it is ready. */
static bool read_base(struct once *o, int fd)
{
    char text[256];
    size_t n = 0;
    ssize_t got;
    while (n < sizeof(text) - 1 && (got = read(fd, text + n, sizeof(text) - 1 - n)) != 0) {
        if (got < 0 && errno != EINTR) {
            break;
        }
        n += got > 0 ? (size_t)got : 0;
    }
    text[n] = '\0';
    size_t line = strcspn(text, "\n");
    if (text[line] != '\n' || line < 2 || text[line - 1] != '/' || line > sizeof(o->base)) {
        return false;
    }
    memcpy(o->base, text, line - 1);
    o->base[line - 1] = '\0';
    return true;
}

/* Its exit status, or -1. */
static int reap(struct once *o)
{
    int status = 0;
    pid_t r;
    do {
        r = waitpid(o->pid, &status, 0);
    } while (r < 0 && errno == EINTR);
    o->pid = 0;
    (void)sigprocmask(SIG_SETMASK, &o->before, NULL);
    return r >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int once_start(struct once *o, const char *state_dir, struct nx_err *err)
{
    int fds[2];
    pid_t self = getpid();
    *o = (struct once){.usual = is_free(USUAL_PORT)};
    if (pipe(fds) < 0) {
        return nx_fail_sys(err, NX_EIO, errno, "nxtraced", "cannot be started");
    }
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    block_signals(o);
    o->pid = fork();
    if (o->pid == 0) {
        run(o, state_dir, fds[1], self);
    }
    int sys = errno;
    close(fds[1]);
    bool ready = o->pid > 0 && read_base(o, fds[0]);
    close(fds[0]);
    if (ready) {
        return 0;
    }
    if (o->pid < 0) {
        o->pid = 0;
        (void)sigprocmask(SIG_SETMASK, &o->before, NULL);
        return nx_fail_sys(err, NX_EIO, sys, "nxtraced", "cannot be started");
    }
    int status = reap(o), rc = 0;
    if (status == NO_PROGRAM) {
        rc = nx_fail(err, NX_EIO, "nxtraced", "is neither beside nxctl nor in PATH");
        nx_err_hint(err, "install it there, or name one that runs with --server; `nxctl export -o trace.json` writes a file "
                         "that https://ui.perfetto.dev opens");
    } else {
        rc = nx_fail(err, NX_EIO, "nxtraced", "did not start (exit status %d)", status);
    }
    return rc;
}

void once_stop(struct once *o)
{
    if (o->pid > 0) {
        (void)kill(o->pid, SIGTERM);
        (void)reap(o);
    }
}

int once_wait(struct once *o, struct nx_err *err)
{
    int sig = 0, status = 0;
    for (;;) {
        if (sigwait(&o->waited, &sig) != 0) {
            continue;
        }
        if (sig != SIGCHLD) {
            once_stop(o);
            (void)signal(sig, SIG_DFL);
            (void)raise(sig);
            return nx_fail(err, NX_EIO, NULL, "ended by signal %d", sig);
        }
        pid_t ended = waitpid(o->pid, &status, WNOHANG); /* a browser's starter ends, too */
        if (ended == o->pid) {
            break;
        }
    }
    o->pid = 0;
    (void)sigprocmask(SIG_SETMASK, &o->before, NULL);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return 0;
    }
    return nx_fail(err, NX_EIO, "nxtraced", "ended before the trace was fetched");
}
