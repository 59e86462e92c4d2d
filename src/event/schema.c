#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
/* The tables. Source: nextest-runner/src/record/summary.rs, reporter/events.rs, in the order of their members. */
#include "event/schema.h"

#include <assert.h>
#include <string.h>

#include "event/event.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define AT(type, field) ((uint16_t)offsetof(type, field))
#define EV(field) AT(struct nx_event, field)

/* name, type, flags, place [, has_place [, sub]] */
#define MEMBER(n, t, f, p, h, s) {.name = n, .type = t, .flags = f, .place = p, .has_place = h, .sub = s}
#define REQ(n, t, p) MEMBER(n, t, M_REQ, p, NO_PLACE, NULL)
#define REQ_SUB(n, t, p, s) MEMBER(n, t, M_REQ, p, NO_PLACE, s)
#define SOFT(n, t, p) MEMBER(n, t, M_SOFT, p, NO_PLACE, NULL)
#define SOFT_SUB(n, t, p, s) MEMBER(n, t, M_SOFT, p, NO_PLACE, s)
#define OPT(n, t, p, h) MEMBER(n, t, M_OPT, p, h, NULL)
#define OPT_SUB(n, t, p, h, s) MEMBER(n, t, M_OPT, p, h, s)
#define DEF_SUB(n, t, p, s) MEMBER(n, t, M_DEF, p, NO_PLACE, s)

