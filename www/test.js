/* A test over its runs: a strip of outcomes, its durations, since when it fails, and what it wrote last. */
import { api, get, page } from './api.js';
import { chart } from './chart.js';
import { h, replace } from './dom.js';
import { listen } from './events.js';
import * as format from './format.js';
import {
  choice,
  copyButton,
  field,
  into,
  mark,
  notice,
  outcomeWord,
  testState,
  time,
  workspaceOptions,
} from './parts.js';
import { outputBox } from './output.js';

function verdict(s, newest) {
  if (!newest) return null;
  if (s.first_bad)
    return h(
      'p',
      { class: 'verdict fail' },
      mark('fail'),
      h(
        'span',
        {},
        'It fails, ever since ',
        h('a', { href: page.run(s.first_bad.run) }, 'the run'),
        ' of ',
        time(s.first_bad.started_at, { relative: false }),
        ' (',
        time(s.first_bad.started_at),
        ')',
      ),
    );
  if (newest.outcome === 'running') return h('p', { class: 'verdict running' }, mark('running'), 'It runs now');
  return newest.flaky
    ? h('p', { class: 'verdict flaky' }, mark('flaky'), 'Last it passed, but only on a retry')
    : h('p', { class: 'verdict pass' }, mark('pass'), 'It passed last');
}

function figures(s) {
  const tile = (kind, value, word) => h('div', { class: `tile ${kind}` }, h('b', {}, value), h('span', {}, word));
  return h(
    'div',
    { class: 'tiles' },
    tile('', format.number(s.runs), 'runs'),
    tile(s.failed ? 'fail' : '', format.number(s.failed), 'failed'),
    tile(s.flaky ? 'flaky' : '', format.percent(s.flaky_rate), 'flaky'),
    tile('', format.duration(s.p50_secs), 'median'),
    tile('', format.duration(s.p95_secs), '95th percentile'),
  );
}

/* One cell a run, oldest at the left. */
function strip(runs) {
  return h(
    'ol',
    { class: 'strip', 'aria-label': 'Outcomes, oldest first' },
    [...runs].reverse().map((r) => {
      const [kind, word] = testState(r);
      return h(
        'li',
        {},
        h(
          'a',
          {
            class: `cell ${kind}`,
            href: page.run(r.run),
            title: `${word}, ${format.duration(r.duration_secs)}, ${format.moment(new Date(r.started_at))}`,
          },
          mark(kind),
          h('span', { class: 'unseen' }, `${word}, ${format.moment(new Date(r.started_at))}`),
        ),
      );
    }),
  );
}

function rowsOf(here, runs, binary, test) {
  return runs.map((r) => {
    const [kind, word] = testState(r),
      out = h('td', { colspan: 6 }),
      extra = h('tr', { class: 'extra', hidden: true }, out);
    const toggle = h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-expanded': 'false',
        on: {
          click: () => {
            extra.hidden = !extra.hidden;
            toggle.setAttribute('aria-expanded', String(!extra.hidden));
            if (!extra.hidden && !out.firstChild)
              replace(out, outputBox(null, r.run, binary, test, {}, { signal: here.signal }));
          },
        },
      },
      'Output',
    );
    return [
      h(
        'tr',
        {},
        h('td', { class: 'state' }, mark(kind, word)),
        h(
          'td',
          {},
          h('a', { href: page.run(r.run, null, { binary, test }) }, time(r.started_at)),
          ' ',
          h('code', { class: 'dim' }, r.run.slice(0, 8)),
        ),
        h(
          'td',
          {},
          word,
          r.attempts.length > 1
            ? h(
                'span',
                { class: 'attempts' },
                r.attempts
                  .slice(0, 12)
                  .map((a) =>
                    mark(
                      a.outcome === 'running' ? 'running' : /pass/.test(a.outcome) ? 'pass' : 'fail',
                      `attempt ${a.attempt}: ${outcomeWord(a.outcome)}`,
                    ),
                  ),
              )
            : null,
        ),
        h('td', {}, r.profile ? h('code', {}, format.visible(r.profile)) : ''),
        h('td', { class: 'n' }, format.duration(r.duration_secs)),
        h(
          'td',
          { class: 'n' },
          r.on_disk && r.outcome !== 'running' ? toggle : h('span', { class: 'dim' }, r.on_disk ? '' : 'pruned'),
        ),
      ),
      extra,
    ];
  });
}

