#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/hash.h"

#include <string.h>
#include <time.h>

uint64_t nx_hash_mix(uint64_t h, uint64_t v)
{
    __extension__ unsigned __int128 m = (unsigned __int128)(h ^ v) * 0x9e3779b97f4a7c15u;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t nx_hash(uint64_t h, const char *p, size_t n)
{
    uint64_t w;
    h = nx_hash_mix(h, n + 1);
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&w, p, 8);
        h = nx_hash_mix(h, w);
    }
    w = 0;
    if (n > 0)
        memcpy(&w, p, n);
    return nx_hash_mix(h, w);
}

uint64_t nx_hash_seed(void)
{
    static const int salt;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return nx_hash_mix((uint64_t)ts.tv_nsec ^ (uint64_t)(uintptr_t)&salt, (uint64_t)ts.tv_sec);
}

uint64_t nx_fnv(uint64_t h, const void *p, size_t n)
{
    const unsigned char *c = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ c[i]) * UINT64_C(1099511628211);
    return h;
}
