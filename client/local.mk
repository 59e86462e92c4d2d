# bin_PROGRAMS += nxctl
# nxctl_SOURCES = client/main.c
# nxctl_LDADD = $(NX_client)
