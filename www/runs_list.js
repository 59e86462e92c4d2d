/* The table of runs: rows by day, kept by the run's id, so that an event changes one row and no more. */
import { page, scopeOf, scopeOfRun } from './api.js';
import { h, replace } from './dom.js';
import * as format from './format.js';
import { handOver } from './handover.js';
import { icon, mark, runState, shareBar, time, workspaceName } from './parts.js';

/* What a run had done when it was last heard of, for one that goes on. */
class Progress {
  constructor() {
    this.alive = new Map();
    this.counts = new Map();
  }

  note(data) {
    if ('alive' in data) this.alive.set(data.run, data.alive);
    if (data.counts) this.counts.set(data.run, data.counts);
  }

  aliveOf(run) {
    return this.alive.has(run.id) ? this.alive.get(run.id) : null;
  }
}

function counts(run, progress, expected) {
  const c = run.counts,
    live = progress.counts.get(run.id);
  if (c) {
    const notRun = c.not_run || 0,
      unit = c.unit === 'iterations' ? 'iteration' : 'test';
    const label = `${format.number(c.passed)} passed, ${format.number(c.failed)} failed${notRun ? `, ${format.number(notRun)} not run` : ''}`;
    return [
      shareBar(
        [
          ['fail', c.failed],
          ['pass', c.passed],
          ['skip', notRun],
        ],
        label,
      ),
      h(
        'span',
        { class: 'numbers' },
        c.failed ? h('b', { class: 'bad' }, `${format.number(c.failed)} failed`) : null,
        c.failed ? ' · ' : '',
        c.failed && !c.passed
          ? ''
          : `${format.number(c.passed)} ${c.failed ? 'passed' : `${unit}${c.passed === 1 ? '' : 's'}`}`,
        notRun ? h('span', { class: 'dim' }, ` · ${format.number(notRun)} not run`) : null,
      ),
    ];
  }
  const alive = progress.aliveOf(run),
    done = live ? live.passed + live.failed : 0;
  if (alive === false)
    return [
      h(
        'span',
        { class: 'numbers dim' },
        live ? `${format.number(done)} ended before it was killed` : 'killed before it ended',
      ),
    ];
  const total = Math.max(expected || 0, live ? live.tests : 0);
  return [
    h('progress', {
      'aria-label': 'tests that ended',
      max: total || null,
      value: total && live ? done : null,
      title: expected ? `of about ${expected}, as in the run before` : null,
    }),
    h(
      'span',
      { class: 'numbers' },
      live?.failed ? h('b', { class: 'bad' }, `${format.number(live.failed)} failed`) : null,
      live?.failed ? ' · ' : '',
      live ? `${format.number(done)}${expected ? ` of about ${format.number(expected)}` : ''}` : 'nothing written yet',
    ),
  ];
}

function rowOf(run, progress, expected) {
  const [kind, word] = runState(run, progress.aliveOf(run)),
    scope = scopeOfRun(run),
    asked = format.askedFor(run.cli_args),
    profile = format.profileOf(run.cli_args);
  const open =
    run.files?.log && run.on_disk !== false && !run.problem
      ? h(
          'button',
          {
            type: 'button',
            class: 'quiet open',
            title: 'Open in Perfetto (o)',
            'aria-label': 'Open in Perfetto',
            on: { click: () => handOver(run, {}) },
          },
          icon('perfetto'),
          h('span', { class: 'wide-only' }, 'Perfetto'),
        )
      : h('span', { class: 'dim', title: run.problem?.message || 'nextest has pruned its recording' }, 'no trace');
  return h(
    'tr',
    { class: `run ${kind}`, 'data-run': run.id, tabindex: '-1' },
    h('td', { class: 'state' }, mark(kind), h('span', { class: 'unseen' }, word)),
    h(
      'td',
      { class: 'what' },
      h('a', { class: 'whole', href: page.run(run.id, scope) }, workspaceName(run.workspace)),
      profile ? h('span', { class: 'chip first', title: 'nextest profile' }, format.visible(profile)) : null,
      h(
        'code',
        { class: 'asked', title: format.commandLine(run.cli_args) },
        h('bdi', {}, asked ? asked : h('span', { class: 'dim' }, 'run')),
      ),
      run.parent_run_id ? h('span', { class: 'chip', title: `repeats run ${run.parent_run_id}` }, 'rerun') : null,
      run.status.endsWith('cancelled') ? h('span', { class: 'chip' }, 'cancelled') : null,
      run.status.startsWith('stress') ? h('span', { class: 'chip' }, 'stress') : null,
      run.kept
        ? h('span', { class: 'chip', title: 'nextest has pruned it; the daemon kept a copy' }, 'kept')
        : run.on_disk === false
          ? h('span', { class: 'chip' }, 'pruned')
          : null,
    ),
    h('td', { class: 'counts' }, counts(run, progress, expected)),
    h(
      'td',
      { class: 'n took' },
      run.duration_secs === null ? h('span', { class: 'dim' }, word) : format.duration(run.duration_secs),
    ),
    h('td', { class: 'when' }, time(run.started_at)),
    h('td', { class: 'acts' }, open),
  );
}

