#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/when.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void write_utc(time_t t, char *buf)
{
    struct tm tm;
    if (gmtime_r(&t, &tm)) {
        strftime(buf, WHEN_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
}

/* `90s`, `2h` */
static bool ago(const char *word, time_t *ret)
{
    static const struct {
        char unit;
        int64_t secs;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    size_t n = strspn(word, "0123456789");
    if (n == 0 || n > 6 || word[n] == '\0' || word[n + 1] != '\0') {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].unit == word[n]) {
            *ret = time(NULL) - (time_t)(strtol(word, NULL, 10) * units[i].secs);
            return true;
        }
    }
    return false;
}

/* A date, or a date and a time, without an offset: of the local time zone. */
static bool here(const char *word, time_t *ret)
{
    struct tm tm;
    memset(&tm, 0, sizeof(tm));
    int used = 0;
    int n = sscanf(word, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used);
    if (n != 3 || used != 10) {
        return false;
    }
    const char *rest = word + used;
    if (*rest == 'T' || *rest == ' ') {
        used = 0;
        if (sscanf(rest + 1, "%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &used) != 2 || used == 0) {
            return false;
        }
        rest += 1 + used;
        if (*rest == ':' && sscanf(rest + 1, "%2d%n", &tm.tm_sec, &used) == 1) {
            rest += 1 + used;
        }
    }
    if (*rest || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23
        || tm.tm_min > 59) {
        return false;
    }
    tm.tm_year -= 1900;
    tm.tm_mon--;
    tm.tm_isdst = -1;
    *ret = mktime(&tm);
    return *ret != (time_t)-1;
}

int when_read(const char *word, char *buf, struct nx_err *err)
{
    time_t t;
    if (strlen(word) >= WHEN_TEXT) {
        return nx_fail(err, NX_EUSAGE, NULL, "`%.60s...` is no time", word);
    }
    snprintf(buf, WHEN_TEXT, "%s", word);
    if (ago(word, &t) || here(word, &t)) {
        write_utc(t, buf);
    }
    return 0;
}
