#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"

/* A starter that hands the address to a running browser ends within this; what runs on is the browser. */
enum { PATIENCE_MS = 2000, STEP_MS = 10 };

static void run(const char *script, const char *url)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
    }
    (void)setpgid(0, 0); /* a Ctrl-C is for nxctl */
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    execl("/bin/sh", "sh", "-c", script, "sh", url, (char *)NULL);
    _exit(127);
}

/* Did it take the address? */
static bool try_script(const char *script, const char *url)
{
    const struct timespec step = {0, STEP_MS * 1000000L};
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        run(script, url);
    }
    for (int ms = 0; pid > 0 && ms < PATIENCE_MS; ms += STEP_MS) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid) {
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        }
        (void)nanosleep(&step, NULL);
    }
    return pid > 0;
}

/* A command of $BROWSER as a shell's, in which $1 is the address. */
static bool try_command(const char *p, size_t n, const char *url)
{
    struct nx_strbuf b;
    bool placed = false, ok = false;
    nx_strbuf_init(&b, 0);
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '%' && i + 1 < n && (p[i + 1] == 's' || p[i + 1] == '%')) {
            placed |= p[++i] == 's';
            nx_strbuf_adds(&b, p[i] == 's' ? "\"$1\"" : "%");
        } else {
            nx_strbuf_addc(&b, p[i]);
        }
    }
    nx_strbuf_adds(&b, placed ? "" : " \"$1\"");
    ok = !b.failed && try_script(b.p, url);
    nx_strbuf_fini(&b);
    return ok;
}

#ifndef __APPLE__
static bool is_set(const char *name)
{
    const char *v = getenv(name);
    return v && *v;
}
#endif

bool browser_open(const char *url)
{
    const char *p = getenv("BROWSER");
    if (!p || !*p) {
#ifdef __APPLE__
        return try_script("open \"$1\"", url);
#else
        /* Without a desktop it would start a browser for terminals, of no use here. */
        return (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) && try_script("xdg-open \"$1\"", url);
#endif
    }
    while (*p) {
        size_t n = strcspn(p, ":");
        if (n > 0 && try_command(p, n, url)) {
            return true;
        }
        p += n + (p[n] == ':');
    }
    return false;
}
