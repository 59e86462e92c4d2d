/* recording/runlog: lines, white space, ends and limits; every hand-made log of nextest's cases. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/strbuf.h"
#include "recording/runlog.h"
#include "tests/unit/data.h"

static char *pack(const char *p, size_t n, size_t *ret_n)
{
    size_t cap = ZSTD_compressBound(n);
    char *to = malloc(cap);
    *ret_n = ZSTD_compress(to, cap, p, n, 1);
    assert_false(ZSTD_isError(*ret_n));
    return to;
}

static struct nx_runlog *open_mem(const char *p, size_t n)
{
    struct nx_reader *r = NULL;
    struct nx_runlog *log = NULL;
    struct nx_err err;
    assert_int_equal(nx_reader_open_mem(p, n, "log", &r, &err), 0);
    assert_int_equal(nx_runlog_open(r, &log, &err), 0);
    return log;
}

/* The lines of a text, each as `number:line|`. */
static void lines_are(const char *text, size_t n, const char *want)
{
    size_t packed_n;
    char *packed = pack(text, n, &packed_n);
    struct nx_runlog *log = open_mem(packed, packed_n);
    struct nx_strbuf b;
    struct nx_slice line;
    struct nx_err err;
    uint64_t number;
    int rc;
    nx_strbuf_init(&b, 0);
    nx_strbuf_adds(&b, "");
    while ((rc = nx_runlog_next(log, &line, &number, &err)) > 0) {
        nx_strbuf_addf(&b, "%d:", (int)number);
        nx_strbuf_add(&b, line.p, line.n);
        nx_strbuf_addc(&b, '|');
    }
    assert_int_equal(rc, 0);
    assert_true(nx_runlog_ended(log));
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 0);
    assert_int_equal(nx_runlog_consumed(log), packed_n);
    assert_int_equal(b.n, strlen(want));
    assert_memory_equal(b.p, want, b.n);
    nx_strbuf_fini(&b);
    nx_runlog_close(log);
    free(packed);
}
#define LINES(text, want) lines_are(text, sizeof(text) - 1, want)

static void lines(void **state)
{
    (void)state;
    LINES("", "");
    LINES("\n", "");
    LINES("{}", "1:{}|");
    LINES("{}\n", "1:{}|");
    LINES("{a}\n{b}", "1:{a}|2:{b}|");
    LINES("{a}\r\n\r\n \t\n\n{b}\r\n", "1:{a}|5:{b}|");
    LINES("  {a b}\v\f\n", "1:{a b}|");
    LINES("{a}\rx{b}\n", "1:{a}\rx{b}|");
    /* Unicode's white space, and what only looks like it. */
    LINES("\xc2\xa0\xe2\x80\x80\xe3\x80\x80{a}\xc2\x85\xe2\x80\xa9\xe1\x9a\x80\xe2\x81\x9f\xe2\x80\xaf\n",
          "1:{a}|");
    LINES("\xe2\x80\xa8\n\xe2\x80\x8a\n{b}", "3:{b}|");
    LINES("\xe2\x80\x8b{a}\xef\xbb\xbf\n", "1:\xe2\x80\x8b{a}\xef\xbb\xbf|");
    LINES("\x80{a}\xe2\x80\n", "1:\x80{a}\xe2\x80|");
    LINES("\x1c{a}\x1f\n", "1:\x1c{a}\x1f|");
}

/* As in lines(), but with bytes that a C string does not hold. */
static void nul_bytes(void **state)
{
    (void)state;
    size_t n;
    char *packed = pack("{\0}\n\0\n", 6, &n);
    struct nx_runlog *log = open_mem(packed, n);
    struct nx_slice line;
    uint64_t number;
    struct nx_err err;
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 1);
    assert_int_equal(line.n, 3);
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 1);
    assert_int_equal(line.n, 1);
    assert_int_equal(line.p[0], 0);
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 0);
    nx_runlog_close(log);
    free(packed);
}

/* Lines of every length around the buffer's sizes; the padding behind each can be read. */
static void lengths(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 131071, 131072, 131073, 262143, 262144, 262145, 700000, 3};
    struct nx_strbuf b;
    nx_strbuf_init(&b, 0);
    for (int i = 0; i < 30; i++) {
        for (size_t j = 0; j < sizes[i % 10]; j++)
            nx_strbuf_addc(&b, (char)('a' + i % 26));
        nx_strbuf_addc(&b, '\n');
    }
    size_t n;
    char *packed = pack(b.p, b.n, &n);
    struct nx_runlog *log = open_mem(packed, n);
    struct nx_slice line;
    uint64_t number;
    struct nx_err err;
    unsigned sum = 0;
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(nx_runlog_next(log, &line, &number, &err), 1);
        assert_int_equal(number, i + 1);
        assert_int_equal(line.n, sizes[i % 10]);
        assert_true(line.p[0] == (char)('a' + i % 26) && line.p[line.n - 1] == line.p[0]);
        for (int j = 0; j < NX_RUNLOG_PAD; j++)
            sum += (unsigned char)line.p[line.n + (size_t)j];
    }
    assert_true(sum > 0);
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 0);
    nx_runlog_close(log);
    free(packed);
    nx_strbuf_fini(&b);
}

