#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/title.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WORD_MAX = 64 };

static bool start_of(const struct nx_run *run, struct tm *tm)
{
    time_t t = (time_t)(run->started_at.sec + run->started_at.offset);
    return gmtime_r(&t, tm) != NULL;
}

/* The last part of the workspace's path, or its encoded name. */
static void put_word(const struct nx_workspace *ws, char out[WORD_MAX])
{
    const char *p = ws->path ? ws->path : ws->name;
    size_t n = strlen(p), k = 0;
    while (n > 0 && p[n - 1] == '/') {
        n--;
    }
    size_t from = n;
    while (from > 0 && p[from - 1] != '/') {
        from--;
    }
    for (size_t i = from; i < n && k + 1 < WORD_MAX; i++) {
        unsigned char c = (unsigned char)p[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
                     (c == '.' && k > 0);
        if (plain) {
            out[k++] = (char)c;
        } else if (k > 0 && out[k - 1] != '-') {
            out[k++] = '-';
        }
    }
    while (k > 0 && out[k - 1] == '-') {
        k--;
    }
    out[k] = 0;
    if (k == 0) {
        strcpy(out, "run");
    }
}

const char *nx_title(const struct nx_workspace *ws, const struct nx_run *run, char buf[NX_TITLE_MAX])
{
    char word[WORD_MAX], when[32] = "";
    struct tm tm;
    put_word(ws, word);
    if (!start_of(run, &tm) || strftime(when, sizeof when, "%Y-%m-%d-%H%M%S-", &tm) == 0) {
        when[0] = 0;
    }
    snprintf(buf, NX_TITLE_MAX, "%s-%s%.8s", word, when, run->id);
    return buf;
}
