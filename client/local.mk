bin_PROGRAMS += nxctl
nxctl_SOURCES = \
	client/asking.c client/asking.h \
	client/browser.c client/browser.h \
	client/cmd.h \
	client/cmd_compare.c \
	client/cmd_export.c \
	client/cmd_history.c \
	client/cmd_info.c \
	client/cmd_list.c \
	client/cmd_open.c \
	client/cmd_output.c \
	client/cmd_tests.c \
	client/chart.c \
	client/cmd_timeline.c \
	client/cmd_trends.c \
	client/cmd_watch.c \
	client/commands.def \
	client/completion.c \
	client/completion_words.c \
	client/help.c \
	client/main.c \
	client/members.c client/members.h \
	client/once.c client/once.h \
	client/opt.c client/opt.h \
	client/place.c client/place.h \
	client/progress.c client/progress.h \
	client/rows.c client/rows.h \
	client/selection.c client/selection.h \
	client/show.c client/show.h \
	client/stream.c client/stream.h \
	client/table.c client/table.h \
	client/timeline.c client/timeline.h \
	client/tree.c client/tree.h \
	client/ui.c client/ui.h \
	client/watch_server.c \
	client/watch_store.c \
	client/watching.h \
	client/when.c client/when.h
nxctl_LDADD = $(NX_client)
