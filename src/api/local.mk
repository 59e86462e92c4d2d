noinst_LIBRARIES += libnx_api.a
libnx_api_a_SOURCES = \
	src/api/answer.h \
	src/api/answer_error.c \
	src/api/answer_put.h \
	src/api/answer_run.c \
	src/api/answer_runs.c \
	src/api/answer_workspaces.c \
	src/api/export.c src/api/export.h \
	src/api/questions.c src/api/questions.def src/api/questions.h \
	src/api/select.c src/api/select.h \
	src/api/words.c src/api/words.h
