#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/openapi_faults.h"

#include <stdio.h>
#include <string.h>

/* What is said of a response beyond its description. */
enum shape { BARE, ERROR, ERROR_AND_RETRY };

static const struct fault {
    int status;
    unsigned traits; /* of which an operation needs all; 0: every operation */
    enum shape shape;
    const char *name, *help;
} faults[] = {
    {206, NX_OPENAPI_RANGES, BARE, "Part", "the part that `Range` asked for"},
    {304, NX_OPENAPI_TAGGED, BARE, "NotModified", "still what `If-None-Match` names"},
    {400, 0, ERROR, "BadRequest", "a parameter or selector that makes no sense, or is not known"},
    {403, 0, ERROR, "Forbidden", "a Host name that is not the daemon's"},
    {404, NX_OPENAPI_NAMES, ERROR, "NotFound", "no such run, workspace, store or test"},
    {409, NX_OPENAPI_NAMES, ERROR, "Ambiguous", "several runs or workspaces are meant; the message lists them"},
    {410, NX_OPENAPI_RUN, ERROR, "Gone", "the run is known, but its files are not there"},
    {413, 0, ERROR, "TooLarge", "a request with a body of more than 64 KiB"},
    {416, NX_OPENAPI_RANGES, ERROR, "NoSuchPart", "nothing of what `Range` asks for exists"},
    {422, NX_OPENAPI_READS, ERROR, "Unreadable", "a recording that cannot be read"},
    {500, 0, ERROR, "Internal", "the system refused; the daemon's log says more"},
    {503, 0, ERROR_AND_RETRY, "Busy", "not yet: too much waits, or a run has not been read so far"},
};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

unsigned nx_openapi_traits_of(const char *param)
{
    enum { NAME = NX_OPENAPI_NAMES | NX_OPENAPI_READS, RUN = NAME | NX_OPENAPI_RUN };
    static const struct {
        const char *param;
        unsigned traits;
    } brings[] = {
        {"run", RUN},    {"base", RUN},    {"head", RUN},  {"workspace", NAME},
        {"store", NAME}, {"binary", NAME}, {"test", NAME}, {"text", NX_OPENAPI_READS},
    };
    for (size_t i = 0; i < sizeof(brings) / sizeof(brings[0]); i++) {
        if (strcmp(param, brings[i].param) == 0) {
            return brings[i].traits;
        }
    }
    return 0;
}

static void put_key_str(struct nx_json *w, const char *key, const char *value)
{
    nx_json_key(w, key);
    nx_json_strz(w, value);
}

void nx_openapi_put_faults(struct nx_json *w, unsigned traits)
{
    for (size_t i = 0; i < FAULTS; i++) {
        if ((faults[i].traits & traits) == faults[i].traits) {
            char text[64];
            snprintf(text, sizeof(text), "%d", faults[i].status);
            nx_json_key(w, text);
            nx_json_obj(w);
            snprintf(text, sizeof(text), "#/components/responses/%s", faults[i].name);
            put_key_str(w, "$ref", text);
            nx_json_end_obj(w);
        }
    }
}

void nx_openapi_put_fault_components(struct nx_json *w)
{
    nx_json_key(w, "responses");
    nx_json_obj(w);
    for (size_t i = 0; i < FAULTS; i++) {
        nx_json_key(w, faults[i].name);
        nx_json_obj(w);
        put_key_str(w, "description", faults[i].help);
        if (faults[i].shape != BARE) {
            nx_json_key(w, "content");
            nx_json_raw(w, NX_LIT("{\"application/json\":{\"schema\":"
                                  "{\"$ref\":\"#/components/schemas/Error\"}}}"));
        }
        if (faults[i].shape == ERROR_AND_RETRY) {
            nx_json_key(w, "headers");
            nx_json_raw(w, NX_LIT("{\"Retry-After\":{\"required\":true,"
                                  "\"description\":\"ask again after so many seconds\","
                                  "\"schema\":{\"type\":\"integer\",\"minimum\":0}}}"));
        }
        nx_json_end_obj(w);
    }
    nx_json_end_obj(w);
}
