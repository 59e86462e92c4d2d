noinst_LIBRARIES += libnx_json.a
libnx_json_a_SOURCES = \
	src/json/doc.c \
	src/json/doc.h \
	src/json/escape.c \
	src/json/escape.h \
	src/json/kernel.c \
	src/json/kernel.h \
	src/json/lex.h \
	src/json/number.c \
	src/json/number.h \
	src/json/pow10.inc \
	src/json/scan.c \
	src/json/scan.h \
	src/json/skip.c \
	src/json/utf8.c \
	src/json/write.c \
	src/json/write.h
