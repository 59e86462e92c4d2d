# bin_PROGRAMS += nxtraced
# nxtraced_SOURCES = daemon/main.c
# nxtraced_LDADD = $(NX_daemon)
