/* One run: what it was, its timeline, what held it up, what failed, and all its tests. A run that goes on follows
 * itself. */
import { actions } from './actions.js';
import { api, get, page, scopeOf, scopeOfRun, server } from './api.js';
import { h, replace, say } from './dom.js';
import { listen } from './events.js';
import { failures } from './failures.js';
import * as format from './format.js';
import { handOver } from './handover.js';
import { heldUp } from './heldup.js';
import { onKey } from './keys.js';
import { into, mark, runState, toast, workspaceName } from './parts.js';
import { environment, facts, legend, tiles } from './run_head.js';
import { selection } from './selection.js';
import { TestTable } from './testtable.js';
import { Timeline } from './timeline.js';
import { readTimeline } from './timeline_data.js';

/* Everything of the page that follows a run as it goes on. */
class RunPage {
  constructor(here, run) {
    Object.assign(this, { here, run, scope: here.parameters.scope || scopeOfRun(run), alive: null });
    this.head = h('div', {});
    this.tiles = h('div', {});
    this.facts = h('div', {});
    this.running = h('div', {});
    this.held = h('div', {});
    this.failed = h('div', {});
    this.chosen = h('div', { class: 'chosen' });
    this.lineBox = h('div', {});
    this.timeline = new Timeline({ signal: here.signal, onSelect: (i) => this.selected(i) });
    this.table = new TestTable(here, this.scope, run, (t) => this.pick(t));
  }

  drawHead() {
    const [kind, word] = runState(this.run, this.alive),
      { run } = this;
    replace(
      this.head,
      h(
        'div',
        { class: 'runhead' },
        h(
          'div',
          {},
          h(
            'p',
            { class: 'crumbs' },
            h('a', { href: page.runs() }, 'Runs'),
            ' / ',
            workspaceName(run.workspace, { link: true }),
          ),
          h(
            'h1',
            {},
            h('span', { class: `badge ${kind}` }, mark(kind), word),
            ' ',
            h('span', {}, format.askedFor(run.cli_args) || 'cargo nextest run'),
          ),
        ),
        (this.actions ??= actions(run, this.here.signal)),
      ),
    );
    this.here.title(`${word}: ${format.pathParts(run.workspace?.path || 'run').last} ${run.id.slice(0, 8)}`);
  }

  drawDetail(detail) {
    replace(this.tiles, this.detailed(detail));
  }

  drawFacts() {
    replace(this.facts, facts(this.run, this.detail, this.before), (this.environment ??= environment(this.run)));
  }

  detailed(detail) {
    this.detail = detail;
    this.drawFacts();
    this.table.setCounts(detail.counts, detail.stress);
    return [
      tiles(this.run, detail),
      detail.whole || this.run.status === 'incomplete'
        ? null
        : h('p', { class: 'warning' }, 'Its log could not be read to the end: what is shown is what could be.'),
    ];
  }

  selected(i, { remember = true } = {}) {
    const l = this.timeline.lanes,
      t = i >= 0 ? l.tests[l.test[i]] : null;
    if (remember) this.here.refine({ binary: t?.binary, test: t?.test }, { redraw: false, quiet: true });
    selection(
      this.chosen,
      i < 0
        ? null
        : {
            lanes: l,
            i,
            run: this.run,
            scope: this.scope,
            signal: this.here.signal,
            select: (k) => {
              this.timeline.select(k);
              this.timeline.into(k);
            },
          },
    );
  }

  /* A row of the table, or any {binary, test}. */
  pick({ binary, test }) {
    const i = this.timeline.lanes?.find(binary, test) ?? -1;
    if (i < 0) return toast('It is not on the timeline');
    return this.showOnLine(i);
  }

  showOnLine(i) {
    this.timeline.select(i);
    this.timeline.into(i);
    this.timeline.box.scrollIntoView({ block: 'center' });
    this.timeline.box.focus({ preventScroll: true });
  }

