#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "client/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *t, const struct column *columns, size_t n)
{
    assert(n <= TABLE_COLUMNS);
    *t = (struct table){.columns = columns, .columns_n = n};
    nx_strbuf_init(&t->text, 0);
}

void table_fini(struct table *t)
{
    free(t->cells);
    nx_strbuf_fini(&t->text);
}

static void add_cell(struct table *t, enum style style, size_t at)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        struct cell *v = realloc(t->cells, cap * sizeof(*v));
        if (!v) {
            t->text.failed = true;
            return;
        }
        t->cells = v;
        t->cap = cap;
    }
    t->cells[t->n++] = (struct cell){at, t->text.n - at, style};
}

void table_cell(struct table *t, enum style style, const char *fmt, ...)
{
    char text[128];
    size_t at = t->text.n;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    nx_strbuf_adds(&t->text, text);
    add_cell(t, style, at);
}

void table_number(struct table *t, enum style style, bool shown, uint64_t n)
{
    if (shown) {
        table_cell(t, style, "%" PRIu64, n);
    } else {
        table_cell(t, style, "%s", "");
    }
}

void table_safe(struct table *t, enum style style, struct nx_slice a, struct nx_slice b)
{
    size_t at = t->text.n;
    ui_safe(&t->text, a);
    if (a.n && b.n) {
        nx_strbuf_addc(&t->text, ' ');
    }
    ui_safe(&t->text, b);
    add_cell(t, style, at);
}

/* Characters, of a text that is valid UTF-8. */
static size_t width_of(const char *p, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++) {
        width += ((unsigned char)p[i] & 0xc0) != 0x80;
    }
    return width;
}

static void put(struct nx_strbuf *out, bool color, enum style style, const char *p, size_t n)
{
    if (color && style != S_NONE) {
        struct nx_strbuf z;
        nx_strbuf_init(&z, 0);
        nx_strbuf_add(&z, p, n);
        ui_styled(out, color, style, z.failed || !z.p ? "" : z.p);
        nx_strbuf_fini(&z);
    } else {
        nx_strbuf_add(out, p, n);
    }
}

static void put_padded(struct nx_strbuf *out, bool color, const struct column *c, const struct cell *cell,
                       const char *p, size_t width, bool last)
{
    size_t w = width_of(p, cell->n), pad = width > w ? width - w : 0;
    nx_strbuf_addf(out, "%*s", c->right ? (int)pad : 0, "");
    put(out, color, cell->style, p, cell->n);
    if (!last) {
        nx_strbuf_addf(out, "%*s  ", c->right ? 0 : (int)pad, "");
    }
}

void table_print(const struct table *t, struct nx_strbuf *out, bool color)
{
    size_t width[TABLE_COLUMNS] = {0}, last = 0;
    if (t->text.failed || t->n == 0) {
        out->failed = out->failed || t->text.failed;
        return;
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t w = width_of(t->text.p + t->cells[i].at, t->cells[i].n), c = i % t->columns_n;
        width[c] = w > width[c] ? w : width[c];
    }
    for (size_t c = 0; c < t->columns_n; c++) {
        size_t title = strlen(t->columns[c].title);
        if (width[c] > 0) {
            last = c;
            width[c] = title > width[c] ? title : width[c];
        }
    }
    nx_strbuf_adds(out, "  ");
    for (size_t c = 0; c <= last; c++) {
        const struct cell head = {0, strlen(t->columns[c].title), S_BOLD};
        if (width[c] > 0) {
            put_padded(out, color, &t->columns[c], &head, t->columns[c].title, width[c], c == last);
        }
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t c = i % t->columns_n;
        nx_strbuf_adds(out, c == 0 ? "\n  " : "");
        if (width[c] > 0) {
            put_padded(out, color, &t->columns[c], &t->cells[i], t->text.p + t->cells[i].at, width[c],
                       c == last);
        }
    }
    nx_strbuf_addc(out, '\n');
}
