/* Runs: newest first, live, with the filters that stand in the address. */
import { api, ApiError, get, page, scopeOf, scopeOfRun } from './api.js';
import { h, replace, say } from './dom.js';
import { listen } from './events.js';
import * as format from './format.js';
import { handOver } from './handover.js';
import { onKey } from './keys.js';
import { choice, field, icon, into, mark, notice, problem, runState, shareBar, time, workspaceName } from './parts.js';
import { spark } from './spark.js';

const STATUSES = [['', 'any outcome'], ['passed', 'passed'], ['failed', 'failed'], ['incomplete', 'running or killed'], ['cancelled', 'cancelled'], ['stress-completed', 'stress run, completed']];
const SINCE = [['', 'any time'], ['1', 'last 24 hours'], ['7', 'last 7 days'], ['30', 'last 30 days']];
const PAGE = 60;

function filtersOf(query) {
  return Object.fromEntries(['store', 'workspace', 'status', 'profile', 'test', 'since', 'until'].map((k) => [k, query.get(k) || '']));
}

/* since=7 in the address means seven days ago; a date or time means itself. */
function sinceTime(text) {
  if (!/^\d{1,4}$/.test(text)) return text;
  return new Date(Date.now() - Number(text) * 864e5).toISOString().replace(/\.\d+Z$/, 'Z');
}

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
  const c = run.counts, live = progress.counts.get(run.id);
  if (c) {
    const notRun = c.not_run || 0, unit = c.unit === 'iterations' ? 'iteration' : 'test';
    const label = `${format.number(c.passed)} passed, ${format.number(c.failed)} failed${notRun ? `, ${format.number(notRun)} not run` : ''}`;
    return [shareBar([['fail', c.failed], ['pass', c.passed], ['skip', notRun]], label),
      h('span', { class: 'numbers' }, c.failed ? h('b', { class: 'bad' }, `${format.number(c.failed)} failed`) : null, c.failed ? ' · ' : '',
        c.failed && !c.passed ? '' : `${format.number(c.passed)} ${c.failed ? 'passed' : `${unit}${c.passed === 1 ? '' : 's'}`}`, notRun ? h('span', { class: 'dim' }, ` · ${format.number(notRun)} not run`) : null)];
  }
  const alive = progress.aliveOf(run), done = live ? live.passed + live.failed : 0;
  if (alive === false) return [h('span', { class: 'numbers dim' }, live ? `${format.number(done)} ended before it was killed` : 'killed before it ended')];
  const total = Math.max(expected || 0, live ? live.tests : 0);
  return [h('progress', { 'aria-label': 'tests that ended', max: total || null, value: total && live ? done : null, title: expected ? `of about ${expected}, as in the run before` : null }),
    h('span', { class: 'numbers' }, live?.failed ? h('b', { class: 'bad' }, `${format.number(live.failed)} failed`) : null, live?.failed ? ' · ' : '',
      live ? `${format.number(done)}${expected ? ` of about ${format.number(expected)}` : ''}` : 'nothing written yet')];
}

function rowOf(run, progress, expected) {
  const [kind, word] = runState(run, progress.aliveOf(run)), scope = scopeOfRun(run), asked = format.askedFor(run.cli_args), profile = format.profileOf(run.cli_args);
  const open = run.files?.log && run.on_disk !== false && !run.problem
    ? h('button', { type: 'button', class: 'quiet open', title: 'Open in Perfetto (o)', 'aria-label': 'Open in Perfetto', on: { click: () => handOver(run, {}) } }, icon('perfetto'), h('span', { class: 'wide-only' }, 'Perfetto'))
    : h('span', { class: 'dim', title: run.problem?.message || 'nextest has pruned its recording' }, 'no trace');
  return h('tr', { class: `run ${kind}`, 'data-run': run.id, tabindex: '-1' },
    h('td', { class: 'state' }, mark(kind), h('span', { class: 'unseen' }, word)),
    h('td', { class: 'what' }, h('a', { class: 'whole', href: page.run(run.id, scope) }, workspaceName(run.workspace)),
      profile ? h('span', { class: 'chip first', title: 'nextest profile' }, format.visible(profile)) : null,
      h('code', { class: 'asked', title: format.commandLine(run.cli_args) }, h('bdi', {}, asked ? asked : h('span', { class: 'dim' }, 'run'))),
      run.parent_run_id ? h('span', { class: 'chip', title: `repeats run ${run.parent_run_id}` }, 'rerun') : null,
      run.status.endsWith('cancelled') ? h('span', { class: 'chip' }, 'cancelled') : null,
      run.status.startsWith('stress') ? h('span', { class: 'chip' }, 'stress') : null,
      run.kept ? h('span', { class: 'chip', title: 'nextest has pruned it; the daemon kept a copy' }, 'kept') : run.on_disk === false ? h('span', { class: 'chip' }, 'pruned') : null),
    h('td', { class: 'counts' }, counts(run, progress, expected)),
    h('td', { class: 'n took' }, run.duration_secs === null ? h('span', { class: 'dim' }, word) : format.duration(run.duration_secs)),
    h('td', { class: 'when' }, time(run.started_at)),
    h('td', { class: 'acts' }, open));
}

