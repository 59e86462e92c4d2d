bin_PROGRAMS += nxtraced
nxtraced_SOURCES = \
	daemon/answers.c daemon/answers.h \
	daemon/ask.c \
	daemon/conns.c daemon/conns.h \
	daemon/convert.c daemon/convert.h \
	daemon/daemon.h \
	daemon/feed.c daemon/feed.h \
	daemon/follows.c daemon/follows.h \
	daemon/growing.c daemon/growing.h \
	daemon/handlers.h \
	daemon/health.c \
	daemon/http.c daemon/http.h \
	daemon/indexer.c daemon/indexer.h \
	daemon/jobs.c daemon/jobs.h \
	daemon/keeper.c daemon/keeper.h \
	daemon/kept.c daemon/kept.h \
	daemon/listen.c daemon/listen.h \
	daemon/live.c daemon/live.h \
	daemon/live_diff.c \
	daemon/live_look.c \
	daemon/log.c daemon/log.h \
	daemon/loop.c daemon/loop.h \
	daemon/main.c \
	daemon/negotiate.c daemon/negotiate.h \
	daemon/options.c daemon/options.def daemon/options.h \
	daemon/perfetto.c daemon/perfetto.h \
	daemon/policy.c daemon/policy.h \
	daemon/procs.c daemon/procs.h \
	daemon/reply.c daemon/reply.h \
	daemon/req.c daemon/req.h \
	daemon/route.c daemon/route.h daemon/routes.def \
	daemon/running.c \
	daemon/server.c \
	daemon/systemd.c daemon/systemd.h \
	daemon/traces.c \
	daemon/url.c daemon/url.h \
	daemon/watcher.c daemon/watcher.h \
	daemon/www.c daemon/www.h \
	daemon/www_files.c daemon/www_files.h
nxtraced_LDADD = $(NX_daemon)

dist_man_MANS += man/nxtraced.8

EXTRA_DIST += systemd/user/nxtraced.service.in systemd/user/nxtraced.socket
CLEANFILES += systemd/user/nxtraced.service
systemduserunit_DATA = systemd/user/nxtraced.service
dist_systemduserunit_DATA = systemd/user/nxtraced.socket
systemd/user/nxtraced.service: systemd/user/nxtraced.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd/user && $(SED) 's|[@]bindir[@]|$(bindir)|g' $(srcdir)/systemd/user/nxtraced.service.in >$@.new && \
		mv $@.new $@
