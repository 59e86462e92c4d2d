#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SHOW_AFTER_MS = 500,
    DRAW_EVERY_MS = 100,
};

static volatile sig_atomic_t caught;

static void note_signal(int sig)
{
    caught = sig;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_init(struct progress *p, const struct ui *ui, uint64_t total)
{
    memset(p, 0, sizeof(*p));
    p->on = ui->err_tty && !ui->quiet;
    p->total = total;
    p->start = now_ms();
}

static void draw(const struct progress *p, uint64_t consumed)
{
    char line[96];
    int n;
    if (p->total > 0) {
        uint64_t percent = consumed >= p->total ? 100 : consumed * 100 / p->total;
        n = snprintf(line, sizeof(line), "\r\033[Kexporting: %3" PRIu64 "%%", percent);
    } else {
        n = snprintf(line, sizeof(line), "\r\033[Kexporting: %" PRIu64 " KB of the log read",
                     consumed / 1024);
    }
    /* A terminal that takes no more is no reason to stop. */
    (void)!write(STDERR_FILENO, line, (size_t)n);
}

/* Is it time to draw? Then it counts as drawn. */
static bool is_due(struct progress *p)
{
    int64_t now = p->on ? now_ms() : 0;
    if (!p->on || now - p->start < SHOW_AFTER_MS || now - p->last < DRAW_EVERY_MS) {
        return false;
    }
    p->drawn = true;
    p->last = now;
    return true;
}

int progress_tell(void *arg, uint64_t consumed)
{
    struct progress *p = arg;
    if (is_due(p)) {
        draw(p, consumed);
    }
    return p->interruptible && caught != 0;
}

void progress_count(struct progress *p, const char *doing)
{
    p->count++;
    if (is_due(p)) {
        char line[96];
        int n = snprintf(line, sizeof(line), "\r\033[K%.40s: %" PRIu64, doing, p->count);
        (void)!write(STDERR_FILENO, line, (size_t)n);
    }
}

void progress_clear(struct progress *p)
{
    if (p->drawn) {
        (void)!write(STDERR_FILENO, "\r\033[K", 4);
        p->drawn = false;
    }
}

void progress_catch_signals(struct progress *p)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction act, old;
    memset(&act, 0, sizeof(act));
    act.sa_handler = note_signal;
    act.sa_flags = (int)SA_RESETHAND; /* a second one ends us at once, should we hang in a write */
    sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        /* One that the caller had ignored (nohup) stays so. */
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            sigaction(signals[i], &act, NULL);
        }
    }
    p->interruptible = true;
}

void progress_die_of_signal(void)
{
    if (caught != 0) {
        signal(caught, SIG_DFL);
        raise(caught);
    }
}