#define SCHEMA(sym, ...)                                                                                     \
    static struct member sym##_members[] = {__VA_ARGS__};                                                    \
    static const struct schema sym = {.v = sym##_members, .n = COUNT(sym##_members)}
#define TAGGED(sym, tag_text, at, ...)                                                                       \
    static const struct variant sym##_variants[] = {__VA_ARGS__};                                            \
    static struct member sym##_key = {.name = tag_text};                                                     \
    static const struct tagged sym = {tag_text, at, sym##_variants, COUNT(sym##_variants), &sym##_key}

/* --- words --- */

const char *const nx_cancel_reasons[] = {
    NULL,     "setup-script-failure", "test-failure", "report-error", "global-timeout", "test-failure-immediate",
    "signal", "interrupt",            "second-signal", NULL,
};
const char *const nx_skip_reasons[] = {
    "not-benchmark", "ignored", "string", "expression", "partition", "rerun-already-passed", "default-filter", NULL,
};
static const char *const pass_fail[] = {"pass", "fail", NULL};
static const char *const displays[] = {"immediate", "immediate-final", "final", "never", NULL};
static const char *const junit_flaky_fail[] = {"failure", "success", NULL};
static const char *const junit_skipped[] = {"none", "ignored", "all", NULL};
static const char *const start_errors[] = {"temp-path", "spawn", NULL};

/* --- small structs --- */

static struct member duration_members[] = {
    REQ("secs", V_U64, AT(struct nx_duration, secs)),
    REQ("nanos", V_U32, AT(struct nx_duration, nanos)),
};
const struct schema nx_schema_duration = {.v = duration_members, .n = COUNT(duration_members), .no_unknown = true};

static struct member test_id_members[] = {
    REQ("binary-id", V_STR, AT(struct nx_test_id, binary)),
    REQ("name", V_STR, AT(struct nx_test_id, name)),
};
const struct schema nx_schema_test_id = {.v = test_id_members, .n = COUNT(test_id_members)};

SCHEMA(slot, REQ("global-slot", V_U64, AT(struct nx_slot, global)),
       OPT("group-slot", V_U64, AT(struct nx_slot, group), AT(struct nx_slot, has_group)),
       REQ("test-group", V_GROUP, AT(struct nx_slot, test_group)));

SCHEMA(retry, REQ("attempt", V_U32, AT(struct nx_retry, attempt)),
       REQ("total-attempts", V_U32, AT(struct nx_retry, total)));

SCHEMA(stress_index, REQ("current", V_U32, AT(struct nx_stress_index, current)),
       OPT("total", V_NONZERO, AT(struct nx_stress_index, total), AT(struct nx_stress_index, has_total)));

/* RunStats: M(name, field) for each counter. It stands by itself, and (a newtype variant) beside the tag of its enum. */
#define RUN_STATS(M)                                                                                         \
    M("initial-run-count", initial_run_count), M("finished-count", finished_count),                          \
        M("setup-scripts-initial-count", setup_scripts_initial_count),                                       \
        M("setup-scripts-finished-count", setup_scripts_finished_count),                                     \
        M("setup-scripts-passed", setup_scripts_passed), M("setup-scripts-failed", setup_scripts_failed),    \
        M("setup-scripts-exec-failed", setup_scripts_exec_failed),                                           \
        M("setup-scripts-timed-out", setup_scripts_timed_out), M("passed", passed),                          \
        M("passed-slow", passed_slow), M("passed-timed-out", passed_timed_out), M("flaky", flaky),           \
        M("failed", failed), M("failed-slow", failed_slow), M("failed-timed-out", failed_timed_out),         \
        M("leaky", leaky), M("leaky-failed", leaky_failed), M("exec-failed", exec_failed),                   \
        M("skipped", skipped)

#define STAT(n, f) REQ(n, V_U64, AT(struct nx_run_stats, f))
static struct member run_stats_members[] = {
    RUN_STATS(STAT),
    OPT("cancel-reason", V_CANCEL, AT(struct nx_run_stats, cancel_reason), NO_PLACE),
};
static const struct schema run_stats = {.v = run_stats_members, .n = COUNT(run_stats_members), .repeats = true};

/* --- results --- */

SCHEMA(unix_signal, REQ("signal", V_I32, AT(struct nx_abort, code)),
       OPT("name", V_STR, AT(struct nx_abort, text), AT(struct nx_abort, has_text)));
SCHEMA(windows_nt_status, REQ("code", V_I32, AT(struct nx_abort, code)),
       OPT("message", V_STR, AT(struct nx_abort, text), AT(struct nx_abort, has_text)));
TAGGED(abort_kind, "kind", AT(struct nx_abort, kind), {"unix-signal", &unix_signal},
       {"windows-nt-status", &windows_nt_status}, {"windows-job-object", NULL});

SCHEMA(exit_code, REQ("code", V_I32, AT(struct nx_failure, code)));
SCHEMA(aborted, REQ_SUB("abort", V_TAGGED, AT(struct nx_failure, abort), &abort_kind));
TAGGED(failure, "kind", AT(struct nx_failure, kind), {"exit-code", &exit_code}, {"abort", &aborted});

SCHEMA(counted, REQ_SUB("result", V_WORD, AT(struct nx_result, counts_as), pass_fail));
SCHEMA(failed, REQ_SUB("failure", V_TAGGED, AT(struct nx_result, failure), &failure),
       REQ("leaked", V_BOOL, AT(struct nx_result, leaked)));
TAGGED(result, "status", AT(struct nx_result, status), {"pass", NULL}, {"leak", &counted}, {"fail", &failed},
       {"exec-fail", NULL}, {"timeout", &counted});

/* --- outputs --- */

SCHEMA(stream_full, REQ("file-name", V_FILE, AT(struct nx_stream, file_name)));
SCHEMA(stream_truncated, REQ("file-name", V_FILE, AT(struct nx_stream, file_name)),
       REQ("original-size", V_U64, AT(struct nx_stream, original_size)));
TAGGED(stream, "status", AT(struct nx_stream, status), {"empty", NULL}, {"full", &stream_full},
       {"truncated", &stream_truncated});
SCHEMA(split, OPT_SUB("stdout", V_TAGGED, AT(struct nx_output, out), AT(struct nx_output, has_stdout), &stream),
       OPT_SUB("stderr", V_TAGGED, AT(struct nx_output, err), AT(struct nx_output, has_stderr), &stream));
SCHEMA(combined, REQ_SUB("output", V_TAGGED, AT(struct nx_output, out), &stream));
TAGGED(output, "kind", AT(struct nx_output, kind), {"split", &split}, {"combined", &combined});

SCHEMA(child_errors, REQ("description", V_STR, NO_PLACE), REQ("inner", V_ANY, NO_PLACE));
SCHEMA(child_output,
       OPT_SUB("result", V_TAGGED, AT(struct nx_child_output, result), AT(struct nx_child_output, has_result), &result),
       REQ_SUB("output", V_TAGGED, AT(struct nx_child_output, output), &output),
       OPT_SUB("errors", V_STRUCT, NO_PLACE, AT(struct nx_child_output, has_errors), &child_errors));
SCHEMA(child_start_error, REQ_SUB("kind", V_WORD, NO_PLACE, start_errors), REQ("source", V_ANY, NO_PLACE));
TAGGED(child, "type", AT(struct nx_child_output, kind), {"output", &child_output}, {"start-error", &child_start_error});

/* --- attempts --- */

SCHEMA(error_summary, REQ("short-message", V_STR, AT(struct nx_error_summary, short_message)),
       REQ("description", V_STR, AT(struct nx_error_summary, description)));
SCHEMA(error_slice, REQ("slice", V_STR, NO_PLACE), REQ("start", V_U64, NO_PLACE));

#define STATUS(field) AT(struct nx_status, field)
static struct member status_members[] = {
    REQ_SUB("retry-data", V_STRUCT, STATUS(retry), &retry),
    SOFT_SUB("output", V_TAGGED, STATUS(output), &child),
    REQ_SUB("result", V_TAGGED, STATUS(result), &result),
    SOFT("start-time", V_TIME, STATUS(start_time)),
    REQ("time-taken", V_DURATION, STATUS(time_taken)),
    REQ("is-slow", V_BOOL, STATUS(is_slow)),
    SOFT("delay-before-start", V_DURATION, STATUS(delay_before_start)),
    OPT_SUB("error-summary", V_STRUCT, STATUS(error), STATUS(has_error), &error_summary),
    OPT_SUB("output-error-slice", V_STRUCT, NO_PLACE, STATUS(has_error_slice), &error_slice),
};
const struct schema nx_schema_status = {.v = status_members, .n = COUNT(status_members)};

SCHEMA(env_map, REQ("env-map", V_MAP, NO_PLACE));
SCHEMA(script_status, SOFT_SUB("output", V_TAGGED, STATUS(output), &child),
       REQ_SUB("result", V_TAGGED, STATUS(result), &result), SOFT("start-time", V_TIME, STATUS(start_time)),
       REQ("time-taken", V_DURATION, STATUS(time_taken)), REQ("is-slow", V_BOOL, STATUS(is_slow)),
       OPT_SUB("env-map", V_STRUCT, NO_PLACE, STATUS(has_env_map), &env_map),
       OPT_SUB("error-summary", V_STRUCT, STATUS(error), STATUS(has_error), &error_summary));

SCHEMA(statuses, REQ("statuses", V_STATUSES, 0), DEF_SUB("flaky-result", V_WORD, EV(u.t.flaky_result), pass_fail));

/* --- stress --- */

SCHEMA(stress_count, REQ("count", V_NONZERO, AT(struct nx_stress_count, count)));
TAGGED(stress_total, "kind", AT(struct nx_stress_count, kind), {"count", &stress_count}, {"infinite", NULL});
SCHEMA(progress_count, REQ_SUB("total", V_TAGGED, AT(struct nx_progress, total_count), &stress_total),
       REQ("elapsed", V_DURATION, AT(struct nx_progress, elapsed)),
       REQ("completed", V_U32, AT(struct nx_progress, completed)));
SCHEMA(progress_time, REQ("total", V_DURATION, AT(struct nx_progress, total_time)),
       REQ("elapsed", V_DURATION, AT(struct nx_progress, elapsed)),
       REQ("completed", V_U32, AT(struct nx_progress, completed)));
TAGGED(progress, "progress-type", AT(struct nx_progress, kind), {"count", &progress_count}, {"time", &progress_time});

SCHEMA(condition_count, OPT("count", V_U32, AT(struct nx_condition, count), AT(struct nx_condition, has_count)));
SCHEMA(condition_duration, REQ("duration", V_DURATION, AT(struct nx_condition, duration)));
TAGGED(condition, "type", AT(struct nx_condition, kind), {"count", &condition_count},
       {"duration", &condition_duration});

#define FINAL(field) AT(struct nx_final_stats, field)
SCHEMA(step_test, REQ("initial_run_count", V_U64, FINAL(kind.initial_run_count)),
       REQ("not_run", V_U64, FINAL(kind.not_run)));
TAGGED(step, "step", FINAL(kind.step), {"setup-script", NULL}, {"test", &step_test});
SCHEMA(final_cancelled, OPT("reason", V_CANCEL, FINAL(reason), NO_PLACE), REQ_SUB("kind", V_TAGGED, 0, &step));
SCHEMA(final_failed, REQ_SUB("kind", V_TAGGED, 0, &step));
TAGGED(final_stats, "outcome", FINAL(outcome), {"success", NULL}, {"no-tests-run", NULL},
       {"cancelled", &final_cancelled}, {"failed", &final_failed});

#define SINGLE(n, f) REQ(n, V_U64, AT(struct nx_finished_stats, single.f))
SCHEMA(finished_single, RUN_STATS(SINGLE),
       OPT("cancel-reason", V_CANCEL, AT(struct nx_finished_stats, single.cancel_reason), NO_PLACE));
SCHEMA(finished_stress, REQ_SUB("completed", V_STRUCT, AT(struct nx_finished_stats, completed), &stress_index),
       REQ("success-count", V_U32, AT(struct nx_finished_stats, success_count)),
       REQ("failed-count", V_U32, AT(struct nx_finished_stats, failed_count)),
       REQ_SUB("last-final-stats", V_TAGGED, AT(struct nx_finished_stats, last), &final_stats));
TAGGED(finished, "type", AT(struct nx_finished_stats, kind), {"single", &finished_single},
       {"stress", &finished_stress});

/* --- events --- */

#define STRESS_INDEX OPT_SUB("stress-index", V_STRUCT, EV(stress_index), EV(has_stress_index), &stress_index)
#define TEST_INSTANCE REQ_SUB("test-instance", V_STRUCT, EV(test), &nx_schema_test_id)
#define RUNNING REQ("running", V_U64, EV(running))
#define SCRIPTS_RUNNING REQ("setup-scripts-running", V_U64, EV(setup_scripts_running))
#define SCRIPT(field) EV(u.script.field)
#define TEST(field) EV(u.t.field)

SCHEMA(run_started, REQ("run-id", V_UUID, EV(u.run_started.run_id)),
       REQ("profile-name", V_STR, EV(u.run_started.profile_name)),
       REQ("cli-args", V_STRS, EV(u.run_started.cli_args)),
       OPT_SUB("stress-condition", V_TAGGED, EV(u.run_started.condition), EV(u.run_started.has_condition), &condition));

SCHEMA(sub_run_started, REQ_SUB("progress", V_TAGGED, EV(u.sub_run.progress), &progress));

SCHEMA(script_started, STRESS_INDEX, REQ("index", V_U64, SCRIPT(index)), SOFT("total", V_U64, SCRIPT(total)),
       REQ("script-id", V_IDENT, SCRIPT(script_id)), SOFT("program", V_STR, SCRIPT(program)),
       SOFT("args", V_STRS, SCRIPT(args)), SOFT("no-capture", V_BOOL, SCRIPT(no_capture)));

SCHEMA(script_slow, STRESS_INDEX, REQ("script-id", V_IDENT, SCRIPT(script_id)),
       SOFT("program", V_STR, SCRIPT(program)), SOFT("args", V_STRS, SCRIPT(args)),
       REQ("elapsed", V_DURATION, SCRIPT(elapsed)), REQ("will-terminate", V_BOOL, SCRIPT(will_terminate)));

SCHEMA(test_started, STRESS_INDEX, TEST_INSTANCE, REQ_SUB("slot-assignment", V_STRUCT, EV(slot), &slot),
       SOFT_SUB("current-stats", V_STRUCT, TEST(stats), &run_stats), RUNNING,
       SOFT("command-line", V_STRS, TEST(command_line)));

SCHEMA(test_slow, STRESS_INDEX, TEST_INSTANCE, REQ_SUB("retry-data", V_STRUCT, TEST(retry), &retry),
       REQ("elapsed", V_DURATION, TEST(elapsed)), REQ("will-terminate", V_BOOL, TEST(will_terminate)));

SCHEMA(test_retry_started, STRESS_INDEX, TEST_INSTANCE, REQ_SUB("slot-assignment", V_STRUCT, EV(slot), &slot),
       REQ_SUB("retry-data", V_STRUCT, TEST(retry), &retry), RUNNING, SOFT("command-line", V_STRS, TEST(command_line)));

SCHEMA(test_skipped, STRESS_INDEX, SOFT_SUB("test-instance", V_STRUCT, EV(test), &nx_schema_test_id),
       SOFT_SUB("reason", V_WORD, TEST(reason), nx_skip_reasons),
       DEF_SUB("junit-report-skipped", V_WORD, NO_PLACE, junit_skipped));

SCHEMA(run_begin_cancel, SCRIPTS_RUNNING, RUNNING, REQ("reason", V_CANCEL, EV(u.run_begin_cancel.reason)));
SCHEMA(run_paused, SCRIPTS_RUNNING, RUNNING);
SCHEMA(run_continued, SCRIPTS_RUNNING, RUNNING);

SCHEMA(sub_run_finished, REQ_SUB("progress", V_TAGGED, EV(u.sub_run.progress), &progress),
       REQ("sub-elapsed", V_DURATION, EV(u.sub_run.elapsed)),
       REQ_SUB("sub-stats", V_STRUCT, EV(u.sub_run.stats), &run_stats));

SCHEMA(not_seen, REQ("not-seen", V_TESTS, NO_PLACE), REQ("total-not-seen", V_U64, EV(u.run_finished.total_not_seen)));
SCHEMA(run_finished, SOFT("run-id", V_UUID, NO_PLACE), SOFT("start-time", V_TIME, NO_PLACE),
       REQ("elapsed", V_DURATION, EV(u.run_finished.elapsed)),
       REQ_SUB("run-stats", V_TAGGED, EV(u.run_finished.stats), &finished),
       OPT_SUB("outstanding-not-seen", V_STRUCT, 0, EV(u.run_finished.has_not_seen), &not_seen));

SCHEMA(script_finished, STRESS_INDEX, REQ("index", V_U64, SCRIPT(index)), SOFT("total", V_U64, SCRIPT(total)),
       REQ("script-id", V_IDENT, SCRIPT(script_id)), SOFT("program", V_STR, SCRIPT(program)),
       SOFT("args", V_STRS, SCRIPT(args)), SOFT("no-capture", V_BOOL, SCRIPT(no_capture)),
       REQ_SUB("run-status", V_STRUCT, SCRIPT(status), &script_status));

SCHEMA(attempt_failed, STRESS_INDEX, TEST_INSTANCE, REQ("run-status", V_STATUS, 0),
       REQ("delay-before-next-attempt", V_DURATION, TEST(delay_before_next)),
       SOFT_SUB("failure-output", V_WORD, NO_PLACE, displays), RUNNING);

SCHEMA(test_finished, STRESS_INDEX, TEST_INSTANCE, SOFT_SUB("success-output", V_WORD, NO_PLACE, displays),
       SOFT_SUB("failure-output", V_WORD, NO_PLACE, displays), SOFT("junit-store-success-output", V_BOOL, NO_PLACE),
       SOFT("junit-store-failure-output", V_BOOL, NO_PLACE),
       DEF_SUB("junit-flaky-fail-status", V_WORD, NO_PLACE, junit_flaky_fail),
       REQ_SUB("run-statuses", V_STRUCT, 0, &statuses), REQ_SUB("current-stats", V_STRUCT, TEST(stats), &run_stats),
       RUNNING);

const struct schema *const nx_schema_kinds[] = {
#define NX_KIND(name, type, text, schema) &schema,
#include "event/kinds.def"
#undef NX_KIND
};

static struct member line_members[] = {
    REQ("timestamp", V_TIME, EV(timestamp)),
    SOFT("elapsed", V_DURATION, EV(elapsed)),
};
const struct schema nx_schema_line = {.v = line_members, .n = COUNT(line_members)};

struct member nx_member_kind = {.name = "kind"};
struct member nx_member_type_tag = {.name = "type"};
struct member nx_member_kind_tag = {.name = "kind"};

/* --- keys as words --- */

static void fill_key(struct member *m)
{
    char text[32] = {0}, mask[32] = {0};
    size_t n = strlen(m->name);
    assert(n + 3 <= sizeof text);
    text[0] = '"';
    memcpy(text + 1, m->name, n);
    memcpy(text + 1 + n, "\":", 2);
    memset(mask, 0xff, n + 3);
    m->key_n = (uint8_t)(n + 3);
    memcpy(m->key, text, sizeof text);
    memcpy(m->mask, mask, sizeof mask);
}

static void fill_schema(const struct schema *s);

static void fill_tagged(const struct tagged *t)
{
    fill_key(t->key);
    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].schema)
            fill_schema(t->v[i].schema);
}

static void fill_schema(const struct schema *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct member *m = &s->v[i];
        fill_key(m);
        if (m->type == V_STRUCT)
            fill_schema(m->sub);
        else if (m->type == V_TAGGED)
            fill_tagged(m->sub);
    }
}

__attribute__((constructor)) static void fill_all(void)
{
    fill_schema(&nx_schema_line);
    fill_schema(&nx_schema_status);
    fill_schema(&nx_schema_duration);
    for (size_t i = 0; i < NX_EV_COUNT; i++)
        fill_schema(nx_schema_kinds[i]);
    fill_key(&nx_member_kind);
    fill_key(&nx_member_type_tag);
    fill_key(&nx_member_kind_tag);
}
