/*
 * A run as nextest's run list holds it: what nx_run_parse() reads. The index keeps runs in this form.
 * Any thread.
 */
#ifndef NX_STORE_RUN_WRITE_H
#define NX_STORE_RUN_WRITE_H

#include "json/write.h"
#include "store/run.h"

void nx_run_write(struct nx_json *w, const struct nx_run *run);

#endif
