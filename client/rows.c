#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/rows.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/words.h"
#include "client/ui.h"

const char *rows_size(uint64_t bytes, char *buf)
{
    const uint64_t kib = 1024, mib = kib * 1024, gib = mib * 1024;
    if (bytes >= gib) {
        snprintf(buf, ROWS_SIZE, "%.1f GB", (double)bytes / (double)gib);
    } else if (bytes >= mib) {
        snprintf(buf, ROWS_SIZE, "%.1f MB", (double)bytes / (double)mib);
    } else if (bytes >= kib) {
        snprintf(buf, ROWS_SIZE, "%" PRIu64 " KB", bytes / kib);
    } else {
        snprintf(buf, ROWS_SIZE, "%" PRIu64 " B", bytes);
    }
    return buf;
}

uint64_t rows_total(const struct nx_run *run)
{
    return run->log.compressed + run->store.compressed;
}

int rows_passed_width(const struct nx_run *run)
{
    int width = 1;
    if (!nx_run_ended(run)) {
        return 0;
    }
    for (uint64_t v = run->passed; v >= 10; v /= 10) {
        width++;
    }
    return width;
}

static void add_count(struct nx_strbuf *b, bool color, uint64_t n, int width)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%" PRIu64, n);
    for (int i = len; i < width; i++) {
        nx_strbuf_addc(b, ' ');
    }
    ui_styled(b, color, S_BOLD, text);
    nx_strbuf_addc(b, ' ');
}

static void add_part(struct nx_strbuf *b, bool color, uint64_t n, enum style s, const char *word)
{
    if (n > 0) {
        nx_strbuf_adds(b, " / ");
        add_count(b, color, n, 0);
        ui_styled(b, color, s, word);
    }
}

void rows_status(struct nx_strbuf *b, bool color, const struct nx_run *run, int width)
{
    bool stress = run->status == NX_RUN_STRESS_COMPLETED || run->status == NX_RUN_STRESS_CANCELLED;
    if (!nx_run_ended(run)) {
        nx_strbuf_addf(b, "%*s ", width, "");
        ui_styled(b, color, S_ODD, nx_words_status(run->status));
        return;
    }
    if (!stress && run->initial_count == 0) { /* no tests: most often not what was meant */
        add_count(b, color, 0, width);
        ui_styled(b, color, S_ODD, "passed");
        return;
    }
    add_count(b, color, run->passed, width);
    ui_styled(b, color, S_GOOD, "passed");
    if (stress) {
        nx_strbuf_adds(b, run->passed == 1 ? " iteration" : " iterations");
    }
    add_part(b, color, run->failed, S_BAD, "failed");
    add_part(b, color, nx_words_not_run(run), S_ODD, "not run");
    if (run->status == NX_RUN_CANCELLED || run->status == NX_RUN_STRESS_CANCELLED) {
        nx_strbuf_addc(b, ' ');
        ui_styled(b, color, S_ODD, "(cancelled)");
    }
}

void rows_duration(struct nx_strbuf *b, const struct nx_run *run, int width)
{
    if (run->has_duration) {
        nx_strbuf_addf(b, "%*.3fs", width > 0 ? width - 1 : 0, run->duration_secs);
    } else {
        nx_strbuf_addf(b, "%*s", width, "-");
    }
}

void rows_id(struct nx_strbuf *b, bool color, const char *id, size_t prefix, size_t len)
{
    char part[40];
    len = len < strlen(id) ? len : strlen(id);
    prefix = prefix < len ? prefix : len;
    snprintf(part, sizeof(part), "%.*s", (int)prefix, id);
    ui_styled(b, color, S_ID, part);
    snprintf(part, sizeof(part), "%.*s", (int)(len - prefix), id + prefix);
    if (part[0]) {
        ui_styled(b, color, S_ID_REST, part);
    }
}

