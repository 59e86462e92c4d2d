# The page. Flat, and served as it is: no build step. Every file is listed here (tests/layout looks).
wwwdir = $(pkgdatadir)/www
dist_www_DATA = \
	www/app.js \
	www/index.html \
	www/style.css

# A daemon that is not installed looks for www beside itself.
all-local:
	@test -e www/index.html || { rm -f www; ln -s '$(abs_top_srcdir)/www' www; }

distclean-local:
	@if test -h www; then rm -f www; fi
