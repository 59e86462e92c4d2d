/*
 * The engine that reads the members of an object by a schema. Private to src/event.
 *
 * Every function returns false when the scanner has failed. The member that nextest writes next is tried first,
 * by comparing its whole key in words; any other is looked up by name.
 */
#ifndef NX_EVENT_MEMBERS_H
#define NX_EVENT_MEMBERS_H

#include <string.h>

#include "base/arena.h"
#include "event/event.h"
#include "event/schema.h"

struct nx_decoder {
    struct nx_scan s;
    struct nx_arena arena;
    struct nx_event ev;
    const char *odd; /* what nextest would have refused, NULL for nothing */
    char odd_text[160];
    unsigned depth;  /* objects and arrays around the scanner */
    struct {             /* the last object of a schema that repeats, as text and as value */
        char text[768];
        size_t n;
        struct nx_run_stats value;
    } last;
    bool strict, general, unknown_kind;
    bool buffered;   /* inside what serde buffers: unknown members are checked harder */
};

/* Two words at once, where the processor can; the compiler sees to it where it cannot. */
typedef uint64_t nx_words __attribute__((vector_size(16)));

static inline nx_words nx_words_at(const void *p)
{
    nx_words w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* Is the scanner on exactly this member's key? Then moves behind the colon. */
static inline bool nx_member_try(struct nx_decoder *d, const struct member *m)
{
    struct nx_scan *s = &d->s; /* the text is padded */
    nx_words a = (nx_words_at(s->p) ^ nx_words_at(m->key)) & nx_words_at(m->mask);
    nx_words b = (nx_words_at(s->p + 16) ^ nx_words_at(m->key + 2)) & nx_words_at(m->mask + 2);
    a |= b;
    if ((a[0] | a[1]) != 0 || s->end - s->p < m->key_n)
        return false;
    s->p += m->key_n;
    return true;
}

/* Reads the value of a member into the struct at out. */
bool nx_member_value(struct nx_decoder *d, const struct member *m, void *out);

/* The same for a struct or tagged enum as a value, its bracket not yet consumed. */
bool nx_member_struct(struct nx_decoder *d, const struct schema *sc, void *out);
bool nx_member_tagged(struct nx_decoder *d, const struct tagged *t, char *out);

/* Lenient: notes what nextest would have refused (the first of it) and goes on; strict: fails. */
bool nx_member_odd(struct nx_decoder *d, const char *what, const char *name);

/* Fails as serde does: what stands here is not what was expected. */
bool nx_member_wrong_type(struct nx_decoder *d, const char *expected);

/* How the tags of a tagged object were found. */
enum nx_members_tags {
    NX_MEMBERS_NO_TAGS,
    NX_MEMBERS_TAGS_READ,  /* in place, just before: another one is a duplicate */
    NX_MEMBERS_TAGS_AHEAD, /* by looking ahead: pass over them */
};

/* All members of the object whose `{` is consumed, and its `}`. tag and tag2 may be NULL. */
bool nx_members(struct nx_decoder *d, const struct schema *sc, void *out, enum nx_members_tags tags, const char *tag,
                const char *tag2);

/* Looks ahead in the object at the scanner (behind `{`) for the string member `tag`; the scanner stays. */
bool nx_members_find_tag(struct nx_decoder *d, const char *tag, struct nx_str *ret);

/* Where in an object the scanner is. */
enum nx_members_at { NX_AT_FIRST, NX_AT_KEY, NX_AT_COMMA };

/* The pieces of nx_members(): the next key and its colon (1), the end of the object (0), or a failure (-1); ... */
int nx_members_key(struct nx_decoder *d, enum nx_members_at *at, struct nx_str *ret);
/* ... the value of a key, looked up, unknown ones passed over (*ret_next: the member that nextest writes next); ... */
bool nx_members_one(struct nx_decoder *d, const struct schema *sc, void *out, struct nx_str key, uint64_t *seen,
                    size_t *ret_next);
/* ... and, at the end, what must not be missing. */
bool nx_members_missing(struct nx_decoder *d, const struct schema *sc, uint64_t seen);

#endif
