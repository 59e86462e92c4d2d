/* What every exported trace has to be, whatever it was made of. Shared by the fuzz targets that end in a trace. */
#ifndef NX_TESTS_CHECK_TRACE_H
#define NX_TESTS_CHECK_TRACE_H

#include <stdlib.h>
#include <string.h>

#include "api/export.h"
#include "base/strbuf.h"
#include "json/scan.h"

enum { CHECK_TRACE_MAX = 64 << 20 };

/* Valid JSON, whole, in UTF-8. (json/doc.h refuses U+0000 in strings, which a trace may well hold.) */
static inline bool check_trace_reads(struct nx_strbuf *b)
{
    static const char pad[NX_SCAN_PAD];
    struct nx_arena arena;
    struct nx_scan s;
    size_t n = b->n;
    nx_strbuf_add(b, pad, sizeof pad);
    nx_arena_init(&arena, CHECK_TRACE_MAX);
    nx_scan_init(&s, (struct nx_slice){b->p, n}, &arena);
    bool ok = nx_scan_skip(&s, true, 100);
    nx_scan_ws(&s);
    ok = ok && s.p == s.end;
    nx_arena_fini(&arena);
    b->n = n;
    return ok;
}

static inline int check_trace_export(struct nx_recording *rec, bool strict, bool slot, struct nx_strbuf *out,
                                     struct nx_export_report *report)
{
    struct nx_sink_mem sink;
    struct nx_err err;
    struct nx_export_opts opts = {.group_by = slot ? NX_BY_SLOT : NX_BY_BINARY, .pretty = slot, .strict = strict};
    nx_strbuf_init(out, CHECK_TRACE_MAX);
    nx_sink_mem_init(&sink, out);
    return nx_export(rec, &opts, &sink.sink, report, &err);
}

/* Exports leniently and strictly: what is written reads as JSON, and where the strict way succeeds, both wrote the same. */
static inline void check_trace(struct nx_recording *rec, bool slot)
{
    struct nx_strbuf lenient, strict;
    struct nx_export_report report, strict_report;
    int r = check_trace_export(rec, false, slot, &lenient, &report);
    if (r == 0) {
        if (!check_trace_reads(&lenient)) {
            abort();
        }
    }
    int s = check_trace_export(rec, true, slot, &strict, &strict_report);
    if (s == 0 && (r != 0 || strict.n != lenient.n || memcmp(strict.p, lenient.p, strict.n) != 0)) {
        abort();
    }
    nx_strbuf_fini(&lenient);
    nx_strbuf_fini(&strict);
}

#endif
