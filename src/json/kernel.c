#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* The string kernels: one portable, the others for what the processor can do. tests/unit/json_scan.c and the fuzzer run
 * them against each other. */
#include "json/kernel.h"

#include <string.h>

static const char *kernel_portable(const char *p, const char *end)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    while (p < end) {
        uint64_t w;
        memcpy(&w, p, 8);
        uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
        uint64_t hit = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | (w - ones * 0x20) | w;
        if ((hit & high) == 0) {
            p += 8;
            continue;
        }
        /* The word test can hit one byte too far on, never too few: look at the bytes. */
        for (int i = 0; i < 8; i++, p++) {
            unsigned char c = (unsigned char)*p;
            if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80)
                return p;
        }
    }
    return p;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

static const char *kernel_sse2(const char *p, const char *end)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
    while (p < end) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* Signed compare: bytes below 0x20 and bytes of 0x80 and above (negative) in one. */
        __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)),
                                   _mm_cmplt_epi8(v, space));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask)
            return p + __builtin_ctz(mask);
        p += 16;
    }
    return p;
}

__attribute__((target("avx2"))) static const char *kernel_avx2(const char *p, const char *end)
{
    const __m256i quote = _mm256_set1_epi8('"'), slash = _mm256_set1_epi8('\\'), space = _mm256_set1_epi8(0x20);
    while (p < end) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
        __m256i hit = _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, quote), _mm256_cmpeq_epi8(v, slash)),
                                      _mm256_cmpgt_epi8(space, v));
        unsigned mask = (unsigned)_mm256_movemask_epi8(hit);
        if (mask)
            return p + __builtin_ctz(mask);
        p += 32;
    }
    return p;
}
#endif

static struct nx_scan_kernel_info found[3];
static size_t found_n;
nx_scan_kernel nx_kernel_now = kernel_portable;

__attribute__((constructor)) static void choose(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        found[found_n++] = (struct nx_scan_kernel_info){"avx2", kernel_avx2};
    found[found_n++] = (struct nx_scan_kernel_info){"sse2", kernel_sse2};
#endif
    found[found_n++] = (struct nx_scan_kernel_info){"portable", kernel_portable};
    nx_kernel_now = found[0].fn;
}

size_t nx_scan_kernels(const struct nx_scan_kernel_info **ret)
{
    *ret = found;
    return found_n;
}

void nx_scan_use(nx_scan_kernel fn)
{
    nx_kernel_now = fn;
}
