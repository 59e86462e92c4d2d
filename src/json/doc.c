#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "json/doc.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "json/scan.h"

static bool is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* The next number at or behind p in a text that is valid JSON: outside of strings no other token begins like
 * one. */
static struct nx_slice next_number(const char *p, const char *end)
{
    while (p < end) {
        if (*p == '"') {
            for (p++; p < end && *p != '"'; p++)
                p += *p == '\\';
        } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
            const char *q = p;
            while (q < end && is_number_char(*q))
                q++;
            return (struct nx_slice){p, (size_t)(q - p)};
        }
        p++;
    }
    return (struct nx_slice){end, 0};
}

/* cJSON reads at most 63 characters of a number, and by the locale's rules. It gets a 0 instead of each. */
static void blank_numbers(char *p, size_t n)
{
    const char *end = p + n;
    struct nx_slice num = next_number(p, end);
    while (num.n > 0) {
        char *at = p + (num.p - p);
        memset(at, ' ', num.n);
        *at = '0';
        num = next_number(num.p + num.n, end);
    }
}

/* cJSON ends a string at U+0000. In valid JSON a backslash stands only in strings, so looking for the escape
 * with an odd number of backslashes is enough. */
static const char *find_nul(const char *p, size_t n)
{
    static const char nul[] = "\\u0000";
    const char *at = p, *end = p + n;
    while ((at = memmem(at, (size_t)(end - at), nul, sizeof nul - 1))) {
        const char *b = at;
        while (b > p && b[-1] == '\\')
            b--;
        if ((at - b) % 2 == 0)
            return at;
        at++;
    }
    return NULL;
}

static int check(const char *p, size_t n, const char *name, struct nx_err *err)
{
    if (!nx_utf8_valid(p, n)) {
        nx_fail(err, NX_EFORMAT, name, "not valid UTF-8");
        return -NX_EFORMAT;
    }
    struct nx_arena arena;
    struct nx_scan s;
    nx_arena_init(&arena, SIZE_MAX);
    nx_scan_init(&s, (struct nx_slice){p, n}, &arena);
    int rc = 0;
    if (nx_scan_skip(&s, true, (unsigned)nx_limit_value(NX_LIM_JSON_DEPTH)) && (nx_scan_ws(&s), s.p < s.end))
        nx_scan_fail(&s, "trailing characters");
    if (s.failed) {
        if (s.too_deep)
            rc = nx_limit_fail(err, NX_LIM_JSON_DEPTH, name);
        else
            rc = nx_fail(err, s.no_memory ? NX_ENOMEM : NX_EFORMAT, name, "bad JSON: %s", s.why);
        nx_err_at(err, NX_NOWHERE, (uint64_t)(s.at - p));
    }
    nx_arena_fini(&arena);
    if (rc < 0)
        return rc;
    const char *nul = find_nul(p, n);
    if (nul) {
        rc = nx_fail(err, NX_EFORMAT, name, "a string holds U+0000");
        nx_err_at(err, NX_NOWHERE, (uint64_t)(nul - p));
    }
    return rc;
}

/* Hangs the text of each number onto its item: the tree's order is the text's. Recursion ends at JSON_DEPTH.
 */
static bool keep_numbers(cJSON *item, const char **at, const char *end)
{
    for (; item; item = item->next) {
        if (cJSON_IsNumber(item)) {
            struct nx_slice num = next_number(*at, end);
            item->valuestring = cJSON_malloc(num.n + NX_SCAN_PAD);
            if (!item->valuestring)
                return false;
            memcpy(item->valuestring, num.p, num.n);
            memset(item->valuestring + num.n, 0, NX_SCAN_PAD);
            *at = num.p + num.n;
            double d;
            if (nx_doc_double(item, &d))
                cJSON_SetNumberHelper(item, d);
        }
        if (item->child && !keep_numbers(item->child, at, end))
            return false;
    }
    return true;
}

int nx_doc_parse(const char *p, size_t n, const char *name, cJSON **ret, struct nx_err *err)
{
    char *copy = malloc(n + NX_SCAN_PAD);
    if (!copy)
        return nx_fail(err, NX_ENOMEM, name, "no memory for a JSON document");
    if (n > 0)
        memcpy(copy, p, n);
    memset(copy + n, 0, NX_SCAN_PAD);
    cJSON *doc = NULL;
    int rc = check(copy, n, name, err);
    if (rc < 0)
        goto out;
    blank_numbers(copy, n);
    doc = cJSON_ParseWithLength(copy, n);
    if (!doc || !keep_numbers(doc, &p, p + n)) {
        rc = nx_fail(err, NX_ENOMEM, name, "no memory for a JSON document");
        goto out;
    }
    *ret = doc;
    doc = NULL;
out:
    cJSON_Delete(doc);
    free(copy);
    return rc;
}

const cJSON *nx_doc_get(const cJSON *obj, const char *key)
{
    if (!cJSON_IsObject(obj))
        return NULL;
    for (const cJSON *m = obj->child; m; m = m->next)
        if (m->string && strcmp(m->string, key) == 0)
            return m;
    return NULL;
}

size_t nx_doc_count(const cJSON *obj, const char *key)
{
    size_t n = 0;
    if (cJSON_IsObject(obj))
        for (const cJSON *m = obj->child; m; m = m->next)
            n += m->string && strcmp(m->string, key) == 0;
    return n;
}

static bool number(const cJSON *v, struct nx_num *ret)
{
    if (!cJSON_IsNumber(v) || !v->valuestring)
        return false;
    struct nx_scan s;
    struct nx_arena arena;
    nx_arena_init(&arena, SIZE_MAX);
    nx_scan_init(&s, nx_slice_of(v->valuestring), &arena);
    bool ok = nx_scan_num(&s, ret);
    nx_arena_fini(&arena);
    return ok;
}

bool nx_doc_u64(const cJSON *v, uint64_t max, uint64_t *ret)
{
    struct nx_num num;
    if (!number(v, &num) || num.kind != NX_NUM_U64 || num.u > max)
        return false;
    *ret = num.u;
    return true;
}

bool nx_doc_i64(const cJSON *v, int64_t min, int64_t max, int64_t *ret)
{
    struct nx_num num;
    int64_t i;
    if (!number(v, &num))
        return false;
    if (num.kind == NX_NUM_U64 && num.u <= INT64_MAX)
        i = (int64_t)num.u;
    else if (num.kind == NX_NUM_NEG)
        i = -(int64_t)(num.u - 1) - 1;
    else
        return false;
    if (i < min || i > max)
        return false;
    *ret = i;
    return true;
}

bool nx_doc_double(const cJSON *v, double *ret)
{
    struct nx_num num;
    if (!number(v, &num))
        return false;
    *ret = num.kind == NX_NUM_FLOAT ? num.d : num.kind == NX_NUM_U64 ? (double)num.u : -(double)num.u;
    return true;
}
