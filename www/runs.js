/* Runs: newest first, live, with the filters that stand in the address. */
import { api, ApiError, get, page, scopeOfRun } from './api.js';
import { h, replace, say } from './dom.js';
import { listen } from './events.js';
import * as format from './format.js';
import { handOver } from './handover.js';
import { onKey } from './keys.js';
import { choice, field, into, notice, problem, workspaceOptions } from './parts.js';
import { List } from './runs_list.js';
import { spark } from './spark.js';

const STATUSES = [
  ['', 'any outcome'],
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['incomplete', 'running or killed'],
  ['cancelled', 'cancelled'],
  ['stress-completed', 'stress run, completed'],
];
const SINCE = [
  ['', 'any time'],
  ['1', 'last 24 hours'],
  ['7', 'last 7 days'],
  ['30', 'last 30 days'],
];
const PAGE = 60;

function filtersOf(query) {
  return Object.fromEntries(
    ['store', 'workspace', 'status', 'profile', 'test', 'since', 'until'].map((k) => [k, query.get(k) || '']),
  );
}

/* since=7 in the address means seven days ago; a date or time means itself. */
function sinceTime(text) {
  if (!/^\d{1,4}$/.test(text)) return text;
  return new Date(Date.now() - Number(text) * 864e5).toISOString().replace(/\.\d+Z$/, 'Z');
}

/* Whether the runs that have not ended go on. */
async function askAlive(list) {
  const open = list.runs.filter((r) => r.status === 'incomplete' && !list.progress.alive.has(r.id)).slice(0, 12);
  await Promise.all(
    open.map(async (run) => {
      const answer = await get(api(scopeOfRun(run), ['runs', run.id, 'running']), { signal: list.here.signal }).catch(
        () => null,
      );
      if (!answer) return;
      list.progress.alive.set(run.id, answer.alive);
      list.redrawOne(run.id);
    }),
  );
}

function where(filters, extra) {
  const { workspace, since, ...rest } = filters;
  return api(null, ['runs'], { limit: PAGE, workspace, since: since && sinceTime(since), ...rest, ...extra });
}

/* New rows come in at the top; many events at once are one question. */
function live(list, filters, reload) {
  let timer = 0;
  const { signal } = list.here;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(reload, 150);
  };
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
  return notice(
    'No runs have been recorded yet',
    h('p', {}, 'nextest records a run when two settings stand in its user config. This is all there is to set up:'),
    h(
      'pre',
      { class: 'code' },
      h(
        'code',
        {},
        'mkdir -p ~/.config/nextest\ncat >> ~/.config/nextest/config.toml <<END\n[experimental]\nrecord = true\n[record]\nenabled = true\nEND\ncargo nextest run',
      ),
    ),
    h('p', {}, 'A run shows here the moment it begins.'),
  );
}

function storeProblems(problems) {
  return problems.map((p) =>
    h(
      'p',
      { class: 'warning' },
      p.workspace ? `Workspace ${format.visible(p.workspace)}: ` : '',
      format.visible(p.error.message),
      p.error.hint ? h('span', { class: 'dim' }, ` ${format.visible(p.error.hint)}`) : null,
    ),
  );
}

function filterForm(here, filters, workspaces) {
  const stores = [...new Set(workspaces.map((w) => w.store))];
  const names = workspaceOptions(workspaces.filter((w) => !filters.store || w.store === filters.store));
  const text = (name, placeholder) =>
    h('input', {
      type: 'text',
      name,
      value: filters[name],
      placeholder,
      autocomplete: 'off',
      spellcheck: 'false',
      on: { change: (e) => here.refine({ [name]: e.target.value.trim() }) },
    });
  const any = Object.values(filters).some(Boolean);
  return h(
    'form',
    {
      class: 'filters',
      'aria-label': 'Filters',
      on: {
        submit: (e) => {
          e.preventDefault();
          document.activeElement.blur();
        },
      },
    },
    stores.length > 1
      ? field(
          'Store',
          choice('store', [['', 'all stores'], ...stores.map((s) => [s, s])], filters.store, (v) =>
            here.refine({ store: v, workspace: '' }),
          ),
        )
      : null,
    field(
      'Workspace',
      choice('workspace', names, filters.workspace, (v) => here.refine({ workspace: v })),
    ),
    field(
      'Outcome',
      choice('status', STATUSES, filters.status, (v) => here.refine({ status: v })),
    ),
    field(
      'Since',
      choice('since', SINCE, filters.since, (v) => here.refine({ since: v })),
    ),
    field('Profile', text('profile', 'any')),
    field('With the test', text('test', 'name, or binary and name')),
    any ? h('a', { class: 'clear', href: page.runs() }, 'Clear') : null,
  );
}

function setKeys(here, list) {
  onKey('j', 'j', 'next run', () => list.step(1));
  onKey('k', 'k', 'run before', () => list.step(-1));
  onKey('Enter', 'Enter', 'show the run', () => {
    const r = list.pickedRun();
    return r ? here.go(page.run(r.id, scopeOfRun(r))) : false;
  });
  onKey('o', 'o', 'open the run in Perfetto', () => {
    const r = list.pickedRun();
    return r ? void handOver(r, {}) : false;
  });
  onKey('/', '/', 'filter', () => here.main.querySelector('form.filters select').focus());
}

export async function show(here) {
  const filters = filtersOf(here.query),
    list = new List(here),
    { signal } = here;
  const any = Object.values(filters).some(Boolean);
  const problems = h('div', {}),
    top = h('div', {}),
    older = h('p', { class: 'more' }),
    form = h('div', {}),
    body = h('div', {});
  here.title('Runs');
  setKeys(here, list);
  replace(here.main, h('h1', { class: 'unseen' }, 'Runs'), form, problems, top, body);
  replace(form, filterForm(here, filters, []));
  get(api(null, ['workspaces']), { signal })
    .then((a) => replace(form, filterForm(here, filters, a.workspaces)))
    .catch(() => {});
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
      return any
        ? notice(
            'No run is like that',
            h('p', {}, 'No recorded run fits these filters. ', h('a', { href: page.runs() }, 'Show all runs')),
          )
        : howToRecord();
    }
    list.draw();
    replace(
      top,
      spark(answer.runs, list.progress, (run) => here.go(page.run(run.id, scopeOfRun(run)))),
    );
    replace(
      older,
      answer.next
        ? h(
            'button',
            {
              type: 'button',
              on: {
                click: () => {
                  pagesShown++;
                  reload();
                },
              },
            },
            'Older runs',
          )
        : null,
    );
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
