/* What failed, first: every failed test, its output a click away, that of the first one at once. */
import { api, get } from './api.js';
import { h, replace } from './dom.js';
import * as format from './format.js';
import { mark, testName, testState } from './parts.js';
import { outputBox } from './output.js';

const PAGE = 25;

function card(here, scope, run, t, open) {
  const [kind, word] = testState(t), out = h('div', {});
  const box = h('details', { class: 'failure' }, h('summary', {}, mark(kind), h('span', { class: 'test' }, h('bdi', { class: 'binary' }, format.visible(t.binary)), ' ', h('bdi', { class: 'name' }, format.visible(t.test))),
    h('span', { class: 'dim' }, `${word}${t.attempt > 1 ? `, attempt ${t.attempt}` : ''}${t.stress_index !== null ? `, iteration ${t.stress_index + 1}` : ''}, ${format.duration(t.duration_secs)}`)),
  h('div', { class: 'inside' }, h('p', {}, testName(t.binary, t.test), h('span', { class: 'dim' }, ' · history')), out));
  box.addEventListener('toggle', () => {
    if (box.open && !out.firstChild) replace(out, outputBox(scope, run.id, t.binary, t.test, { attempt: t.attempt, stress: t.stress_index }, { signal: here.signal }));
  }, { signal: here.signal });
  box.open = open;
  return box;
}

/* old: what is shown now; what was unfolded there stays as it is. */
export async function failures(here, scope, run, counts, old) {
  if (!counts.failed) return null;
  const shown = new Map([...(old?.querySelectorAll('details.failure') || [])].map((d) => [d.dataset.key, d]));
  const list = h('div', { class: 'failures' }), more = h('p', { class: 'more' });
  let after = null;
  const add = async () => {
    const answer = await get(api(scope, ['runs', run.id, 'tests'], { outcome: 'failed', sort: 'start', limit: PAGE, after }), { signal: here.signal });
    for (const t of answer.tests) {
      const key = `${t.binary} ${t.test} ${t.attempt} ${t.stress_index}`;
      const node = shown.get(key) || card(here, scope, run, t, list.childElementCount === 0 && !shown.size);
      node.dataset.key = key;
      list.append(node);
    }
    after = answer.next;
    replace(more, after ? h('button', { type: 'button', on: { click: add } }, 'Show more that failed') : null);
  };
  await add();
  return h('section', { class: 'panel', 'aria-labelledby': 'failed-title' }, h('h2', { id: 'failed-title', class: 'bad' }, `${format.many(counts.failed, 'test')} failed`), list, more);
}