/* A line over the limit is told of, and the next call goes on behind it. */
static void too_long(void **state)
{
    (void)state;
    size_t most = 64u << 20, n = 6 + most + 1 + most + 2 + 4;
    char *text = malloc(n);
    memset(text, 'x', n);
    memcpy(text, "first\n", 6);
    text[6 + most] = '\n';
    text[n - 5] = '\n';
    memcpy(text + n - 4, "last", 4);
    size_t packed_n;
    char *packed = pack(text, n, &packed_n);
    free(text);
    struct nx_runlog *log = open_mem(packed, packed_n);
    struct nx_slice line;
    uint64_t number;
    struct nx_err err;
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 1);
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 1);
    assert_int_equal(line.n, most);
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), -NX_ELIMIT);
    assert_int_equal(err.line, 3);
    assert_non_null(strstr(err.why, "length of a run log line"));
    assert_false(nx_runlog_ended(log));
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 1);
    assert_int_equal(number, 4);
    assert_memory_equal(line.p, "last", 4);
    assert_int_equal(nx_runlog_next(log, &line, &number, &err), 0);
    nx_runlog_close(log);
    free(packed);
}

/* Where the stream breaks off, whole lines come out and the rest of a line does not; the error stays. */
static void breaks_off(void **state)
{
    (void)state;
    struct nx_strbuf b;
    struct nx_slice line;
    struct nx_err err;
    uint64_t number;
    nx_strbuf_init(&b, 0);
    for (int i = 0; i < 60000; i++)
        nx_strbuf_addf(&b, "{line %d of many}\n", i + 1);
    size_t n;
    char *packed = pack(b.p, b.n, &n);
    struct nx_runlog *log = open_mem(packed, n / 2);
    uint64_t seen = 0;
    int rc;
    while ((rc = nx_runlog_next(log, &line, &number, &err)) > 0) {
        char want[64];
        int len = snprintf(want, sizeof want, "{line %d of many}", (int)++seen);
        assert_int_equal(line.n, len);
        assert_memory_equal(line.p, want, line.n);
        assert_int_equal(number, seen);
    }
    assert_true(seen > 1000);
    for (int again = 0; again < 3; again++) {
        assert_int_equal(rc, -NX_ETRUNC);
        assert_int_equal(err.line, seen + 1);
        assert_string_equal(err.why, "incomplete frame");
        assert_string_equal(err.object, "log");
        assert_true(nx_runlog_ended(log));
        rc = nx_runlog_next(log, &line, &number, &err);
    }
    nx_runlog_close(log);
    free(packed);
    nx_strbuf_fini(&b);
}

/* What nextest said last to a log, or NULL where it made a trace. Freed by the caller. */
static char *nextest_said(const char *id)
{
    char rel[256];
    size_t n;
    snprintf(rel, sizeof rel, "formats/bad-logs/expected/%s.binary.json.stderr", id);
    const char *path = data_path(rel);
    return access(path, F_OK) == 0 ? data_read(path, &n) : NULL;
}

static void check_case(const char *id, const char *name, int *stream_errors)
{
    char rel[256];
    size_t n;
    snprintf(rel, sizeof rel, "formats/bad-logs/state/projects/_ssrc_sgrafting/records/runs/%s/run.log.zst",
             id);
    char *file = data_read(data_path(rel), &n), *said = nextest_said(id);
    struct nx_runlog *log = open_mem(file, n);
    struct nx_slice line;
    struct nx_err err;
    uint64_t number = 0;
    int rc;
    while ((rc = nx_runlog_next(log, &line, &number, &err)) > 0)
        ;
    const char *at = said ? strstr(said, "error reading line ") : NULL;
    /* That a line is not UTF-8 is the decoder's to say. */
    if (at && !strstr(said, "valid UTF-8")) {
        ++*stream_errors;
        if (rc >= 0 || err.line != (uint64_t)atoi(at + 19))
            fail_msg("%s: %d, line %d; %s", name, rc, rc < 0 ? (int)err.line : 0, at);
        bool cut = strstr(said, "incomplete frame") != NULL;
        assert_int_equal(rc, cut ? -NX_ETRUNC : -NX_EFORMAT);
        if (!cut)
            assert_non_null(strstr(err.why, "Unknown frame descriptor"));
    } else if (rc < 0) {
        fail_msg("%s: %s", name, err.why);
    } else if ((at = said ? strstr(said, "error parsing event at line ") : NULL)) {
        assert_true((uint64_t)atoi(at + 28) <= number);
    }
    nx_runlog_close(log);
    free(file);
    free(said);
}

static void as_nextest(void **state)
{
    (void)state;
    size_t n;
    char *cases = data_read(data_path("formats/bad-logs/expected/cases.txt"), &n), *save = NULL;
    int count = 0, stream_errors = 0;
    for (char *l = strtok_r(cases, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        char *space = strchr(l, ' ');
        *space = '\0';
        check_case(l, space + 1, &stream_errors);
        count++;
    }
    free(cases);
    assert_true(count > 90 && stream_errors == 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),    cmocka_unit_test(nul_bytes),  cmocka_unit_test(lengths),
        cmocka_unit_test(too_long), cmocka_unit_test(breaks_off), cmocka_unit_test(as_nextest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
