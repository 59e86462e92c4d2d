/*
 * The table of questions (questions.def) as data.
 */
#ifndef NX_API_QUESTIONS_H
#define NX_API_QUESTIONS_H

#include <stddef.h>

enum nx_question {
#define NX_QUESTION(name, word, route, command, help) NX_Q_##name,
#define NX_PARAM(question, name, where, option, help)
#include "api/questions.def"
#undef NX_QUESTION
#undef NX_PARAM
    NX_Q_COUNT
};

enum nx_where { NX_IN_NOWHERE, NX_IN_PATH, NX_IN_QUERY };

/* All static. Any thread. */
const char *nx_question_word(enum nx_question q);
const char *nx_question_route(enum nx_question q);
const char *nx_question_command(enum nx_question q); /* "" for none */
const char *nx_question_help(enum nx_question q);

struct nx_param {
    enum nx_question question;
    const char *name;
    enum nx_where where;
    const char *option; /* "" for none */
    const char *help;
};

/* The i-th parameter in the table, or NULL behind the last. */
const struct nx_param *nx_question_param(size_t i);

#endif
