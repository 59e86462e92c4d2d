#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "api/questions.h"

#include <assert.h>

static const struct {
    const char *word, *route, *command, *help;
} questions[NX_Q_COUNT] = {
#define NX_QUESTION(name, word, route, command, help) [NX_Q_##name] = {word, route, command, help},
#define NX_PARAM(question, name, where, option, help)
#include "api/questions.def"
#undef NX_QUESTION
#undef NX_PARAM
};

static const struct nx_param params[] = {
#define NX_QUESTION(name, word, route, command, help)
#define NX_PARAM(question, name, where, option, help) {NX_Q_##question, name, NX_IN_##where, option, help},
#include "api/questions.def"
#undef NX_QUESTION
#undef NX_PARAM
};

const char *nx_question_word(enum nx_question q)
{
    assert(q < NX_Q_COUNT);
    return questions[q].word;
}

const char *nx_question_route(enum nx_question q)
{
    assert(q < NX_Q_COUNT);
    return questions[q].route;
}

const char *nx_question_command(enum nx_question q)
{
    assert(q < NX_Q_COUNT);
    return questions[q].command;
}

const char *nx_question_help(enum nx_question q)
{
    assert(q < NX_Q_COUNT);
    return questions[q].help;
}

const struct nx_param *nx_question_param(size_t i)
{
    return i < sizeof(params) / sizeof(params[0]) ? &params[i] : NULL;
}