/* The list, in bodies of a day each. Rows are kept by id, so an event changes one row and no more. */
class List {
  constructor(here) {
    this.here = here;
    this.progress = new Progress();
    this.runs = [];
    this.box = h('div', {});
    this.picked = null;
  }

  expected(run) {
    const like = this.runs.find((r) => r.id !== run.id && r.counts?.unit === 'tests' && scopeOf(r.workspace) === scopeOf(run.workspace) && format.askedFor(r.cli_args) === format.askedFor(run.cli_args));
    return like?.counts.initial || null;
  }

  draw() {
    const days = new Map();
    for (const run of this.runs) {
      const name = format.day(new Date(run.started_at));
      if (!days.has(name)) days.set(name, []);
      days.get(name).push(rowOf(run, this.progress, run.counts ? null : this.expected(run)));
    }
    const head = h('thead', {}, h('tr', {}, ['Outcome', 'What ran', 'Tests', 'Took', 'When', 'Trace'].map((text, i) => h('th', { scope: 'col', class: i === 3 ? 'n' : null }, i === 0 ? h('span', { class: 'unseen' }, text) : text))));
    replace(this.box, h('table', { class: 'runs' }, h('caption', { class: 'unseen' }, 'Recorded runs, newest first'), head,
      [...days].map(([name, rows]) => h('tbody', {}, h('tr', { class: 'day' }, h('th', { colspan: 6, scope: 'rowgroup' }, name, h('span', { class: 'dim' }, ` ${format.many(rows.length, 'run')}`))), rows))));
    if (this.picked) this.pick(this.picked, false);
  }

