/*
 * What the index costs, for bench/scale: prints one `name value` a line.
 *
 * index_bench STATE DATABASE: takes a view, fills the database (which must not be there), decodes every log
 * without an index, goes over it a second time with nothing new. With `again` behind: only the last. CPU is
 * this process's, of all its threads; decoding is read, decompressed and made into events.
 *
 * index_bench STATE DATABASE follow LOG: the store's one run goes on; its log grows in 100 steps to what LOG is, and is
 * looked at after each; then it is read once.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "catalog/growing.h"
#include "catalog/reconcile.h"
#include "event/decode.h"
#include "recording/recording.h"
#include "recording/runlog.h"

static struct nx_err err;

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void die(const char *doing)
{
    char text[6000];
    fprintf(stderr, "index_bench: %s: %s\n", doing, nx_err_text(&err, text, sizeof text));
    exit(1);
}

static void tell(const char *name, double value)
{
    printf("%s %.6f\n", name, value);
}

static void tell_peak(const char *name)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    tell(name, (double)used.ru_maxrss / 1024);
}

/* Every event of a run's log, looked at and thrown away. */
static uint64_t decode(const char *dir, const struct nx_run *run)
{
    struct nx_recording *rec;
    struct nx_reader *reader;
    struct nx_runlog *log;
    struct nx_decoder *decoder = nx_decoder_new(false);
    uint64_t n = 0;
    if (!decoder || nx_recording_open_dir(dir, run, &rec, &err) < 0 ||
        nx_recording_log(rec, &reader, &err) < 0 || nx_runlog_open(reader, &log, &err) < 0)
        die("decoding");
    for (;;) {
        struct nx_slice line;
        uint64_t number;
        const struct nx_event *ev;
        const char *odd;
        int got = nx_runlog_next(log, &line, &number, &err);
        if (got == 0)
            break;
        if (got < 0 || nx_decode(decoder, line, &ev, &odd, &err) < 0)
            die("decoding");
        n++;
    }
    nx_runlog_close(log);
    nx_decoder_free(decoder);
    nx_recording_close(rec);
    return n;
}

static void decode_all(const struct nx_view *view)
{
    uint64_t events = 0;
    for (size_t i = 0; i < view->runs; i++) {
        char *dir = nx_run_dir(view->by_start[i].ws, view->by_start[i].run);
        if (!dir)
            exit(1);
        events += decode(dir, view->by_start[i].run);
        free(dir);
    }
    tell("events", (double)events);
}

static struct nx_reconciled reconcile(struct nx_index *ix, const struct nx_view *view)
{
    const struct nx_reconcile_opts opts = {.workspace = NULL};
    struct nx_reconciled r;
    if (nx_reconcile(ix, view, &opts, &r, &err) < 0)
        die("filling the index");
    return r;
}

static struct nx_index *opened(const char *path)
{
    struct nx_index *ix;
    if (nx_index_open(path, NX_INDEX_WRITE, &ix, NULL, &err) < 0)
        die("opening the index");
    return ix;
}

static void fill(const char *path, const struct nx_view *view)
{
    double began = cpu();
    struct nx_index *ix = opened(path);
    struct nx_reconciled r = reconcile(ix, view);
    nx_index_close(ix);
    tell("first_cpu", cpu() - began);
    tell("first_read", (double)r.read);
    tell("executions", (double)r.executions);
    tell_peak("peak_mib");

    struct stat st;
    if (stat(path, &st) != 0)
        exit(1);
    tell("database_bytes", (double)st.st_size);
}

static void again(const char *path, const struct nx_view *view)
{
    double began = cpu();
    struct nx_index *ix = opened(path);
    struct nx_reconciled r = reconcile(ix, view);
    nx_index_close(ix);
    tell("again_cpu", cpu() - began);
    tell("again_read", (double)r.read);
}

/* --- a run that goes on --- */

static double look(struct nx_index *ix, const struct nx_view *view, struct nx_growing *growing)
{
    const struct nx_reconcile_opts opts = {.growing = growing};
    struct nx_reconciled r;
    double began = cpu();
    if (nx_reconcile(ix, view, &opts, &r, &err) < 0)
        die("following a run");
    if (r.read != 1) {
        fprintf(stderr, "index_bench: a step had nothing new\n");
        exit(1);
    }
    return cpu() - began;
}

static void follow(const char *database, const struct nx_view *view, const char *whole)
{
    enum { STEPS = 100 };
    char *path = nx_run_log(view->by_start[0].ws, view->by_start[0].run), part[65536];
    FILE *from = fopen(whole, "rb"), *to = path ? fopen(path, "wb") : NULL;
    struct stat st;
    struct nx_index *ix = opened(database);
    struct nx_growing *growing = nx_growing_new();
    double took = 0;
    if (!from || !to || !growing || fstat(fileno(from), &st) != 0)
        exit(1);
    for (off_t i = 1; i <= STEPS; i++) {
        for (off_t left = st.st_size * i / STEPS - ftello(from); left > 0;) {
            size_t n = fread(part, 1, left < (off_t)sizeof part ? (size_t)left : sizeof part, from);
            if (n == 0 || fwrite(part, 1, n, to) != n)
                exit(1);
            left -= (off_t)n;
        }
        if (fflush(to) != 0)
            exit(1);
        took += look(ix, view, growing);
    }
    tell("follow_cpu", took);
    nx_growing_free(growing);
    nx_index_close(ix);
    if (fclose(to) != 0 || unlink(database) != 0)
        exit(1);
    fclose(from);
    free(path);
    ix = opened(database);
    tell("once_cpu", look(ix, view, NULL));
    nx_index_close(ix);
}

int main(int argc, char **argv)
{
    bool follows = argc == 5 && strcmp(argv[3], "follow") == 0;
    bool only_again = argc == 4 && strcmp(argv[3], "again") == 0;
    if (argc != 3 && !only_again && !follows) {
        fprintf(stderr, "usage: index_bench STATE DATABASE [again | follow LOG]\n");
        return 2;
    }
    double began = cpu();
    const struct nx_store store = {.name = "default", .dir = argv[1]};
    struct nx_view *view;
    if (nx_view_take(&store, 1, NULL, NULL, 1000, &view, &err) < 0)
        die("taking a view");
    tell("view_cpu", cpu() - began);
    tell("runs", (double)view->runs);
    if (follows) {
        follow(argv[2], view, argv[4]);
        nx_view_unref(view);
        return 0;
    }
    if (!only_again) {
        fill(argv[2], view);
        began = cpu();
        decode_all(view);
        tell("decode_cpu", cpu() - began);
    }
    again(argv[2], view);
    nx_view_unref(view);
    return 0;
}
