noinst_LIBRARIES += libnx_base.a
libnx_base_a_SOURCES = \
	src/base/arena.c \
	src/base/arena.h \
	src/base/err.c \
	src/base/err.def \
	src/base/err.h \
	src/base/hash.c \
	src/base/hash.h \
	src/base/limits.c \
	src/base/limits.def \
	src/base/limits.h \
	src/base/slice.h \
	src/base/strbuf.c \
	src/base/strbuf.h \
	src/base/utf8.c \
	src/base/utf8.h
