noinst_LIBRARIES += libnx_watch.a
libnx_watch_a_SOURCES = src/watch/backend.h src/watch/procs.c src/watch/procs.h src/watch/watch.c src/watch/watch.h
# One of them, as configure found or was told (--with-watch).
if WATCH_INOTIFY
libnx_watch_a_SOURCES += src/watch/inotify.c
endif
if WATCH_KQUEUE
libnx_watch_a_SOURCES += src/watch/kqueue.c
endif
if WATCH_POLL
libnx_watch_a_SOURCES += src/watch/poll.c
endif
