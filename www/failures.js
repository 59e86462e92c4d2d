/* What failed, first: every failed test, its output a click away, that of the first one at once. */
import { api, get, page } from './api.js';
import { h, replace } from './dom.js';
import * as format from './format.js';
import { copyButton, mark, testState } from './parts.js';
import { outputBox } from './output.js';

const FIRST = 8,
  MORE = 50; /* the timeline below them is to be in reach */

function card({ here, scope, run, pick }, t, open) {
  const [kind, word] = testState(t),
    out = h('div', {});
  const box = h(
    'details',
    { class: 'failure' },
    h(
      'summary',
      {},
      mark(kind),
      h(
        'span',
        { class: 'test' },
        h('bdi', { class: 'binary' }, format.visible(t.binary)),
        ' ',
        h('bdi', { class: 'name' }, format.visible(t.test)),
      ),
      h(
        'span',
        { class: 'dim' },
        `${word}${t.attempt > 1 ? `, attempt ${t.attempt}` : ''}${t.stress_index !== null ? `, iteration ${t.stress_index + 1}` : ''}, ${format.duration(t.duration_secs)}`,
      ),
    ),
    h(
      'div',
      { class: 'inside' },
      h(
        'p',
        { class: 'row' },
        h('a', { href: page.test(t.binary, t.test) }, 'History'),
        h('button', { type: 'button', class: 'quiet', on: { click: () => pick(t) } }, 'On the timeline'),
        copyButton(command(run, t), 'the nxctl command', 'nxctl output'),
      ),
      out,
    ),
  );
  box.addEventListener(
    'toggle',
    () => {
      if (box.open && !out.firstChild)
        replace(
          out,
          outputBox(
            scope,
            run.id,
            t.binary,
            t.test,
            { attempt: t.attempt, stress: t.stress_index },
            { signal: here.signal },
          ),
        );
    },
    { signal: here.signal },
  );
  box.open = open;
  return box;
}

function command(run, t) {
  return ['nxctl', 'output', run.id.slice(0, 8), t.binary, t.test].map(format.shellWord).join(' ');
}

/* what: {here, scope, run, counts, pick({binary, test})}; old: what is shown now; what was unfolded there stays as
 * it is. */
export async function failures(what, old) {
  const { here, scope, run, counts } = what;
  if (!counts.failed) return null;
  const shown = new Map([...(old?.querySelectorAll('details.failure') || [])].map((d) => [d.dataset.key, d]));
  const list = h('div', { class: 'failures' }),
    more = h('p', { class: 'more' });
  let after = null;
  const add = async (limit) => {
    const answer = await get(
      api(scope, ['runs', run.id, 'tests'], { outcome: 'failed', sort: 'start', limit, after }),
      { signal: here.signal },
    );
    for (const t of answer.tests) {
      const key = `${t.binary} ${t.test} ${t.attempt} ${t.stress_index}`;
      const node = shown.get(key) || card(what, t, list.childElementCount === 0 && !shown.size);
      node.dataset.key = key;
      list.append(node);
    }
    after = answer.next;
    replace(
      more,
      after
        ? h(
            'button',
            { type: 'button', on: { click: () => add(MORE) } },
            `Show more of ${format.number(counts.failed)}`,
          )
        : null,
    );
  };
  await add(Math.min(1000, Math.max(FIRST, shown.size)));
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'failed-title' },
    h('h2', { id: 'failed-title', class: 'bad' }, `${format.many(counts.failed, 'test')} failed`),
    list,
    more,
  );
}
