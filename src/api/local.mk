noinst_LIBRARIES += libnx_api.a
libnx_api_a_SOURCES = \
	src/api/answer.h \
	src/api/answer_compare.c \
	src/api/answer_error.c \
	src/api/answer_history.c \
	src/api/answer_output.c src/api/answer_output.h \
	src/api/answer_put.h \
	src/api/answer_run.c \
	src/api/answer_runs.c \
	src/api/answer_tests.c \
	src/api/answer_timeline.c src/api/answer_timeline.h \
	src/api/answer_trends.c \
	src/api/answer_workspaces.c \
	src/api/ask.c src/api/ask.h \
	src/api/ask_args.c src/api/ask_args.h \
	src/api/ask_fill.c \
	src/api/asked.h \
	src/api/export.c src/api/export.h \
	src/api/fill.c src/api/fill.h \
	src/api/follow.c src/api/follow.h \
	src/api/interned.c src/api/interned.h \
	src/api/loose.c src/api/loose.h \
	src/api/names.c src/api/names.h \
	src/api/openapi.c src/api/openapi.h src/api/schemas.def \
	src/api/openapi_faults.c src/api/openapi_faults.h \
	src/api/output.c src/api/output.h \
	src/api/pass.c src/api/pass.h \
	src/api/pick_test.c src/api/pick_test.h \
	src/api/put_exec.c src/api/put_exec.h \
	src/api/questions.c src/api/questions.def src/api/questions.h \
	src/api/runs.c src/api/runs.h src/api/runs_mark.h \
	src/api/runs_gone.c src/api/runs_gone.h \
	src/api/scope.c src/api/scope.h src/api/select.c src/api/select.h \
	src/api/there.c src/api/there.h \
	src/api/timeline.c src/api/timeline.h \
	src/api/timeline_sum.c \
	src/api/span.c src/api/span.h \
	src/api/title.c src/api/title.h \
	src/api/trend.c src/api/trend.h \
	src/api/words.c src/api/words.h \
	src/api/world.c src/api/world.h
