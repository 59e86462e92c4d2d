/* What every exported trace has to be, whatever it was made of. Shared by the fuzz targets that end in a trace. */
#ifndef NX_TESTS_CHECK_TRACE_H
#define NX_TESTS_CHECK_TRACE_H

#include <stdlib.h>
#include <string.h>

#include "api/export.h"
#include "base/strbuf.h"
#include "json/doc.h"

/* More than the depth and size at which the JSON reader itself would refuse. */
enum { CHECK_TRACE_MAX = 64 << 20 };

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
    struct nx_err err;
    int r = check_trace_export(rec, false, slot, &lenient, &report);
    if (r == 0) {
        cJSON *doc = NULL;
        if (nx_doc_parse(lenient.p, lenient.n, "trace", &doc, &err) < 0) {
            abort();
        }
        cJSON_Delete(doc);
    }
    int s = check_trace_export(rec, true, slot, &strict, &strict_report);
    if (s == 0 && (r != 0 || strict.n != lenient.n || memcmp(strict.p, lenient.p, strict.n) != 0)) {
        abort();
    }
    nx_strbuf_fini(&lenient);
    nx_strbuf_fini(&strict);
}

#endif
