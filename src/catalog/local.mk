noinst_LIBRARIES += libnx_catalog.a
libnx_catalog_a_SOURCES = \
	src/catalog/absorb.c src/catalog/absorb.h \
	src/catalog/reconcile.c src/catalog/reconcile.h \
	src/catalog/shelf.c src/catalog/shelf.h \
	src/catalog/view.c src/catalog/view.h
