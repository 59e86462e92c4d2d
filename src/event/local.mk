noinst_LIBRARIES += libnx_event.a
libnx_event_a_SOURCES = \
	src/event/decode.c \
	src/event/decode.h \
	src/event/event.h \
	src/event/ident.c \
	src/event/ident.h \
	src/event/instant.c \
	src/event/instant.h \
	src/event/kinds.def \
	src/event/lists.c \
	src/event/members.c \
	src/event/members.h \
	src/event/schema.c \
	src/event/schema.h \
	src/event/values.c \
	src/event/values.h
