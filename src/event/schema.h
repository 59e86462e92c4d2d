/*
 * How the members of an event lie in its JSON and in struct nx_event. Private to src/event.
 *
 * A schema is a struct of nextest's: its members in the order in which serde writes them. A tagged schema is an
 * internally tagged enum: the member `tag` names the variant, whose members stand beside it.
 */
#ifndef NX_EVENT_SCHEMA_H
#define NX_EVENT_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
    V_U64,      /* usize, u64 -> uint64_t; these two first: members.c reads short ones itself */
    V_U32,      /* -> uint32_t */
    V_NONZERO,  /* NonZero<u32> -> uint32_t */
    V_I32,      /* -> int32_t */
    V_BOOL,     /* -> bool */
    V_STR,      /* -> struct nx_str */
    V_IDENT,    /* ConfigIdentifier -> struct nx_str */
    V_GROUP,    /* TestGroup -> struct nx_str */
    V_FILE,     /* OutputFileName -> struct nx_str */
    V_STRS,     /* Vec<String> -> struct nx_strs */
    V_DURATION, /* -> struct nx_duration */
    V_TIME,     /* -> struct nx_instant */
    V_UUID,     /* -> char[37] */
    V_WORD,     /* a unit enum, sub: const char *const [] ending in NULL -> uint32_t index */
    V_CANCEL,   /* CancelReason -> uint32_t enum nx_cancel_reason */
    V_STRUCT,   /* sub: struct schema -> in place */
    V_TAGGED,   /* sub: struct tagged -> in place */
    V_STATUSES, /* Vec<ExecuteStatus>, not empty -> statuses, statuses_n of the event */
    V_STATUS,   /* one ExecuteStatus -> the same, one */
    V_TESTS,    /* Vec<OwnedTestInstanceId>: checked, not kept */
    V_MAP,      /* BTreeMap<String, String>: checked, not kept */
    V_ANY,      /* checked as JSON, not kept */
};

enum member_flags {
    M_REQ = 0,
    M_OPT = 1,  /* Option: may be absent or null */
    M_DEF = 2,  /* #[serde(default)]: may be absent */
    M_SOFT = 4, /* nextest wants it, a trace does without */
};

#define NO_PLACE UINT16_MAX /* checked, not kept */

struct member {
    const char *name;
    const void *sub;
    uint16_t place, has_place; /* offsets; has_place of a bool that says an Option is there */
    uint8_t type, flags;
    /* `"name":` as four words with masks, so that trying it costs four compares. Filled at start. */
    uint8_t key_n;
    uint64_t key[4], mask[4];
};

struct schema {
    struct member *v;
    uint8_t n;
    bool no_unknown; /* unknown members are refused */
    bool repeats;    /* struct nx_run_stats: often the very text of the line before */
};

struct variant {
    const char *name;
    const struct schema *schema; /* NULL: a unit variant */
};

struct tagged {
    const char *tag;
    uint16_t place; /* of the uint32_t that gets the variant's number */
    const struct variant *v;
    uint8_t n;
    struct member *key; /* the tag as a member, for its key words */
};

extern const struct schema nx_schema_line;   /* timestamp, elapsed; kind is decode.c's */
extern const struct schema nx_schema_status; /* ExecuteStatus -> struct nx_status */
extern const struct schema nx_schema_test_id;
extern const struct schema nx_schema_duration;
extern const struct schema *const nx_schema_kinds[]; /* by enum nx_event_kind */
extern struct member nx_member_kind, nx_member_type_tag, nx_member_kind_tag;

#endif
