bin_PROGRAMS += nxctl
nxctl_SOURCES = \
	client/cmd.h \
	client/cmd_export.c \
	client/cmd_info.c \
	client/cmd_list.c \
	client/commands.def \
	client/completion.c \
	client/help.c \
	client/main.c \
	client/opt.c client/opt.h \
	client/place.c client/place.h \
	client/progress.c client/progress.h \
	client/rows.c client/rows.h \
	client/tree.c client/tree.h \
	client/ui.c client/ui.h
nxctl_LDADD = $(NX_client)
