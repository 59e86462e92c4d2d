/* Reads a run's timeline, and what held the run up. */
import { api, pages } from './api.js';
import { micros } from './handover.js';
import { Lanes } from './lanes.js';

export async function readTimeline(scope, run, signal) {
  const tests = [], known = new Map(), executions = [], zero = micros(run.started_at);
  for await (const rows of pages(api(scope, ['runs', run.id, 'tests'], { attempts: 'all', sort: 'start', limit: 1000 }), 'tests', { signal })) {
    for (const t of rows) {
      const key = `${t.binary} ${t.test}`;
      if (!known.has(key)) { known.set(key, tests.length); tests.push({ binary: t.binary, test: t.test }); }
      const start = micros(t.started_at) - zero;
      executions.push({ test: known.get(key), attempt: t.attempt, slot: t.slot, start, end: start + t.duration_secs * 1e6, passed: t.passed, running: t.outcome === 'running', last: t.last, slow: t.slow, stress: t.stress_index, outcome: t.outcome });
    }
  }
  return { lanes: new Lanes({ tests, executions, scripts: [], pauses: [], wall: (run.duration_secs || 0) * 1e6 }), held: null };
}