  async drawTimeline(busy) {
    const { lanes, doc } = await readTimeline(this.scope, this.run, { signal: this.here.signal, busy });
    const before =
      this.timeline.lanes && this.timeline.state.selected >= 0
        ? this.timeline.lanes.tests[this.timeline.lanes.test[this.timeline.state.selected]]
        : null;
    this.lanes = lanes;
    if (!lanes.n && !lanes.scripts.length)
      return h(
        'p',
        { class: 'dim' },
        this.run.status === 'incomplete'
          ? 'nextest has written nothing of this run yet: its log grows in large pieces.'
          : 'No test ran.',
      );
    requestAnimationFrame(() => {
      this.timeline.set(lanes);
      if (before) this.timeline.select(lanes.find(before.binary, before.test), { tell: false });
    });
    replace(
      this.held,
      heldUp(doc, lanes, (i) => this.showOnLine(i)),
    );
    return this.timeline.element;
  }

  failures(counts) {
    return failures(
      { here: this.here, scope: this.scope, run: this.run, counts, pick: (t) => this.pick(t) },
      this.failed,
    );
  }

  drawRunning(answer) {
    if (this.alive !== answer.alive) {
      this.alive = answer.alive;
      this.drawHead();
    }
    const rows = answer.tests.map((t) =>
      h(
        'li',
        {},
        mark('running'),
        h(
          'span',
          { class: 'test' },
          h('span', { class: 'binary' }, format.visible(t.binary)),
          ' ',
          format.visible(t.test),
        ),
        h(
          'span',
          { class: 'dim' },
          t.started_at ? ` ${format.duration(Math.max(0, Date.now() - Date.parse(t.started_at)) / 1000)}` : '',
          t.attempt > 1 ? `, attempt ${t.attempt} of ${t.total_attempts}` : '',
        ),
      ),
    );
    replace(
      this.running,
      this.run.status !== 'incomplete'
        ? null
        : answer.alive === false
          ? h('p', { class: 'warning' }, 'Its nextest was killed: this run will not end. What it had written is shown.')
          : h(
              'section',
              { class: 'panel' },
              h('h2', {}, 'Running now'),
              rows.length
                ? h('ul', { class: 'plainlist' }, rows)
                : h('p', { class: 'dim' }, answer.problem || 'no test at this moment'),
            ),
    );
  }

  /* Once more all that may have changed. */
  async refresh() {
    const { signal } = this.here;
    this.run = await get(api(this.scope, ['runs', this.run.id]), { signal });
    this.drawHead();
    const detail = (await get(api(this.scope, ['runs', this.run.id, 'tests'], { limit: 1 }), { signal })).run;
    this.drawDetail(detail);
    if (this.run.status !== 'incomplete') replace(this.running);
    replace(this.lineBox, await this.drawTimeline());
    replace(this.failed, await this.failures(detail.counts));
    await this.table.load({ keep: true });
  }
}

/* While a run goes on: what its log had, and which tests run, as often as there is news. */
function follow(p) {
  const { signal } = p.here;
  let timer = 0,
    poll = 0,
    busy = false,
    again = false;
  /* Rests four times as long as it took, so a long run costs neither side all of its time. */
  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const began = performance.now();
    try {
      await p.refresh();
    } catch {
      /* the next event tries again */
    }
    await new Promise((f) => setTimeout(f, Math.max(250, 4 * (performance.now() - began))));
    busy = false;
    if (again && !signal.aborted) {
      again = false;
      refresh();
    }
  };
  const look = async () => {
    if (p.run.status !== 'incomplete' || signal.aborted) return;
    const answer = document.hidden
      ? null
      : await get(api(p.scope, ['runs', p.run.id, 'running']), { signal }).catch(() => null);
    if (answer && !signal.aborted) p.drawRunning(answer);
    if (!signal.aborted && p.alive !== false) poll = setTimeout(look, 1000);
  };
  listen((kind, data) => {
    if (kind === 'reset' || data.run === p.run.id) {
      clearTimeout(timer);
      timer = setTimeout(refresh, 250);
      if (kind === 'run-finished') say(`The run has ended: ${data.status}`);
      if (kind === 'run-progressed' && data.alive !== undefined && p.alive !== data.alive) {
        p.alive = data.alive;
        p.drawHead();
        look();
      }
    }
  }, signal);
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(timer);
      clearTimeout(poll);
    },
    { once: true },
  );
  look();
}

