#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/perfetto.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

enum { JOBS_MAX = 256, SECONDS_MAX = 7 * 24 * 3600, FIRST = 1000 };

enum opt {
#define NXD_OPT(name, word, letter, value, help) OPT_##name,
#include "daemon/options.def"
#undef NXD_OPT
    OPT_COUNT
};

static const struct row {
    const char *word;
    char letter;
    const char *value, *help;
} rows[OPT_COUNT] = {
#define NXD_OPT(name, word, letter, value, help) {word, letter, value, help},
#include "daemon/options.def"
#undef NXD_OPT
};

static void print_help(void)
{
    printf(
        "Usage: nxtraced [OPTION]...\n"
        "Serves the runs that cargo-nextest recorded as traces that ui.perfetto.dev opens from a link.\n\n");
    for (size_t i = 0; i < OPT_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%c%s --%s%s%s", rows[i].letter ? "-" : " ",
                 rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? "," : " ", rows[i].word,
                 rows[i].value[0] ? " " : "", rows[i].value);
        printf("  %-28s %s\n", left, rows[i].help);
    }
    printf("\nExit status: 0 ended when told to, 2 a wrong command line, 96 cannot start, %d somebody else "
           "listens at\n"
           "the address, %d ended before all was sent.\n",
           EXIT_TAKEN, EXIT_CUT);
}

static int wrong(const char *word, const char *value, const char *what)
{
    fprintf(stderr, "error: --%s '%s': %s\n", word, value, what);
    return -1;
}

static bool number(const char *s, uint64_t max, uint64_t *ret)
{
    char *end;
    if (*s < '0' || *s > '9') {
        return false;
    }
    errno = 0;
    uintmax_t v = strtoumax(s, &end, 10);
    if (errno || *end || v > max) {
        return false;
    }
    *ret = v;
    return true;
}

static bool bytes(const char *s, uint64_t *ret)
{
    static const char units[] = "KMGT";
    char digits[32];
    size_t n = strspn(s, "0123456789");
    if (n == 0 || n >= sizeof digits) {
        return false;
    }
    memcpy(digits, s, n);
    digits[n] = 0;
    unsigned shift = 0;
    const char *unit = s[n] ? strchr(units, s[n] & ~0x20) : NULL;
    if (s[n]) {
        const char *rest = s + n + 1;
        if (!unit || (*rest && strcmp(rest, "iB") != 0 && strcmp(rest, "B") != 0)) {
            return false;
        }
        shift = 10u * (unsigned)(unit - units + 1);
    }
    uint64_t v;
    if (!number(digits, UINT64_MAX >> 1 >> shift, &v)) {
        return false;
    }
    *ret = v << shift;
    return true;
}

/* scheme://host[:port], as browsers write the Origin header: no path, no slash at the end, lower case. */
static bool is_origin(const char *s)
{
    const char *host = strstr(s, "://");
    return host && host != s && host[3] && !strpbrk(host + 3, "/?#@ \t\r\n\"*,") &&
           !strpbrk(s, " \t\r\n\"*,") && strcspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(s);
}

static bool is_host(const char *s)
{
    return *s && !strpbrk(s, "/?#@ \t\r\n\"*,");
}

static int append(const char ***v, size_t *n, const char *s)
{
    const char **bigger = realloc(*v, (*n + 1) * sizeof *bigger);
    if (!bigger) {
        fprintf(stderr, "error: no memory\n");
        return -1;
    }
    *v = bigger;
    bigger[(*n)++] = s;
    return 0;
}

/* Days, or with a unit: 12h, 30d, 8w. In seconds. */
static bool age(const char *s, uint64_t *ret)
{
    char digits[16];
    size_t n = strspn(s, "0123456789");
    const char *unit = s + n;
    uint64_t v, secs = *unit == 'h' ? 3600 : *unit == 'w' ? 7 * 24 * 3600 : 24 * 3600;
    if (n == 0 || n >= sizeof digits || (*unit && (!strchr("hdw", *unit) || unit[1]))) {
        return false;
    }
    memcpy(digits, s, n);
    digits[n] = 0;
    if (!number(digits, UINT64_MAX / secs, &v)) {
        return false;
    }
    *ret = v * secs;
    return true;
}

static int take_retain(enum opt which, const char *value, struct nx_retain *r)
{
    switch (which) {
    case OPT_RETAIN_AGE:
        r->has_age = true;
        return age(value, &r->age_s) ? 0 : wrong("retain-age", value, "not an age, such as 30, 12h, 30d or 8w");
    case OPT_RETAIN_RUNS:
        r->has_runs = true;
        return number(value, UINT64_MAX, &r->runs) ? 0 : wrong("retain-runs", value, "not a number of runs");
    default:
        r->has_bytes = true;
        return bytes(value, &r->bytes) ? 0
                                       : wrong("retain-size", value, "not a number of bytes, such as 500M or 2G");
    }
}

