/* Small pieces that several pages show: marks of outcomes, bars of counts, times, buttons that copy, words where
 * there is nothing. */
import { h, say, svg, replace } from './dom.js';
import { ApiError, GoneError, page, scopeOf, scopeOfRun } from './api.js';
import * as format from './format.js';

/* Every outcome has a shape beside its colour. */
const SHAPES = {
  pass: 'M3.5 8.5l3 3 6-7',
  fail: 'M4 4l8 8M12 4l-8 8',
  flaky: 'M12.5 6.5a5 5 0 1 0 .3 3M12.8 3v3.6H9.2',
  running: 'M8 3a5 5 0 1 1-5 5',
  dead: 'M4 8h8',
  cancelled: 'M4.2 11.8l7.6-7.6M8 2.6a5.4 5.4 0 1 1 0 10.8 5.4 5.4 0 0 1 0-10.8z',
  slow: 'M8 5v3.2l2 1.6M8 2.6a5.4 5.4 0 1 1 0 10.8 5.4 5.4 0 0 1 0-10.8z',
  skip: 'M4 4l4 4-4 4M9 4l4 4-4 4',
  other: 'M8 7.9v.2',
};

export function mark(kind, word) {
  const shape = svg(
    'svg',
    { class: `mark ${kind}`, viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true', focusable: 'false' },
    svg('path', {
      d: SHAPES[kind] || SHAPES.other,
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 2,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  );
  return word === undefined ? shape : [shape, h('span', { class: 'unseen' }, word)];
}

export function icon(name) {
  const paths = {
    perfetto: 'M2 3.5h7M4 8h9M3 12.5h5M10.5 12.5H13',
    out: 'M9 3h4v4M13 3L7.5 8.5M6 4H3.5v8.5H12V10',
    copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
    down: 'M8 2.5v7M4.5 6.5L8 10l3.5-3.5M3 13h10',
    search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5L14 14',
    sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
    moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
    auto: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 1 1 0 11',
    chevron: 'M4 6l4 4 4-4',
  };
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true', focusable: 'false' },
    svg('path', {
      d: paths[name],
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 1.6,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  );
}

/* What became of a run: [kind of mark, word]. alive: true, false, or null where it is not known. */
export function runState(run, alive = null) {
  if (run.status === 'incomplete')
    return alive === true ? ['running', 'running'] : alive === false ? ['dead', 'killed'] : ['running', 'incomplete'];
  const failed = run.counts?.failed > 0;
  if (run.status.endsWith('cancelled')) return failed ? ['fail', 'cancelled, failed'] : ['cancelled', 'cancelled'];
  if (failed) return ['fail', 'failed'];
  if (run.exit_code === 0) return ['pass', 'passed'];
  if (run.status === 'unknown') return ['other', run.status_text];
  return ['fail', run.exit_code === null ? run.status_text : `failed, exit code ${run.exit_code}`];
}

/* What became of an execution: [kind, word]. */
export function testState(t) {
  if (t.outcome === 'running') return ['running', 'running'];
  if (t.flaky)
    return t.passed === false || t.outcome === 'failed' ? ['fail', 'flaky, counted as failed'] : ['flaky', 'flaky'];
  const passed = t.passed ?? t.outcome === 'passed';
  return [passed ? 'pass' : 'fail', outcomeWord(t.outcome)];
}

const WORDS = {
  pass: 'passed',
  'leak-pass': 'passed, leaked',
  'timeout-pass': 'timed out, counted as passed',
  fail: 'failed',
  abort: 'killed by a signal',
  'leak-fail': 'failed: leaked',
  'timeout-fail': 'timed out',
  'exec-fail': 'could not be started',
  running: 'running',
};

export function outcomeWord(outcome) {
  return WORDS[outcome] || outcome;
}

/* A bar of shares. parts: [[kind, count]], in the order to draw. */
export function shareBar(parts, label) {
  const total = parts.reduce((sum, [, n]) => sum + n, 0);
  return h(
    'span',
    { class: 'shares', role: 'img', 'aria-label': label },
    parts
      .filter(([, n]) => n > 0)
      .map(([kind, n]) =>
        h('span', { class: `share ${kind}`, css: { 'flex-grow': String(Math.max(n, total * 0.02)) } }),
      ),
  );
}

export function time(text, { relative = true } = {}) {
  const date = new Date(text);
  return h(
    'time',
    { datetime: date.toISOString(), title: `${format.moment(date)} (${text})`, 'data-ago': relative },
    relative ? format.ago(date) : format.moment(date),
  );
}

export function refreshTimes() {
  for (const node of document.querySelectorAll('time[data-ago]')) {
    const text = format.ago(new Date(node.dateTime));
    if (node.textContent !== text) node.textContent = text;
  }
}

export function testName(binary, test, parameters) {
  return h(
    'a',
    {
      class: 'test',
      href: page.test(binary, test, parameters),
      title: `${format.visible(binary)} ${format.visible(test)}`,
    },
    h('bdi', { class: 'binary' }, format.visible(binary)),
    ' ',
    h('bdi', { class: 'name' }, format.visible(test)),
  );
}

export function workspaceName(workspace, { link = false } = {}) {
  if (!workspace) return h('span', { class: 'dim' }, 'portable recording');
  const path = workspace.path || workspace.name,
    { parent, last } = format.pathParts(path);
  const inside = [h('bdi', { class: 'dim parent' }, format.visible(parent)), h('bdi', {}, format.visible(last))];
  const title =
    format.visible(path) + (workspace.store && workspace.store !== 'default' ? ` in store ${workspace.store}` : '');
  const store = workspace.store && workspace.store !== 'default' ? h('span', { class: 'chip' }, workspace.store) : null;
  return link
    ? h('a', { class: 'workspace', title, href: page.runs({ workspace: scopeOf(workspace) }) }, inside, store)
    : h('span', { class: 'workspace', title }, inside, store);
}

export function runLink(run, ...inside) {
  return h('a', { href: page.run(run.id, scopeOfRun(run)) }, inside);
}

export async function copyText(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    /* No clipboard without https or localhost: the old way. */
    const area = h('textarea', { class: 'unseen', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  toast(`Copied ${what}`);
}

export function copyButton(text, what, label) {
  return h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      title: `Copy ${what}`,
      'aria-label': `Copy ${what}`,
      on: { click: () => copyText(text, what) },
    },
    icon('copy'),
    label,
  );
}

let toastTimer = 0;
export function toast(text, { bad = false, stay = false } = {}) {
  let box = document.getElementById('toast');
  if (!box) document.body.append((box = h('div', { id: 'toast', 'aria-hidden': 'true' })));
  box.className = bad ? 'bad' : '';
  box.textContent = text;
  box.hidden = !text;
  say(text);
  clearTimeout(toastTimer);
  if (!stay)
    toastTimer = setTimeout(() => {
      box.hidden = true;
    }, 5000);
}

export function loading(text = 'Loading…') {
  return h('p', { class: 'loading', 'aria-busy': 'true' }, h('span', { class: 'spin' }), text);
}

export function notice(title, ...inside) {
  return h('div', { class: 'notice' }, h('h2', {}, title), inside);
}

const REMEDIES = {
  gone: 'Its recording is no longer on disk. What the index remembers of it stays: its tests and their history.',
};

/* An error in words, with what to do. */
export function problem(e, again) {
  const retry = again ? h('button', { type: 'button', on: { click: again } }, 'Try again') : null;
  if (e instanceof GoneError) {
    return notice(
      'The daemon does not answer',
      h(
        'p',
        {},
        `${e.message}. Start it with `,
        h('code', {}, 'nxtraced'),
        ' or ',
        h('code', {}, 'systemctl --user start nxtraced'),
        '; this page goes on by itself.',
      ),
      retry,
    );
  }
  if (e instanceof ApiError) {
    const title = e.lasting
      ? 'Without an index'
      : e.status === 404
        ? 'Not found'
        : e.status === 410
          ? 'No longer on disk'
          : e.status === 503
            ? 'Not yet'
            : 'That did not work';
    return notice(
      title,
      h('p', {}, h('bdi', {}, format.visible(e.message))),
      e.hint ? h('p', { class: 'dim' }, format.visible(e.hint)) : null,
      REMEDIES[e.code] ? h('p', { class: 'dim' }, REMEDIES[e.code]) : null,
      h(
        'p',
        { class: 'row' },
        e.status === 503 && !e.lasting ? retry : null,
        ' ',
        h('a', { href: page.runs() }, 'All runs'),
      ),
    );
  }
  return notice('Something is wrong with this page', h('p', {}, String(e)), retry);
}

/* Puts what make() returns into a box; while it is awaited words stand there, and when it fails, why. */
export async function into(box, make, { signal, wait = 'Loading…' } = {}) {
  const timer = setTimeout(() => replace(box, loading(wait)), 120);
  try {
    const made = await make((text) => {
      clearTimeout(timer);
      replace(box, loading(text));
    });
    if (!signal?.aborted) replace(box, made);
  } catch (e) {
    if (signal?.aborted) return;
    replace(
      box,
      problem(e, () => into(box, make, { signal, wait })),
    );
    if (!(e instanceof ApiError || e instanceof GoneError)) console.error(e);
  } finally {
    clearTimeout(timer);
  }
}

/* A labelled field of a form of filters. */
export function field(label, control) {
  return h('label', { class: 'field' }, h('span', {}, label), control);
}

/* The options of a choice among workspaces; those of several stores may have one path. */
export function workspaceOptions(workspaces) {
  const name = (w) =>
    `${format.visible(w.path || w.name)}${w.store && w.store !== 'default' ? ` (${w.store})` : ''}`;
  return [['', 'all workspaces'], ...workspaces.map((w) => [scopeOf(w), name(w)])];
}

export function choice(name, options, value, onChange) {
  const known = options.some(([v]) => v === (value || ''));
  const all = known ? options : [...options, [value, value]];
  const select = h(
    'select',
    { name, on: { change: () => onChange(select.value) } },
    all.map(([v, text]) => h('option', { value: v, selected: v === (value || '') }, text)),
  );
  return select;
}
