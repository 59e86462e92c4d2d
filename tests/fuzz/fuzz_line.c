/*
 * A run log line through to the trace, in every way there is: the order that nextest writes tried first or not, each
 * string kernel. All must come to the same end: the same bytes, or all refuse.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "event/decode.h"
#include "fuzz.h"
#include "trace/trace.h"

struct outcome {
    bool ok;
    struct nx_strbuf out;
};

static void add_line(struct nx_decoder *d, struct nx_trace *t, struct nx_slice line, bool *ok)
{
    const struct nx_event *ev;
    const char *odd;
    struct nx_err err;
    *ok = nx_decode(d, line, &ev, &odd, &err) == 0;
    if (*ok && nx_trace_event(t, ev, &odd, &err) < 0)
        abort(); /* nothing that decodes may break a lenient trace */
}

static void one_way(struct nx_slice line, bool general, bool slot, struct outcome *ret)
{
    struct nx_sink_mem sink;
    struct nx_err err;
    struct nx_trace *t;
    struct nx_trace_opts opts = {.by_slot = slot, .pretty = slot, .nextest_version = "0.9.143"};
    struct nx_decoder *d = nx_decoder_new(false);
    nx_strbuf_init(&ret->out, 0);
    nx_sink_mem_init(&sink, &ret->out);
    if (!d || nx_trace_new(&opts, &sink.sink, &t, &err) < 0)
        abort();
    nx_decoder_set_general(d, general);
    add_line(d, t, line, &ret->ok);
    bool again;
    add_line(d, t, line, &again); /* state of the first must not change the second */
    if (again != ret->ok || nx_trace_finish(t, &err) < 0)
        abort();
    nx_trace_free(t);
    nx_decoder_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    char *buf = malloc(n + NX_SCAN_PAD);
    if (!buf)
        return 0;
    memcpy(buf, p, n);
    memset(buf + n, '"', NX_SCAN_PAD);
    struct nx_slice line = {buf, n};
    const struct nx_scan_kernel_info *k;
    size_t kernels = nx_scan_kernels(&k);
    for (int slot = 0; slot < 2; slot++) {
        struct outcome want;
        nx_scan_use(k[kernels - 1].fn);
        one_way(line, true, slot, &want);
        for (size_t i = 0; i < kernels; i++) {
            struct outcome got;
            nx_scan_use(k[i].fn);
            one_way(line, false, slot, &got);
            if (got.ok != want.ok || got.out.n != want.out.n || memcmp(got.out.p, want.out.p, got.out.n) != 0)
                abort();
            nx_strbuf_fini(&got.out);
        }
        nx_strbuf_fini(&want.out);
    }
    free(buf);
    return 0;
}
