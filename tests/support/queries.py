"""The PerfettoSQL queries of nextest's documentation of its traces, which a trace has to answer.

The page offers the same (www/); Documented.ALL is {name: SQL}.
"""
_ARG = "EXTRACT_ARG(arg_set_id, 'args.{}') AS {}"


def _select(*names, where, order):
    columns = ", ".join(_ARG.format(n, n.split(".")[-1]) for n in names)
    return f"SELECT {columns} FROM slice WHERE {where} ORDER BY {order}"


_TIME = "EXTRACT_ARG(arg_set_id, 'args.time_taken_ms')"
_TEST = "category = 'test'"

SLOWEST = _select("binary_id", "test_name", "time_taken_ms", where=_TEST, order="time_taken_ms DESC LIMIT 20")
PER_BINARY = f"""SELECT EXTRACT_ARG(arg_set_id, 'args.binary_id') AS binary_id, COUNT(*) AS test_count, SUM({_TIME}) AS total_ms,
  AVG({_TIME}) AS avg_ms, MAX({_TIME}) AS max_ms, MIN({_TIME}) AS min_ms
FROM slice WHERE category = 'test' GROUP BY binary_id ORDER BY total_ms DESC"""
HISTOGRAM = f"""SELECT CASE WHEN time_taken_ms < 100 THEN '< 100ms' WHEN time_taken_ms < 1000 THEN '100ms - 1s'
  WHEN time_taken_ms < 5000 THEN '1s - 5s' WHEN time_taken_ms < 10000 THEN '5s - 10s' WHEN time_taken_ms < 30000 THEN '10s - 30s'
  ELSE '> 30s' END AS bucket, COUNT(*) AS count
FROM (SELECT {_TIME} AS time_taken_ms FROM slice WHERE category = 'test') GROUP BY bucket ORDER BY MIN(time_taken_ms)"""
SCRIPTS = _select("script_id", "time_taken_ms", "result.status", where="category = 'setup-script'", order="time_taken_ms DESC")
GROUPS = _select("binary_id", "test_name", "test_group", "time_taken_ms",
                 where=_TEST + " AND EXTRACT_ARG(arg_set_id, 'args.test_group') != '@global'", order="time_taken_ms DESC")
RETRIED = _select("binary_id", "test_name", "attempt", "total_attempts", "result.status", "time_taken_ms",
                  where=_TEST + " AND EXTRACT_ARG(arg_set_id, 'args.total_attempts') > 1", order="binary_id, test_name, attempt")
SLOTS = """SELECT t.name AS slot, COUNT(*) AS tests_run, SUM(EXTRACT_ARG(s.arg_set_id, 'args.time_taken_ms')) AS busy_ms
FROM slice s JOIN thread_track tt ON s.track_id = tt.id JOIN thread t USING (utid)
WHERE s.category = 'test' GROUP BY t.name ORDER BY busy_ms DESC"""
METADATA = """SELECT DISTINCT flat_key FROM args WHERE arg_set_id IN
  (SELECT arg_set_id FROM slice WHERE category = 'test' LIMIT 1)"""

ALL = {"slowest": SLOWEST, "per binary": PER_BINARY, "histogram": HISTOGRAM, "setup scripts": SCRIPTS, "groups": GROUPS,
       "retried": RETRIED, "slots": SLOTS, "metadata": METADATA}
