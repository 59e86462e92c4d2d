/* What a recording is made of: private to src/recording. */
#ifndef NX_RECORDING_RECORDING_IMPL_H
#define NX_RECORDING_RECORDING_IMPL_H

#include "io/zip.h"
#include "recording/recording.h"

#define NX_LOG_NAME "run.log.zst"
#define NX_STORE_NAME "store.zip"

struct nx_recording {
    char *name; /* the folder, or the portable recording's file */
    struct nx_run run;
    bool portable, newer_minor;
    struct nx_zip *wrapper; /* around `zip`, or NULL */
    struct nx_zip *zip;     /* of a portable recording */
    struct nx_zip *store;   /* store.zip, once it was needed */
};

/* Opens store.zip where it was not opened yet. */
int nx_recording_need_store(struct nx_recording *rec, struct nx_err *err);

#endif
