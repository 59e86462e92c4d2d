/* The queries that nextest's documentation gives for its traces, each ready to copy and to run in Perfetto. */
const arg = (name, from = 'arg_set_id') => `EXTRACT_ARG(${from}, 'args.${name}')`;

export const queries = [
  [
    'Slowest tests',
    `SELECT
  ${arg('binary_id')} AS binary_id,
  ${arg('test_name')} AS test_name,
  ${arg('time_taken_ms')} AS time_taken_ms
FROM slice
WHERE category = 'test'
ORDER BY time_taken_ms DESC
LIMIT 20;`,
  ],
  [
    'Time per binary',
    `SELECT
  ${arg('binary_id')} AS binary_id,
  COUNT(*) AS test_count,
  SUM(${arg('time_taken_ms')}) AS total_ms,
  AVG(${arg('time_taken_ms')}) AS avg_ms,
  MAX(${arg('time_taken_ms')}) AS max_ms,
  MIN(${arg('time_taken_ms')}) AS min_ms
FROM slice
WHERE category = 'test'
GROUP BY binary_id
ORDER BY total_ms DESC;`,
  ],
  [
    'Histogram of durations',
    `SELECT
  CASE
    WHEN time_taken_ms < 100 THEN '< 100ms'
    WHEN time_taken_ms < 1000 THEN '100ms - 1s'
    WHEN time_taken_ms < 5000 THEN '1s - 5s'
    WHEN time_taken_ms < 10000 THEN '5s - 10s'
    WHEN time_taken_ms < 30000 THEN '10s - 30s'
    ELSE '> 30s'
  END AS bucket,
  COUNT(*) AS count
FROM (
  SELECT ${arg('time_taken_ms')} AS time_taken_ms
  FROM slice
  WHERE category = 'test'
)
GROUP BY bucket
ORDER BY MIN(time_taken_ms);`,
  ],
  [
    'Setup scripts',
    `SELECT
  ${arg('script_id')} AS script_id,
  ${arg('time_taken_ms')} AS time_taken_ms,
  ${arg('result.status')} AS status
FROM slice
WHERE category = 'setup-script'
ORDER BY time_taken_ms DESC;`,
  ],
  [
    'Tests in groups',
    `SELECT
  ${arg('binary_id')} AS binary_id,
  ${arg('test_name')} AS test_name,
  ${arg('test_group')} AS test_group,
  ${arg('time_taken_ms')} AS time_taken_ms
FROM slice
WHERE category = 'test'
  AND ${arg('test_group')} != '@global'
ORDER BY time_taken_ms DESC;`,
  ],
  [
    'Retried tests',
    `SELECT
  ${arg('binary_id')} AS binary_id,
  ${arg('test_name')} AS test_name,
  ${arg('attempt')} AS attempt,
  ${arg('total_attempts')} AS total_attempts,
  ${arg('result.status')} AS status,
  ${arg('time_taken_ms')} AS time_taken_ms
FROM slice
WHERE category = 'test'
  AND ${arg('total_attempts')} > 1
ORDER BY binary_id, test_name, attempt;`,
  ],
  [
    'How busy each slot was',
    `SELECT
  t.name AS slot,
  COUNT(*) AS tests_run,
  SUM(${arg('time_taken_ms', 's.arg_set_id')}) AS busy_ms
FROM slice s
JOIN thread_track tt ON s.track_id = tt.id
JOIN thread t USING (utid)
WHERE s.category = 'test'
GROUP BY t.name
ORDER BY busy_ms DESC;`,
  ],
  [
    'What is known of a test',
    `SELECT DISTINCT flat_key
FROM args
WHERE arg_set_id IN (
  SELECT arg_set_id FROM slice WHERE category = 'test' LIMIT 1
);`,
  ],
];
