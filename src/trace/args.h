/*
 * nextest's values as members of `args`, in the order and spelling of its serde types. Private to src/trace.
 */
#ifndef NX_TRACE_ARGS_H
#define NX_TRACE_ARGS_H

#include "trace/emit.h"

/* Each writes one value. */
void args_strs(struct emit *e, struct nx_strs s);
void args_duration(struct emit *e, struct nx_duration d);
void args_secs(struct emit *e, struct nx_duration d);   /* as a double of seconds */
void args_millis(struct emit *e, struct nx_duration d); /* as a double of milliseconds */
void args_result(struct emit *e, const struct nx_result *r);
void args_run_stats(struct emit *e, const struct nx_run_stats *s);
void args_finished_stats(struct emit *e, const struct nx_finished_stats *s);
void args_progress(struct emit *e, const struct nx_progress *p);
void args_condition(struct emit *e, const struct nx_condition *c);
void args_stress_index(struct emit *e, const struct nx_stress_index *i);
void args_error(struct emit *e, const struct nx_error_summary *s);

#endif
