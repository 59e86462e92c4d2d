# What the suite tests/suite/fault runs: a library that makes system calls fail, the index and the archive without a daemon.
check_PROGRAMS += tests/fault/index_tool tests/fault/keep_tool tests/fault/inject.so
tests_fault_index_tool_SOURCES = tests/fault/index_tool.c
tests_fault_index_tool_LDADD = $(NX_catalog)
# Loaded into programs with sanitizers as well: without any itself, and without the flags of programs.
tests_fault_keep_tool_SOURCES = tests/fault/keep_tool.c
tests_fault_keep_tool_LDADD = $(NX_catalog)
tests_fault_inject_so_SOURCES = tests/fault/inject.c
tests_fault_inject_so_CFLAGS = -std=c11 -fPIC -Wall -Wextra -Wshadow
tests_fault_inject_so_LDFLAGS = -shared
tests_fault_inject_so_LDADD = -ldl -lpthread
