noinst_LIBRARIES += libnx_catalog.a
libnx_catalog_a_SOURCES = \
	src/catalog/absorb.c src/catalog/absorb.h src/catalog/absorb_log.c \
	src/catalog/forget.c \
	src/catalog/growing.c src/catalog/growing.h \
	src/catalog/held.c src/catalog/held.h \
	src/catalog/keep.c src/catalog/keep.h \
	src/catalog/merge.c src/catalog/merge.h \
	src/catalog/portable.c src/catalog/portable.h \
	src/catalog/reconcile.c src/catalog/reconcile.h \
	src/catalog/reconcile_stores.c src/catalog/reconcile_stores.h \
	src/catalog/shelf.c src/catalog/shelf.h \
	src/catalog/stores.c src/catalog/stores.h \
	src/catalog/view.c src/catalog/view.h src/catalog/view_find.c
