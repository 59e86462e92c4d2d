/*
 * The events of a run log, as typed values.
 *
 * Source: nextest-runner/src/record/summary.rs (TestEventSummary) and reporter/events.rs, nextest 0.9.143. Every member is named
 * after nextest's. Strings and arrays belong to the decoder that made the event and live until its next call.
 * Durations are normalized (nanos below 1e9). A value.
 */
#ifndef NX_EVENT_EVENT_H
#define NX_EVENT_EVENT_H

#include "event/instant.h"
#include "json/scan.h"

struct nx_duration {
    uint64_t secs;
    uint32_t nanos;
};

enum nx_event_kind {
#define NX_KIND(name, type, text, member) NX_EV_##name,
#include "event/kinds.def"
#undef NX_KIND
    NX_EV_COUNT
};

enum nx_cancel_reason { /* in order of severity */
    NX_CANCEL_NONE,
    NX_CANCEL_SETUP_SCRIPT_FAILURE,
    NX_CANCEL_TEST_FAILURE,
    NX_CANCEL_REPORT_ERROR,
    NX_CANCEL_GLOBAL_TIMEOUT,
    NX_CANCEL_TEST_FAILURE_IMMEDIATE,
    NX_CANCEL_SIGNAL,
    NX_CANCEL_INTERRUPT,
    NX_CANCEL_SECOND_SIGNAL,
};

struct nx_test_id {
    struct nx_str binary, name;
};

struct nx_slot {
    uint64_t global, group;
    bool has_group;
    struct nx_str test_group; /* "@global" for none */
};

struct nx_retry {
    uint32_t attempt, total; /* from 1 */
};

struct nx_stress_index {
    uint32_t current; /* from 0 */
    uint32_t total;   /* not 0 when has_total */
    bool has_total;
};

struct nx_run_stats {
    uint64_t initial_run_count, finished_count;
    uint64_t setup_scripts_initial_count, setup_scripts_finished_count, setup_scripts_passed;
    uint64_t setup_scripts_failed, setup_scripts_exec_failed, setup_scripts_timed_out;
    uint64_t passed, passed_slow, passed_timed_out, flaky;
    uint64_t failed, failed_slow, failed_timed_out, leaky, leaky_failed, exec_failed, skipped;
    uint32_t cancel_reason; /* enum nx_cancel_reason */
};

enum nx_result_status { NX_RESULT_PASS, NX_RESULT_LEAK, NX_RESULT_FAIL, NX_RESULT_EXEC_FAIL, NX_RESULT_TIMEOUT };
enum nx_failure_kind { NX_FAILURE_EXIT_CODE, NX_FAILURE_ABORT };
enum nx_abort_kind { NX_ABORT_UNIX_SIGNAL, NX_ABORT_WINDOWS_NT_STATUS, NX_ABORT_WINDOWS_JOB_OBJECT };
enum nx_pass_fail { NX_PASS, NX_FAIL };

struct nx_abort {
    uint32_t kind; /* enum nx_abort_kind */
    int32_t code;  /* the signal, or the status */
    bool has_text;
    struct nx_str text; /* the signal's name, or the status' message */
};

struct nx_failure {
    uint32_t kind; /* enum nx_failure_kind */
    int32_t code;  /* of an exit code */
    struct nx_abort abort;
};

struct nx_result {
    uint32_t status;        /* enum nx_result_status */
    uint32_t counts_as;     /* of a leak or a timeout: enum nx_pass_fail */
    bool leaked;            /* of a failure */
    struct nx_failure failure;
};

enum nx_stream_status { NX_STREAM_EMPTY, NX_STREAM_FULL, NX_STREAM_TRUNCATED };

struct nx_stream { /* where an output is: out/<file_name> in store.zip */
    uint32_t status; /* enum nx_stream_status */
    struct nx_str file_name;
    uint64_t original_size; /* bytes, when truncated */
};

enum nx_output_kind { NX_OUTPUT_SPLIT, NX_OUTPUT_COMBINED };

struct nx_output {
    uint32_t kind; /* enum nx_output_kind */
    bool has_stdout, has_stderr;
    struct nx_stream out, err; /* combined: `out` holds both */
};

enum nx_child_kind { NX_CHILD_OUTPUT, NX_CHILD_START_ERROR };

struct nx_child_output {
    uint32_t kind; /* enum nx_child_kind; after a start error `output` is empty */
    bool has_result, has_errors;
    struct nx_result result;
    struct nx_output output;
};