/* The list, in bodies of a day each. Rows are kept by id, so an event changes one row and no more. */
export class List {
  constructor(here) {
    this.here = here;
    this.progress = new Progress();
    this.runs = [];
    this.box = h('div', {});
    this.picked = null;
  }

  expected(run) {
    const like = this.runs.find(
      (r) =>
        r.id !== run.id &&
        r.counts?.unit === 'tests' &&
        scopeOf(r.workspace) === scopeOf(run.workspace) &&
        format.askedFor(r.cli_args) === format.askedFor(run.cli_args),
    );
    return like?.counts.initial || null;
  }

  draw() {
    const days = new Map();
    for (const run of this.runs) {
      const name = format.day(new Date(run.started_at));
      if (!days.has(name)) days.set(name, []);
      days.get(name).push(rowOf(run, this.progress, run.counts ? null : this.expected(run)));
    }
    const head = h(
      'thead',
      {},
      h(
        'tr',
        {},
        ['Outcome', 'What ran', 'Tests', 'Took', 'When', 'Trace'].map((text, i) =>
          h('th', { scope: 'col', class: i === 3 ? 'n' : null }, i === 0 ? h('span', { class: 'unseen' }, text) : text),
        ),
      ),
    );
    replace(
      this.box,
      h(
        'table',
        { class: 'runs' },
        h('caption', { class: 'unseen' }, 'Recorded runs, newest first'),
        head,
        [...days].map(([name, rows]) =>
          h(
            'tbody',
            {},
            h(
              'tr',
              { class: 'day' },
              h(
                'th',
                { colspan: 6, scope: 'rowgroup' },
                name,
                h('span', { class: 'dim' }, ` ${format.many(rows.length, 'run')}`),
              ),
            ),
            rows,
          ),
        ),
      ),
    );
    if (this.picked) this.pick(this.picked, false);
  }

  redrawOne(id) {
    const run = this.runs.find((r) => r.id === id),
      old = this.rowFor(id);
    if (!run || !old) return;
    const row = rowOf(run, this.progress, run.counts ? null : this.expected(run));
    const focused = old.contains(document.activeElement);
    if (old.classList.contains('picked')) row.classList.add('picked');
    old.replaceWith(row);
    if (focused) row.focus({ preventScroll: true });
  }

  rowFor(id) {
    return this.box.querySelector(`tr[data-run="${CSS.escape(id)}"]`);
  }

  pick(id, focus = true) {
    this.box.querySelector('tr.picked')?.classList.remove('picked');
    this.picked = id;
    const row = this.rowFor(id);
    if (!row) return;
    row.classList.add('picked');
    if (focus) {
      row.focus({ preventScroll: true });
      row.scrollIntoView({ block: 'nearest' });
    }
  }

  step(by) {
    if (!this.runs.length) return;
    const at = this.runs.findIndex((r) => r.id === this.picked);
    this.pick(this.runs[Math.min(this.runs.length - 1, Math.max(0, at < 0 ? 0 : at + by))].id);
  }

  pickedRun() {
    return this.runs.find((r) => r.id === this.picked);
  }
}