static int take_number(enum opt which, const char *value, struct options *o)
{
    uint64_t v;
    switch (which) {
    case OPT_RESCAN:
    case OPT_DRAIN:
        if (!number(value, SECONDS_MAX, &v)) {
            return wrong(rows[which].word, value, "not a number of seconds of at most a week");
        }
        *(which == OPT_RESCAN ? &o->rescan : &o->drain) = (unsigned)v;
        return 0;
    case OPT_JOBS:
        if (!number(value, JOBS_MAX, &v) || v == 0) {
            return wrong(rows[which].word, value, "not a number from 1 to 256");
        }
        o->jobs = (unsigned)v;
        return 0;
    default: /* OPT_READY_FD */
        if (!number(value, INT32_MAX, &v)) {
            return wrong(rows[which].word, value, "not a descriptor's number");
        }
        o->ready_fd = (int)v;
        return 0;
    }
}

static int take(enum opt which, const char *value, struct options *o)
{
    switch (which) {
    case OPT_LISTEN:
        o->listen = value;
        return 0;
    case OPT_STORE:
        return append(&o->stores, &o->stores_n, value);
    case OPT_CACHE_DIR:
        o->cache_dir = value;
        return *value ? 0 : wrong("cache-dir", value, "no folder named");
    case OPT_STATE_DIR:
        o->index_dir = value;
        return *value ? 0 : wrong("state-dir", value, "no folder named");
    case OPT_KEEP_RECORDINGS:
        o->keep_recordings = true;
        return 0;
    case OPT_RETAIN_AGE:
    case OPT_RETAIN_RUNS:
    case OPT_RETAIN_SIZE:
        return take_retain(which, value, &o->retain);
    case OPT_NO_INDEX:
        o->no_index = true;
        return 0;
    case OPT_ONCE:
        o->once = true;
        return 0;
    case OPT_NO_PROCS:
        o->no_procs = true;
        return 0;
    case OPT_WWW_DIR:
        o->www_dir = value;
        return *value ? 0 : wrong("www-dir", value, "no folder named");
    case OPT_CACHE_SIZE:
        return bytes(value, &o->cache_size)
                   ? 0
                   : wrong("cache-size", value, "not a number of bytes, such as 500M or 2G");
    case OPT_PERFETTO_URL:
        free(o->perfetto_url);
        free(o->perfetto_origin);
        o->perfetto_url = o->perfetto_origin = NULL;
        return perfetto_parse(value, &o->perfetto_url, &o->perfetto_origin)
                   ? 0
                   : wrong("perfetto-url", value, "not an address such as https://perfetto.example:8443/ui");
    case OPT_ALLOW_ORIGIN:
        if (!is_origin(value)) {
            return wrong("allow-origin", value,
                         "not an origin, such as https://ui.perfetto.dev (lower case, no slash "
                         "at the end, no *)");
        }
        return append(&o->origins, &o->origins_n, value);
    case OPT_ALLOW_HOST:
        return is_host(value) ? append(&o->hosts, &o->hosts_n, value)
                              : wrong("allow-host", value, "not a host name");
    case OPT_QUIET:
        o->verbosity = -1;
        return 0;
    case OPT_VERBOSE:
        o->verbosity = 1;
        return 0;
    case OPT_HELP:
        print_help();
        return 1;
    case OPT_VERSION:
        printf("nxtraced %s\n", PACKAGE_VERSION);
        return 1;
    default:
        return take_number(which, value, o);
    }
}

static void defaults(struct options *o)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    *o = (struct options){.cache_size = UINT64_C(2) << 30, .rescan = 30, .drain = 10, .ready_fd = -1};
    o->jobs = cpus < 1 ? 1 : cpus > 8 ? 8 : (unsigned)cpus;
}

int options_parse(int argc, char **argv, struct options *o)
{
    struct option longs[OPT_COUNT + 1] = {{0}};
    char shorts[3 * OPT_COUNT + 2] = ":";
    size_t n = 1;
    defaults(o);
    for (size_t i = 0; i < OPT_COUNT; i++) {
        longs[i] = (struct option){rows[i].word, rows[i].value[0] ? required_argument : no_argument, NULL,
                                   FIRST + (int)i};
        if (rows[i].letter) {
            shorts[n++] = rows[i].letter;
            if (rows[i].value[0]) {
                shorts[n++] = ':';
            }
        }
    }
    opterr = 0;
    for (;;) {
        int c = getopt_long(argc, argv, shorts, longs, NULL);
        if (c == -1) {
            break;
        }
        size_t which = c >= FIRST ? (size_t)(c - FIRST) : 0;
        for (; c < FIRST && which < OPT_COUNT && rows[which].letter != c; which++) {
        }
        if (c == ':' || c == '?' || which >= OPT_COUNT) {
            fprintf(stderr, c == ':' ? "error: option '%s' wants a value\n" : "error: unknown option '%s'\n",
                    argv[optind - 1]);
            fprintf(stderr, "hint: nxtraced --help lists the options\n");
            return -1;
        }
        int r = take((enum opt)which, optarg, o);
        if (r != 0) {
            return r;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "error: '%s': nxtraced takes options only\nhint: nxtraced --help lists them\n",
                argv[optind]);
        return -1;
    }
    if (!o->perfetto_url && !perfetto_parse(PERFETTO_URL, &o->perfetto_url, &o->perfetto_origin)) {
        fprintf(stderr, "error: no memory\n");
        return -1;
    }
    if (o->origins_n == 0 && append(&o->origins, &o->origins_n, o->perfetto_origin) < 0) {
        return -1;
    }
    return 0;
}

void options_fini(struct options *o)
{
    free(o->perfetto_url);
    free(o->perfetto_origin);
    free(o->stores);
    free(o->origins);
    free(o->hosts);
}