/* Nothing is known of single tests: what there is, and one word on what is not. */
function withoutIndex(p) {
  p.table.element.hidden = true;
  into(p.lineBox, () => p.drawTimeline(), { signal: p.here.signal });
  return into(p.tiles, () => get(api(p.scope, ['runs', p.run.id, 'tests'], { limit: 1 }), { signal: p.here.signal }), {
    signal: p.here.signal,
  });
}

/* The run of the same workspace that began before this one. */
async function readBefore(p) {
  if (!p.run.workspace) return;
  const answer = await get(
    api(null, ['runs'], { workspace: scopeOf(p.run.workspace), until: p.run.started_at, limit: 1 }),
    { signal: p.here.signal },
  ).catch(() => null);
  if (!answer?.runs.length || p.here.signal.aborted) return;
  [p.before] = answer.runs;
  p.drawFacts();
}

function setKeys(p) {
  onKey('o', 'o', 'open in Perfetto', () => void handOver(p.run, {}));
  onKey('O', 'Shift O', 'open in Perfetto, by slot', () => void handOver(p.run, { slot: true }));
  onKey('t', 't', 'to the timeline', () => {
    p.timeline.box.scrollIntoView({ block: 'nearest' });
    p.timeline.box.focus({ preventScroll: true });
  });
  onKey('/', '/', 'filter the tests', () => p.table.search.focus());
}

export async function show(here) {
  const { signal } = here,
    { scope, run: id } = here.parameters;
  let p = null;
  await into(
    here.main,
    async () => {
      const run = await get(api(scope, ['runs', id]), { signal });
      p = new RunPage(here, run);
      p.drawHead();
      p.drawFacts();
      return [
        p.head,
        p.tiles,
        p.facts,
        p.running,
        p.failed,
        h(
          'section',
          { class: 'panel', 'aria-labelledby': 'line-title' },
          h('div', { class: 'panelhead' }, h('h2', { id: 'line-title' }, 'Timeline'), legend(), p.timeline.buttons),
          p.lineBox,
          p.chosen,
        ),
        p.held,
        p.table.element,
      ];
    },
    { signal },
  );
  if (!p || signal.aborted) return;
  setKeys(p);
  if ((await server().catch(() => null))?.index === 'none') return withoutIndex(p);
  /* Each comes by itself, and what fails says so in its place; but the timeline waits for the failures above it,
   * so that it does not move. */
  let failed = null;
  const first = into(
    p.tiles,
    async (busy) => {
      const answer = await get(api(p.scope, ['runs', p.run.id, 'tests'], { limit: 1 }), { signal, busy });
      failed = into(p.failed, () => p.failures(answer.run.counts), { signal });
      p.table.load();
      return p.detailed(answer.run);
    },
    { signal, wait: 'Reading the tests…' },
  );
  const line = into(
    p.lineBox,
    async (busy) => {
      const drawn = p.drawTimeline(busy);
      await Promise.allSettled([drawn, first]);
      await failed;
      return drawn;
    },
    { signal, wait: 'Drawing the timeline…' },
  );
  await Promise.all([first, line]);
  if (signal.aborted) return;
  const [binary, test] = [here.query.get('binary'), here.query.get('test')];
  if (test)
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const i = p.lanes?.find(binary, test) ?? -1;
        if (i < 0) return;
        p.timeline.select(i, { tell: false });
        p.selected(i, { remember: false });
        p.timeline.into(i);
      }),
    );
  if (p.run.status === 'incomplete') follow(p);
  await readBefore(p);
}