void rows_ago(struct nx_strbuf *b, struct nx_instant t)
{
    static const struct {
        int64_t secs;
        const char *unit;
    } units[] = {{31557600, "y"}, {2630016, "mo"}, {86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t secs = now.tv_sec - t.sec, nsec = now.tv_nsec - (int64_t)t.nsec;
    if (nsec < 0) {
        secs--;
        nsec += 1000000000;
    }
    if (secs < 0) { /* written by a clock that is ahead of ours */
        secs = 0;
        nsec = 0;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (secs >= units[i].secs) {
            nx_strbuf_addf(b, "%" PRId64 "%s", secs / units[i].secs, units[i].unit);
            return;
        }
    }
    if (nsec >= 1000000) {
        nx_strbuf_addf(b, "%" PRId64 "ms", nsec / 1000000);
    } else {
        nx_strbuf_adds(b, "0s");
    }
}

void rows_line(struct nx_strbuf *b, bool unicode, size_t n)
{
    while (n-- > 0) {
        nx_strbuf_adds(b, unicode ? "\u2500" : "-");
    }
}

/* What nextest quotes: the signs that POSIX says must be, or may have to be. */
static bool needs_quotes(const char *word)
{
    return *word == '\0' || strpbrk(word, "|&;<>()$`\\\"' \t\n*?[#~=%") != NULL;
}

void rows_shell_word(struct nx_strbuf *b, const char *word)
{
    if (!needs_quotes(word)) {
        ui_safe(b, nx_slice_of(word));
        return;
    }
    nx_strbuf_addc(b, '\'');
    while (*word) {
        size_t n = strcspn(word, "'");
        ui_safe(b, (struct nx_slice){word, n});
        word += n;
        if (*word == '\'') {
            nx_strbuf_adds(b, "'\\''");
            word++;
        }
    }
    nx_strbuf_addc(b, '\'');
}

struct rows_dirs rows_open(const struct nx_workspace *ws)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    return (struct rows_dirs){open(ws->runs_dir, flags), ws->kept_dir ? open(ws->kept_dir, flags) : -1};
}

void rows_close(struct rows_dirs dirs)
{
    if (dirs.own >= 0) {
        close(dirs.own);
    }
    if (dirs.kept >= 0) {
        close(dirs.kept);
    }
}

static bool is_there(int runs_fd, const struct nx_run *run, const char *name)
{
    char path[sizeof run->id + 16];
    size_t n = strlen(run->id);
    memcpy(path, run->id, n);
    memcpy(path + n, name, strlen(name) + 1);
    return faccessat(runs_fd, path, F_OK, 0) == 0;
}

struct rows_files rows_look(struct rows_dirs dirs, const struct nx_run *run)
{
    int runs_fd = run->kept ? dirs.kept : dirs.own;
    return (struct rows_files){
        .log = is_there(runs_fd, run, "/run.log.zst"),
        .store = is_there(runs_fd, run, "/store.zip"),
    };
}

bool rows_replayable(const struct nx_run *run, struct rows_files f)
{
    struct nx_err e;
    return nx_run_check_version(run, true, NULL, &e) == 0 && f.log && f.store
           && run->status != NX_RUN_UNKNOWN;
}

/* nextest's own verdict on the run's format, in its words; false where it reads it. */
static bool add_incompatible(struct nx_strbuf *b, const struct nx_run *run)
{
    if (run->store_major == NX_STORE_MAJOR && run->store_minor <= NX_STORE_MINOR) {
        return false;
    }
    nx_strbuf_adds(b, "store format version incompatible: ");
    if (run->store_major < NX_STORE_MAJOR) {
        nx_strbuf_addf(b, "recording has major version %u, but this nextest requires version %d%s",
                       (unsigned)run->store_major, NX_STORE_MAJOR,
                       run->store_major == 1 ? " (use nextest <= 0.9.130 to replay this recording)" : "");
    } else if (run->store_major > NX_STORE_MAJOR) {
        nx_strbuf_addf(b,
                       "recording has major version %u, but this nextest only supports version %d "
                       "(upgrade nextest to replay this recording)",
                       (unsigned)run->store_major, NX_STORE_MAJOR);
    } else {
        nx_strbuf_addf(b, "minor version %u is newer than supported version %d", (unsigned)run->store_minor,
                       NX_STORE_MINOR);
    }
    return true;
}

void rows_replay_text(struct nx_strbuf *b, bool color, const struct nx_run *run, struct rows_files f)
{
    const char *between = "";
    if (rows_replayable(run, f)) {
        if (run->status == NX_RUN_INCOMPLETE) {
            ui_styled(b, color, S_ODD, "maybe");
            nx_strbuf_adds(b, ": run is incomplete (archive may be partial)");
        } else {
            ui_styled(b, color, S_GOOD, "yes");
        }
        return;
    }
    ui_styled(b, color, S_BAD, "no");
    nx_strbuf_adds(b, ": ");
    if (add_incompatible(b, run)) {
        between = ", ";
    }
    if (!f.store) {
        nx_strbuf_addf(b, "%sstore.zip is missing", between);
        between = ", ";
    }
    if (!f.log) {
        nx_strbuf_addf(b, "%srun.log.zst is missing", between);
        between = ", ";
    }
    if (run->status == NX_RUN_UNKNOWN) {
        nx_strbuf_addf(b, "%srun status is unknown (from a newer nextest version)", between);
    }
}
