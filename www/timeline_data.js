/* Reads a run's timeline as the API has it, in columns, and makes lanes of it. */
import { api, get } from './api.js';
import { Lanes } from './lanes.js';

const passes = (outcome) => outcome.endsWith('pass');

function executionsOf(doc) {
  const e = doc.executions,
    list = [];
  for (let i = 0; i < e.test.length; i++) {
    const outcome = doc.outcomes[e.outcome[i]];
    list.push({
      test: e.test[i],
      attempt: e.attempt[i],
      stress: e.stress_index?.[i],
      slot: e.slot[i] ?? doc.slots,
      start: e.start[i],
      end: e.end ? e.end[i] : e.start[i] + e.duration[i],
      took: e.duration[i],
      outcome,
      passed: passes(outcome),
      running: outcome === 'running',
      last: Boolean(e.last[i]),
      slow: Boolean(e.slow[i]),
    });
  }
  return list;
}

/* {lanes, doc}: an execution of lanes has the number that it has in the document. */
export async function readTimeline(scope, run, { signal, busy }) {
  const doc = await get(api(scope, ['runs', run.id, 'timeline']), { signal, busy });
  const tests = doc.tests.name.map((test, i) => ({ binary: doc.binaries[doc.tests.binary[i]], test }));
  const scripts = doc.scripts.map((s) => ({ ...s, passed: passes(s.outcome), running: s.outcome === 'running' }));
  const pauses = doc.pauses.map((p) => ({ from: p.from, to: p.to ?? doc.wall }));
  return {
    doc,
    lanes: new Lanes({ tests, executions: executionsOf(doc), scripts, pauses, slots: doc.slots, wall: doc.wall }),
  };
}
