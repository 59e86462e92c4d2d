/* What stands at the top of a run's page: its figures, what is known of it, and what the timeline's colours mean. */
import { page, scopeOf, scopeOfRun } from './api.js';
import { h } from './dom.js';
import * as format from './format.js';
import { copyButton, mark, runState, shareBar, time } from './parts.js';

function fact(name, ...inside) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, inside));
}

export function facts(run, detail, before) {
  const rerunOf = run.parent_run_id
    ? fact(
        'Repeats',
        h('a', { href: page.run(run.parent_run_id) }, run.parent_run_id.slice(0, 8)),
        ' (',
        h('a', { href: page.compare({ base: run.parent_run_id, head: run.id }) }, 'compare'),
        ')',
      )
    : null;
  const reruns = run.children?.length
    ? fact(
        'Repeated by',
        run.children.map((id, i) => [i ? ', ' : '', h('a', { href: page.run(id) }, id.slice(0, 8))]),
      )
    : null;
  const line = format.commandLine(run.cli_args);
  return h(
    'dl',
    { class: 'facts' },
    fact(
      'Started',
      time(run.started_at, { relative: false }),
      ' ',
      h('span', { class: 'dim' }, '(', time(run.started_at), ')'),
    ),
    fact('Took', run.duration_secs === null ? '–' : format.duration(run.duration_secs)),
    detail?.profile ? fact('Profile', h('code', {}, format.visible(detail.profile))) : null,
    detail ? fact('Slots', format.number(detail.slots)) : null,
    fact('Exit code', run.exit_code === null ? '–' : String(run.exit_code)),
    fact('nextest', run.nextest_version),
    rerunOf,
    reruns,
    before
      ? fact(
          'Before it',
          h('a', { href: page.run(before.id, scopeOfRun(before)) }, runState(before)[1], ' ', time(before.started_at)),
          ' (',
          h(
            'a',
            { href: page.compare({ base: before.id, head: run.id, workspace: scopeOf(run.workspace) }) },
            'compare',
          ),
          ')',
        )
      : null,
    h(
      'div',
      { class: 'wide' },
      h('dt', {}, 'Command'),
      h('dd', {}, h('code', { class: 'command' }, line), copyButton(line, 'the command')),
    ),
    h('div', { class: 'wide' }, h('dt', {}, 'Run'), h('dd', {}, h('code', {}, run.id), copyButton(run.id, 'the id'))),
  );
}

export function environment(run) {
  if (!run.env?.length) return null;
  return h(
    'details',
    { class: 'dim' },
    h('summary', {}, `${format.many(run.env.length, 'variable')} of the environment`),
    h(
      'dl',
      { class: 'env' },
      run.env.map((v) => [
        h('dt', {}, h('code', {}, format.visible(v.name))),
        h('dd', {}, h('code', {}, format.visible(v.value))),
      ]),
    ),
  );
}

export function tiles(run, detail) {
  const c = detail?.counts;
  if (!c) return null;
  const firm = c.passed - c.flaky,
    notRun = run.counts?.not_run || 0;
  const tile = (kind, n, word) =>
    n > 0 || word === 'passed'
      ? h('div', { class: `tile ${kind}` }, h('b', {}, format.number(n)), h('span', {}, mark(kind.split(' ')[0]), word))
      : null;
  return h(
    'div',
    { class: 'tiles' },
    tile('fail', c.failed, 'failed'),
    tile('flaky', c.flaky, 'flaky'),
    tile('running', c.running, 'running'),
    tile('pass', Math.max(0, firm), 'passed'),
    tile('skip', notRun, 'not run'),
    tile('skip', c.skipped, 'skipped'),
    tile('slow', c.slow, 'slow'),
    detail.stress ? tile('other', c.executions, 'executions') : tile('flaky again', c.executions - c.tests, 'retries'),
    shareBar(
      [
        ['fail', c.failed],
        ['flaky', c.flaky],
        ['running', c.running],
        ['pass', Math.max(0, firm)],
        ['skip', notRun],
      ],
      `${c.failed} failed, ${c.flaky} flaky, ${c.passed} passed`,
    ),
  );
}

export function legend() {
  const words = [
    ['pass', 'passed'],
    ['flaky', 'passed on a retry'],
    ['fail', 'failed'],
    ['retried', 'failed, tried again'],
    ['running', 'running'],
  ];
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'Legend' },
    words.map(([kind, word]) => h('li', {}, h('i', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), word)),
  );
}