export async function show(here) {
  const { signal } = here,
    { binary, test } = here.parameters,
    workspace = here.query.get('workspace'),
    runs = here.query.get('runs') || '100';
  const filters = h('div', {}),
    box = h('div', {});
  const command = `nxctl history ${[binary, test].map(format.shellWord).join(' ')}`;
  here.title(format.visible(test));
  replace(
    here.main,
    h(
      'p',
      { class: 'crumbs' },
      h('a', { href: page.tests() }, 'Tests'),
      ' / ',
      h('a', { href: page.tests({ text: binary }) }, format.visible(binary)),
    ),
    h('h1', { class: 'mono' }, format.visible(test), ' ', copyButton(command, 'the nxctl command')),
    filters,
    box,
  );
  const drawFilters = (list) =>
    replace(
      filters,
      h(
        'form',
        { class: 'filters', 'aria-label': 'Filters', on: { submit: (e) => e.preventDefault() } },
        field(
          'Workspace',
          choice(
            'workspace',
            workspaceOptions(list),
            workspace,
            (v) => here.refine({ workspace: v }),
          ),
        ),
        field(
          'Over',
          choice(
            'runs',
            [
              ['30', 'its last 30 runs'],
              ['100', 'its last 100 runs'],
              ['500', 'its last 500 runs'],
            ],
            runs,
            (v) => here.refine({ runs: v }),
          ),
        ),
      ),
    );
  drawFilters([]);
  get(api(null, ['workspaces']), { signal })
    .then((a) => drawFilters(a.workspaces))
    .catch(() => {});
  const load = (opened) =>
    into(
      box,
      async (busy) => {
        const answer = await get(api(null, ['tests', binary, test, 'history'], { workspace, runs }), { signal, busy });
        if (!answer.runs.length)
          return notice(
            'No run had this test',
            h(
              'p',
              {},
              'It is in none of the runs in question. ',
              h('a', { href: page.tests({ text: test }) }, 'Find tests by name'),
            ),
          );
        const bad = answer.runs.find((r) => r.outcome === 'failed' && r.on_disk),
          last = bad || answer.runs.find((r) => r.on_disk && r.outcome !== 'running');
        return [
          verdict(answer.summary, answer.runs[0]),
          figures(answer.summary),
          strip(answer.runs),
          h(
            'section',
            { class: 'panel' },
            h('h2', {}, 'How long it took'),
            chart(answer.runs, answer.summary, (r) => here.go(page.run(r.run, null, { binary, test }))),
          ),
          last
            ? h(
                'section',
                { class: 'panel' },
                h('h2', {}, bad ? 'What it wrote when it failed last' : 'What it wrote last'),
                h(
                  'p',
                  { class: 'dim' },
                  h('a', { href: page.run(last.run, null, { binary, test }) }, time(last.started_at)),
                ),
                opened || outputBox(null, last.run, binary, test, {}, { signal }),
              )
            : null,
          h(
            'div',
            { class: 'tablebox' },
            h(
              'table',
              {},
              h('caption', { class: 'unseen' }, 'Runs with this test, newest first'),
              h(
                'thead',
                {},
                h(
                  'tr',
                  {},
                  ['Outcome', 'Run', 'How it ended', 'Profile', 'Took', 'Output'].map((text, i) =>
                    h(
                      'th',
                      { scope: 'col', class: i >= 4 ? 'n' : null },
                      i ? text : h('span', { class: 'unseen' }, text),
                    ),
                  ),
                ),
              ),
              h('tbody', {}, rowsOf(here, answer.runs, binary, test)),
            ),
          ),
        ];
      },
      { signal },
    );
  listen((kind) => {
    if (kind === 'run-finished' || kind === 'reset') load();
  }, signal);
  await load();
}
