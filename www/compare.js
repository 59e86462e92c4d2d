/* Two runs beside each other: what fails now, what was fixed, what came, went, and takes longer or shorter. */
import { api, get, page, scopeOf } from './api.js';
import { h, replace } from './dom.js';
import * as format from './format.js';
import {
  field,
  choice,
  into,
  mark,
  notice,
  runState,
  shareBar,
  testName,
  time,
  workspaceName,
  workspaceOptions,
} from './parts.js';

const SECTIONS = [
  ['newly_failing', 'Newly failing', 'fail'],
  ['fixed', 'Fixed', 'pass'],
  ['still_failing', 'Still failing', 'fail'],
  ['slower', 'Slower', 'flaky'],
  ['faster', 'Faster', 'pass'],
  ['new', 'New', 'pass'],
  ['removed', 'Gone', 'skip'],
];
const SHOWN = 50;

function side(name, run) {
  const c = run.counts;
  return h(
    'div',
    { class: 'panel side' },
    h('h2', {}, name, ' ', h('a', { href: page.run(run.id) }, run.id.slice(0, 8))),
    h('p', {}, workspaceName(run.workspace), ' ', time(run.started_at)),
    shareBar(
      [
        ['fail', c.failed],
        ['flaky', c.flaky],
        ['pass', c.passed - c.flaky],
      ],
      `${c.failed} failed, ${c.flaky} flaky, ${c.passed} passed`,
    ),
    h(
      'p',
      { class: 'dim' },
      `${format.many(c.tests, 'test')}, ${format.number(c.failed)} failed, ${format.number(c.flaky)} flaky, ${format.number(c.skipped)} skipped${run.profile ? `, profile ${format.visible(run.profile)}` : ''}`,
    ),
  );
}

function cell(end) {
  if (!end) return h('span', { class: 'dim' }, '–');
  const kind = end.flaky ? 'flaky' : end.outcome === 'passed' ? 'pass' : 'fail';
  return [mark(kind, end.flaky ? `${end.outcome}, flaky` : end.outcome), ' ', format.duration(end.duration_secs)];
}

function change(t) {
  if (!t.base || !t.head || !t.base.duration_secs) return '';
  const by = t.head.duration_secs - t.base.duration_secs;
  return `${by < 0 ? '−' : '+'}${format.duration(Math.abs(by))} (${(t.head.duration_secs / t.base.duration_secs).toFixed(2)}×)`;
}

function section([key, name, kind], tests) {
  if (!tests.length) return null;
  const body = h('tbody', {}),
    more = h('p', { class: 'more' });
  const add = (n) => {
    const from = body.childElementCount;
    body.append(
      ...tests
        .slice(from, from + n)
        .map((t) =>
          h(
            'tr',
            {},
            h('td', {}, testName(t.binary, t.test)),
            h('td', { class: 'n' }, cell(t.base)),
            h('td', { class: 'n' }, cell(t.head)),
            h('td', { class: 'n dim' }, change(t)),
          ),
        ),
    );
    replace(
      more,
      body.childElementCount < tests.length
        ? h('button', { type: 'button', on: { click: () => add(500) } }, `Show more of ${format.number(tests.length)}`)
        : null,
    );
  };
  add(SHOWN);
  return h(
    'details',
    { class: 'panel fold', open: key !== 'new' && key !== 'removed' },
    h('summary', {}, h('h2', {}, mark(kind), name, h('span', { class: 'count' }, format.number(tests.length)))),
    h(
      'div',
      { class: 'tablebox' },
      h(
        'table',
        { class: 'pair' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ['Test', 'Base', 'Head', 'Difference'].map((text, i) =>
              h('th', { scope: 'col', class: i ? 'n' : null }, text),
            ),
          ),
        ),
        body,
      ),
    ),
    more,
  );
}

function picker(here, runs, workspaces, asked) {
  /* The address may name a run by the beginning of its id. */
  const whole = (id) => (id ? runs.find((r) => r.id.startsWith(id))?.id || id : '');
  const chosen = { ...asked, base: whole(asked.base), head: whole(asked.head) };
  const name = (r) => [
    r.id,
    `${format.moment(new Date(r.started_at))} · ${runState(r)[1]} · ${format.askedFor(r.cli_args) || 'run'} · ${r.id.slice(0, 8)}`,
  ];
  const none = [['', 'choose a run']];
  return h(
    'form',
    { class: 'filters compare', 'aria-label': 'Which runs', on: { submit: (e) => e.preventDefault() } },
    field(
      'Workspace',
      choice(
        'workspace',
        workspaceOptions(workspaces),
        chosen.workspace,
        (v) => here.refine({ workspace: v, base: '', head: '' }),
      ),
    ),
    field(
      'Base',
      choice('base', [...none, ...runs.map(name)], chosen.base, (v) => here.refine({ base: v })),
    ),
    field(
      'Head',
      choice('head', [...none, ...runs.map(name)], chosen.head, (v) => here.refine({ head: v })),
    ),
    chosen.base && chosen.head
      ? h(
          'button',
          { type: 'button', on: { click: () => here.refine({ base: chosen.head, head: chosen.base }) } },
          'Swap',
        )
      : null,
  );
}

/* Without a choice: the two newest runs of the newest run's workspace that ended. */
function suggest(runs) {
  const ended = runs.filter((r) => r.status !== 'incomplete'),
    head = ended[0];
  const base = head && ended.find((r) => r.id !== head.id && scopeOf(r.workspace) === scopeOf(head.workspace));
  return base
    ? h(
        'p',
        {},
        h('a', { class: 'button', href: page.compare({ base: base.id, head: head.id }) }, 'Compare the two newest'),
        ' ',
        workspaceName(head.workspace),
      )
    : null;
}

export async function show(here) {
  const { signal, query } = here,
    chosen = { workspace: query.get('workspace') || '', base: query.get('base') || '', head: query.get('head') || '' };
  const form = h('div', {}),
    box = h('div', {});
  here.title('Compare');
  replace(here.main, h('h1', {}, 'Compare two runs'), form, box);
  const lists = Promise.all([
    get(api(null, ['runs'], { limit: 200, workspace: chosen.workspace }), { signal }),
    get(api(null, ['workspaces']), { signal }),
  ]);
  lists.then(([r, w]) => replace(form, picker(here, r.runs, w.workspaces, chosen))).catch(() => {});
  await into(
    box,
    async (busy) => {
      if (!chosen.base || !chosen.head) {
        const [{ runs }] = await lists;
        return runs.length < 2
          ? notice('Nothing to compare', h('p', {}, 'It takes two recorded runs.'))
          : notice(
              'Choose two runs',
              h('p', {}, 'The base is what was, the head what may have changed it.'),
              suggest(runs),
            );
      }
      const answer = await get(api(null, ['compare'], chosen), { signal, busy });
      const sections = SECTIONS.map((s) => section(s, answer[s[0]]));
      return [
        h('div', { class: 'sides' }, side('Base', answer.base), side('Head', answer.head)),
        sections.some(Boolean)
          ? sections
          : notice(
              'Nothing is different',
              h('p', {}, 'The same tests passed and failed, and no time differs by more than noise.'),
            ),
      ];
    },
    { signal },
  );
}
