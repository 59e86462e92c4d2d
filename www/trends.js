/* Flaky and slowest tests, over the newest runs of all workspaces or of one. */
import { api, get, page } from './api.js';
import { h, replace } from './dom.js';
import * as format from './format.js';
import { choice, field, into, notice, testName, time, workspaceOptions } from './parts.js';

const KINDS = {
  flaky: {
    title: 'Flaky tests',
    about: 'Tests that passed only on a retry, or went from passed to failed and back.',
    none: 'No flaky test',
    head: ['Test', 'Flaky in', 'Failed in', 'Flips', 'Last flaky'],
    row: (t) => [
      share(t.flaky_runs, t.runs, 'flaky'),
      share(t.failed_runs, t.runs, 'fail'),
      String(t.flips),
      t.last_flaky_at ? time(t.last_flaky_at) : '–',
    ],
  },
  slowest: {
    title: 'Slowest tests',
    about: 'By the median of the time that they take.',
    none: 'No test has ended yet',
    head: ['Test', 'Median', '95th percentile', 'Longest', 'All together', 'Over the slow limit'],
    row: (t, most) => [
      bar(t.p50_secs, most),
      format.duration(t.p95_secs),
      format.duration(t.max_secs),
      format.duration(t.total_secs),
      t.slow_runs ? share(t.slow_runs, t.runs, 'flaky') : h('span', { class: 'dim' }, 'never'),
    ],
  },
};

function share(n, of, kind) {
  return h(
    'span',
    { class: 'meter' },
    h('span', { class: `fill ${kind}`, css: { width: `${of ? (100 * n) / of : 0}%` }, 'aria-hidden': 'true' }),
    h('span', {}, `${n} of ${format.many(of, 'run')}`),
  );
}

function bar(secs, most) {
  return h(
    'span',
    { class: 'meter' },
    h('span', { class: 'fill pass', css: { width: `${most ? (100 * secs) / most : 0}%` }, 'aria-hidden': 'true' }),
    h('span', {}, format.duration(secs)),
  );
}

export async function show(here) {
  const { signal } = here,
    { scope, kind } = here.parameters,
    words = KINDS[kind];
  const runs = here.query.get('runs') || '50',
    limit = here.query.get('limit') || '50',
    filters = h('div', {}),
    box = h('div', {});
  here.title(words.title);
  const drawFilters = (workspaces) =>
    replace(
      filters,
      h(
        'form',
        { class: 'filters', 'aria-label': 'Filters', on: { submit: (e) => e.preventDefault() } },
        field(
          'Workspace',
          choice(
            'workspace',
            workspaceOptions(workspaces),
            scope,
            (v) => here.go(page[kind](v || null, { runs: here.query.get('runs') })),
          ),
        ),
        field(
          'Over',
          choice(
            'runs',
            [
              ['20', 'the last 20 runs'],
              ['50', 'the last 50 runs'],
              ['200', 'the last 200 runs'],
              ['1000', 'the last 1000 runs'],
            ],
            runs,
            (v) => here.refine({ runs: v }),
          ),
        ),
      ),
    );
  replace(here.main, h('h1', {}, words.title), h('p', { class: 'dim lead' }, words.about), filters, box);
  drawFilters([]);
  get(api(null, ['workspaces']), { signal })
    .then((a) => drawFilters(a.workspaces))
    .catch(() => {});
  await into(
    box,
    async (busy) => {
      const answer = await get(api(scope, [kind], { runs, limit }), { signal, busy });
      if (!answer.tests.length)
        return notice(words.none, h('p', {}, `Nothing of that kind in ${format.many(answer.runs, 'run')}.`));
      const most = Math.max(...answer.tests.map((t) => t.p50_secs || 0));
      return [
        h(
          'div',
          { class: 'tablebox' },
          h(
            'table',
            { class: 'trend' },
            h('caption', { class: 'unseen' }, words.title),
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                words.head.map((text, i) => h('th', { scope: 'col', class: i ? 'n' : null }, text)),
              ),
            ),
            h(
              'tbody',
              {},
              answer.tests.map((t) =>
                h(
                  'tr',
                  {},
                  h('td', {}, testName(t.binary, t.test, { workspace: scope })),
                  words.row(t, most).map((cell) => h('td', { class: 'n' }, cell)),
                ),
              ),
            ),
          ),
        ),
        h(
          'p',
          { class: 'more dim' },
          `Over ${format.many(answer.runs, 'run')}.`,
          answer.more
            ? [
                ` ${format.many(answer.more, 'more test')}. `,
                h(
                  'button',
                  {
                    type: 'button',
                    on: { click: () => here.refine({ limit: String(Math.min(1000, Number(limit) * 4)) }) },
                  },
                  'Show more',
                ),
              ]
            : null,
        ),
      ];
    },
    { signal },
  );
}