  redrawOne(id) {
    const run = this.runs.find((r) => r.id === id), old = this.rowFor(id);
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

/* Whether the runs that have not ended go on. */
async function askAlive(list) {
  const open = list.runs.filter((r) => r.status === 'incomplete' && !list.progress.alive.has(r.id)).slice(0, 12);
  await Promise.all(open.map(async (run) => {
    const answer = await get(api(scopeOfRun(run), ['runs', run.id, 'running']), { signal: list.here.signal }).catch(() => null);
    if (!answer) return;
    list.progress.alive.set(run.id, answer.alive);
    list.redrawOne(run.id);
  }));
}

function where(filters, extra) {
  const { workspace, since, ...rest } = filters;
  return api(null, ['runs'], { limit: PAGE, workspace, since: since && sinceTime(since), ...rest, ...extra });
}

/* New rows come in at the top; many events at once are one question. */
function live(list, filters, reload) {
  let timer = 0;
  const { signal } = list.here;
  const soon = () => { clearTimeout(timer); timer = setTimeout(reload, 150); };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  listen((kind, data) => {
    if (kind === 'reset') return soon();
    list.progress.note(data);
    if (kind === 'run-progressed') return list.redrawOne(data.run);
    if (kind === 'run-started') say('A run has started');
    if (kind === 'run-finished') say(`A run has ended: ${data.status}`);
    return soon();
  }, signal);
}

function howToRecord() {
  return notice('No runs have been recorded yet',
    h('p', {}, 'nextest records a run when two settings stand in its user config. This is all there is to set up:'),
    h('pre', { class: 'code' }, h('code', {}, 'mkdir -p ~/.config/nextest\ncat >> ~/.config/nextest/config.toml <<END\n[experimental]\nrecord = true\n[record]\nenabled = true\nEND\ncargo nextest run')),
    h('p', {}, 'A run shows here the moment it begins.'));
}

function storeProblems(problems) {
  return problems.map((p) => h('p', { class: 'warning' }, p.workspace ? `Workspace ${format.visible(p.workspace)}: ` : '', format.visible(p.error.message), p.error.hint ? h('span', { class: 'dim' }, ` ${format.visible(p.error.hint)}`) : null));
}

function filterForm(here, filters, workspaces) {
  const stores = [...new Set(workspaces.map((w) => w.store))];
  const names = [['', 'all workspaces'], ...workspaces.filter((w) => !filters.store || w.store === filters.store).map((w) => [scopeOf(w), `${format.visible(w.path || w.name)}${w.store && w.store !== 'default' ? ` (${w.store})` : ''}`])];
  const text = (name, placeholder) => h('input', { type: 'text', name, value: filters[name], placeholder, autocomplete: 'off', spellcheck: 'false', on: { change: (e) => here.refine({ [name]: e.target.value.trim() }) } });
  const any = Object.values(filters).some(Boolean);
  return h('form', { class: 'filters', 'aria-label': 'Filters', on: { submit: (e) => { e.preventDefault(); document.activeElement.blur(); } } },
    stores.length > 1 ? field('Store', choice('store', [['', 'all stores'], ...stores.map((s) => [s, s])], filters.store, (v) => here.refine({ store: v, workspace: '' }))) : null,
    field('Workspace', choice('workspace', names, filters.workspace, (v) => here.refine({ workspace: v }))),
    field('Outcome', choice('status', STATUSES, filters.status, (v) => here.refine({ status: v }))),
    field('Since', choice('since', SINCE, filters.since, (v) => here.refine({ since: v }))),
    field('Profile', text('profile', 'any')),
    field('With the test', text('test', 'name, or binary and name')),
    any ? h('a', { class: 'clear', href: page.runs() }, 'Clear') : null);
}

function setKeys(here, list) {
  onKey('j', 'j', 'next run', () => list.step(1));
  onKey('k', 'k', 'run before', () => list.step(-1));
  onKey('Enter', 'Enter', 'show the run', () => { const r = list.pickedRun(); return r ? here.go(page.run(r.id, scopeOfRun(r))) : false; });
  onKey('o', 'o', 'open the run in Perfetto', () => { const r = list.pickedRun(); return r ? void handOver(r, {}) : false; });
  onKey('/', '/', 'filter', () => here.main.querySelector('form.filters select').focus());
}

export async function show(here) {
  const filters = filtersOf(here.query), list = new List(here), { signal } = here;
  const any = Object.values(filters).some(Boolean);
  const problems = h('div', {}), top = h('div', {}), older = h('p', { class: 'more' }), form = h('div', {}), body = h('div', {});
  here.title('Runs');
  setKeys(here, list);
  replace(here.main, h('h1', { class: 'unseen' }, 'Runs'), form, problems, top, body);
  replace(form, filterForm(here, filters, []));
  get(api(null, ['workspaces']), { signal }).then((a) => replace(form, filterForm(here, filters, a.workspaces))).catch(() => {});
  let pagesShown = 1;
  const readPages = async (wanted, busy) => {
    const runs = [];
    let answer = { next: null };
    for (let i = 0; i < wanted; i++) {
      answer = await get(where(filters, { after: answer.next }), { signal, busy });
      runs.push(...answer.runs);
      if (!answer.next) break;
    }
    return { runs, next: answer.next, problems: answer.problems };
  };
  const take = (answer) => {
    list.runs = answer.runs;
    replace(problems, storeProblems(answer.problems));
    form.hidden = !any && !answer.runs.length;
    if (!answer.runs.length) {
      replace(top);
      return any ? notice('No run is like that', h('p', {}, 'No recorded run fits these filters. ', h('a', { href: page.runs() }, 'Show all runs'))) : howToRecord();
    }
    list.draw();
    replace(top, spark(answer.runs, list.progress, (run) => here.go(page.run(run.id, scopeOfRun(run)))));
    replace(older, answer.next ? h('button', { type: 'button', on: { click: () => { pagesShown++; reload(); } } }, 'Older runs') : null);
    askAlive(list);
    return [list.box, older];
  };
  const reload = async () => {
    try {
      const answer = await readPages(pagesShown);
      if (!signal.aborted) replace(body, take(answer));
    } catch (e) {
      if (!signal.aborted && e instanceof ApiError) replace(body, problem(e, reload));
    }
  };
  live(list, filters, reload);
  await into(body, async (busy) => take(await readPages(1, busy)), { signal });
}
