noinst_LIBRARIES += libnx_watch.a
libnx_watch_a_SOURCES = src/watch/watch.h src/watch/inotify.c src/watch/procs.c src/watch/procs.h
