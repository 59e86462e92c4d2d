# The page. Flat, and served as it is: no build step. Every file is listed here (tests/layout looks).
wwwdir = $(pkgdatadir)/www
dist_www_DATA = \
	www/actions.js \
	www/ansi.js \
	www/api.js \
	www/app.js \
	www/chart.js \
	www/compare.js \
	www/dom.js \
	www/events.js \
	www/failures.js \
	www/format.js \
	www/handover.js \
	www/heldup.js \
	www/icon.svg \
	www/index.html \
	www/ink.js \
	www/keys.js \
	www/lanes.js \
	www/open.js \
	www/output.js \
	www/paint.js \
	www/parts.js \
	www/queries.js \
	www/run.js \
	www/run_head.js \
	www/runs.js \
	www/runs_list.js \
	www/search.js \
	www/selection.js \
	www/spark.js \
	www/style.css \
	www/test.js \
	www/testtable.js \
	www/theme.js \
	www/timeline.js \
	www/timeline_data.js \
	www/trends.js

# A daemon that is not installed looks for www beside itself.
all-local:
	@test -e www/index.html || { rm -f www; ln -s '$(abs_top_srcdir)/www' www; }

distclean-local:
	@if test -h www; then rm -f www; fi