struct nx_error_summary {
    struct nx_str short_message, description;
};

struct nx_status { /* one attempt of a test, or one run of a setup script */
    struct nx_retry retry;
    struct nx_child_output output;
    struct nx_result result;
    struct nx_instant start_time;
    struct nx_duration time_taken, delay_before_start;
    bool is_slow, has_error, has_error_slice, has_env_map;
    struct nx_error_summary error;
};

enum nx_progress_kind { NX_PROGRESS_COUNT, NX_PROGRESS_TIME };
enum nx_stress_count_kind { NX_STRESS_COUNT, NX_STRESS_INFINITE };

struct nx_stress_count {
    uint32_t kind; /* enum nx_stress_count_kind */
    uint32_t count;
};

struct nx_progress {
    uint32_t kind; /* enum nx_progress_kind */
    struct nx_stress_count total_count;
    struct nx_duration total_time, elapsed;
    uint32_t completed;
};

enum nx_condition_kind { NX_CONDITION_COUNT, NX_CONDITION_DURATION };

struct nx_condition {
    uint32_t kind; /* enum nx_condition_kind */
    bool has_count; /* none: infinite */
    uint32_t count;
    struct nx_duration duration;
};

enum nx_final_outcome { NX_FINAL_SUCCESS, NX_FINAL_NO_TESTS_RUN, NX_FINAL_CANCELLED, NX_FINAL_FAILED };
enum nx_failure_step { NX_STEP_SETUP_SCRIPT, NX_STEP_TEST };

struct nx_final_stats {
    uint32_t outcome; /* enum nx_final_outcome */
    uint32_t reason;  /* of cancelled: enum nx_cancel_reason */
    struct {
        uint32_t step; /* enum nx_failure_step */
        uint64_t initial_run_count, not_run;
    } kind; /* of cancelled and failed */
};

enum nx_finished_kind { NX_FINISHED_SINGLE, NX_FINISHED_STRESS };

struct nx_finished_stats {
    uint32_t kind; /* enum nx_finished_kind */
    struct nx_run_stats single;
    struct nx_stress_index completed;
    uint32_t success_count, failed_count;
    struct nx_final_stats last;
};

struct nx_strs {
    struct nx_str *v;
    size_t n;
};

struct nx_event {
    enum nx_event_kind kind;
    struct nx_instant timestamp;
    struct nx_duration elapsed;
    bool has_stress_index;
    struct nx_stress_index stress_index;
    struct nx_test_id test;    /* of test-* events */
    struct nx_slot slot;       /* test-started, test-retry-started */
    uint64_t running, setup_scripts_running;
    union {
        struct {
            char run_id[37];
            struct nx_str profile_name;
            struct nx_strs cli_args;
            bool has_condition;
            struct nx_condition condition;
        } run_started;
        struct {
            struct nx_duration elapsed;
            struct nx_finished_stats stats;
            bool has_not_seen;
            uint64_t total_not_seen;
        } run_finished;
        struct {
            uint32_t reason;
        } run_begin_cancel;
        struct {
            struct nx_progress progress;
            struct nx_duration elapsed; /* finished: sub-elapsed */
            struct nx_run_stats stats;  /* finished: sub-stats */
        } sub_run;
        struct {
            uint64_t index, total;
            struct nx_str script_id, program;
            struct nx_strs args;
            bool no_capture, will_terminate;
            struct nx_duration elapsed; /* slow */
            struct nx_status status;    /* finished */
        } script;
        struct {
            struct nx_retry retry; /* slow, retry-started */
            struct nx_duration elapsed, delay_before_next; /* slow; failed-will-retry */
            bool will_terminate;
            struct nx_strs command_line;   /* started, retry-started */
            struct nx_run_stats stats;     /* started, finished: current-stats */
            struct nx_status *statuses;    /* finished; failed-will-retry: one */
            size_t statuses_n;             /* not 0 for those two */
            uint32_t flaky_result;         /* enum nx_pass_fail */
            uint32_t reason;               /* skipped: index into nx_skip_reasons */
        } t;
    } u;
};

/* nextest's words for the values above, by number. */
extern const char *const nx_cancel_reasons[]; /* [NX_CANCEL_NONE] is NULL */
extern const char *const nx_skip_reasons[];
const char *nx_event_kind_text(enum nx_event_kind kind);

/* Does the result count as passed? (ExecutionResultDescription::is_success) */
bool nx_result_success(const struct nx_result *r);

#endif
