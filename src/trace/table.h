/*
 * What a trace remembers while it is made: tests, test binaries, tracks, scripts. Private to src/trace.
 *
 * Tables grow with what is in them and are bounded by base/limits.def. Names are copied: an event's strings die with it.
 */
#ifndef NX_TRACE_TABLE_H
#define NX_TRACE_TABLE_H

#include "base/err.h"
#include "event/event.h"

/* tid - slot, and of scripts tid - index: keeps them clear of pids, since Perfetto treats tid == pid as a main thread. */
enum { TID_OFFSET = 10000 };

/* A test that is open, or whose failed attempt waits for its retry, or both. */
struct test_entry {
    struct test_entry *next;
    uint64_t hash;
    struct nx_str binary, name, group; /* in `bytes`; group is of the last start */
    uint64_t slot;
    uint64_t pid; /* of the binary, or the one of all tests */
    uint64_t flow;
    bool open, flow_pending;
    char *group_bytes; /* owned, when it is not the global group */
    char bytes[];
};

struct test_table {
    struct test_entry **buckets;
    size_t mask, n, open_n;
    uint64_t seed;
};

NX_MUST_USE int test_table_init(struct test_table *t);
void test_table_fini(struct test_table *t);

/* The entry of a test, or NULL. */
struct test_entry *test_find(struct test_table *t, const struct nx_test_id *id);
/* Marks it open in a slot, making the entry as needed. NX_ELIMIT, NX_ENOMEM. */
NX_MUST_USE int test_open(struct test_table *t, struct test_entry *e, const struct nx_test_id *id,
                          const struct nx_slot *slot, uint64_t pid, struct nx_err *err);
/* Marks it closed and forgets it, unless a flow is pending. */
void test_close(struct test_table *t, struct test_entry *e);
/* The open tests by tid: an array of open_n pointers (owned by the caller, free()); NULL: none, or no memory (*ret_rc). */
struct test_entry **test_open_by_slot(const struct test_table *t, int *ret_rc);

/* pids of test binaries, in order of their first event. */
struct binary_table;
NX_MUST_USE int binary_table_new(struct binary_table **ret);
void binary_table_free(struct binary_table *b);
/* *ret_pid, given on first sight from *next_pid on. */
NX_MUST_USE int binary_pid(struct binary_table *b, struct nx_str id, uint64_t *next_pid, uint64_t *ret_pid,
                           struct nx_err *err);

/* A set of (pid, tid) pairs; a pid itself is (~pid, 0), which no track is: pids are few, tids may be any number. */
struct track_set {
    struct track {
        uint64_t pid, tid;
    } *v;
    unsigned char *used;
    size_t mask, n;
};
void track_set_fini(struct track_set *s);
/* 1: newly added, 0: was there, negative: an error. */
NX_MUST_USE int track_add(struct track_set *s, uint64_t pid, uint64_t tid, struct nx_err *err);

/* Running setup scripts, in order of index. */
struct script_list {
    struct script_entry {
        uint64_t index;
        struct nx_str name; /* owned */
    } *v;
    size_t n, cap;
};
void script_list_fini(struct script_list *l);
NX_MUST_USE int script_put(struct script_list *l, uint64_t index, struct nx_str name, struct nx_err *err);
/* By index, or by name (the lowest index); NULL: none. */
const struct script_entry *script_at(const struct script_list *l, uint64_t index);
const struct script_entry *script_named(const struct script_list *l, struct nx_str name);
void script_drop(struct script_list *l, uint64_t index);

/* A copy of s with memory of its own (free the p); {NULL} when there is none. */
struct nx_str str_copy(struct nx_str s);

#endif
