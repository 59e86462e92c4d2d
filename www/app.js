/* The frame around every page, and which page an address shows. A page is a module with show(here), fetched when
 * it is first needed. */
import { base, page } from './api.js';
import { h, replace } from './dom.js';
import { icon, problem, refreshTimes } from './parts.js';
import { start as startEvents, watchState } from './events.js';
import { keys, onKey } from './keys.js';

/* [pattern under the base, module, part of the navigation]; a group with a name is a parameter */
const PAGES = [
  [/^$/, 'runs', 'Runs'],
  [/^(?:workspaces\/(?<scope>[^/]+)\/)?runs\/(?<run>[^/]+)$/, 'run', 'Runs'],
  [/^(?:workspaces\/(?<scope>[^/]+)\/)?open\/(?<run>[^/]+)$/, 'open', 'Runs'],
  [/^tests$/, 'search', 'Tests'],
  [/^tests\/(?<binary>[^/]+)\/(?<test>[^/]+)$/, 'test', 'Tests'],
  [/^(?:workspaces\/(?<scope>[^/]+)\/)?(?<kind>flaky)$/, 'trends', 'Flaky'],
  [/^(?:workspaces\/(?<scope>[^/]+)\/)?(?<kind>slowest)$/, 'trends', 'Slowest'],
  [/^compare$/, 'compare', 'Compare'],
];
const main = document.getElementById('main');
let current = null;

function findPage(url) {
  if (!url.pathname.startsWith(base.pathname)) return null;
  const path = url.pathname.slice(base.pathname.length);
  for (const [pattern, module, nav] of PAGES) {
    const m = pattern.exec(path);
    if (m)
      return {
        module,
        nav,
        parameters: Object.fromEntries(Object.entries(m.groups || {}).map(([k, v]) => [k, v && decodeURIComponent(v)])),
      };
  }
  return null;
}

export function title(text) {
  document.title = text ? `${text} · nxtrace` : 'nxtrace';
}

/* What a page is given: where to draw, its parameters, a signal that ends with it, and ways to go on. */
function hereFor(found, url, abort) {
  return {
    main,
    title,
    parameters: found.parameters,
    query: url.searchParams,
    signal: abort.signal,
    go,
    /* The same page with other filters: the address follows, and the page is drawn anew unless it says that it has
     * done so. */
    refine(changes, { redraw = true, quiet = false } = {}) {
      const next = new URL(location.href);
      for (const [k, v] of Object.entries(changes)) v ? next.searchParams.set(k, v) : next.searchParams.delete(k);
      if (next.href === location.href) return;
      history[quiet ? 'replaceState' : 'pushState'](null, '', next);
      if (redraw) draw({ keep: true });
    },
  };
}

async function draw({ keep = false } = {}) {
  const url = new URL(location.href),
    found = findPage(url),
    abort = new AbortController();
  const focused = keep ? document.activeElement?.getAttribute?.('name') : null;
  current?.abort();
  current = abort;
  keys.clear();
  commonKeys();
  for (const a of document.querySelectorAll('#top nav a')) {
    if (a.dataset.nav === found?.nav) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  if (!found) {
    title('No such page');
    replace(
      main,
      h('h1', {}, 'No such page'),
      h('p', {}, 'Nothing is at this address. ', h('a', { href: page.runs() }, 'All runs')),
    );
    return;
  }
  try {
    const module = await import(`./${found.module}.js`);
    if (abort.signal.aborted) return;
    await module.show(hereFor(found, url, abort));
  } catch (e) {
    if (abort.signal.aborted) return;
    replace(
      main,
      h('h1', {}, 'nxtrace'),
      problem(e, () => draw()),
    );
  }
  const again = focused && main.querySelector(`[name="${CSS.escape(focused)}"]`);
  if (again) again.focus();
}

export function go(address) {
  history.pushState(null, '', address);
  scrollTo(0, 0);
  draw();
  main.focus({ preventScroll: true });
}

function followLinks(e) {
  const a = e.target.closest?.('a[href]');
  if (
    !a ||
    e.defaultPrevented ||
    e.button !== 0 ||
    e.metaKey ||
    e.ctrlKey ||
    e.shiftKey ||
    e.altKey ||
    a.target ||
    a.hasAttribute('download')
  )
    return;
  const url = new URL(a.href);
  if (url.origin !== location.origin || (url.hash && url.pathname === location.pathname) || !findPage(url)) return;
  e.preventDefault();
  go(url);
}

function themeButton() {
  const order = ['auto', 'light', 'dark'],
    faces = { auto: 'auto', light: 'sun', dark: 'moon' };
  const button = h('button', {
    type: 'button',
    class: 'quiet',
    on: { click: () => choose(order[(order.indexOf(chosen()) + 1) % 3]) },
  });
  const chosen = () => document.documentElement.dataset.theme || 'auto';
  const show = () => {
    replace(button, icon(faces[chosen()]));
    const words = { auto: 'as the system has it', light: 'light', dark: 'dark' }[chosen()];
    button.title = `Theme: ${words}`;
    button.setAttribute('aria-label', `Theme: ${words}. Change it`);
  };
  const choose = (theme) => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem('theme', theme);
    } catch {
      /* not kept, then */
    }
    show();
    dispatchEvent(new Event('themechange'));
  };
  show();
  return button;
}

function liveMark() {
  const box = h('span', { class: 'live', role: 'status' });
  const words = { connecting: 'connecting', live: 'live', lost: 'reconnecting…' };
  watchState((state) => {
    box.className = `live ${state}`;
    box.title = {
      connecting: 'Connecting to the daemon',
      live: 'Changes show by themselves',
      lost: 'The daemon does not answer; trying again',
    }[state];
    replace(box, h('span', { class: 'dot' }), words[state]);
  });
  return box;
}

function helpDialog() {
  const dialog = h('dialog', { id: 'help', 'aria-labelledby': 'help-title' });
  const open = () => {
    replace(
      dialog,
      h(
        'form',
        { class: 'head' },
        h('h2', { id: 'help-title' }, 'Keys'),
        h('button', { type: 'button', class: 'quiet', on: { click: () => dialog.close() } }, 'Close'),
      ),
      h(
        'dl',
        { class: 'keys' },
        [...keys.values()].map(({ shown, help }) => [
          h(
            'dt',
            {},
            shown.split(' ').map((k) => h('kbd', {}, k)),
          ),
          h('dd', {}, help),
        ]),
      ),
    );
    dialog.showModal();
  };
  document.body.append(dialog);
  return open;
}

function searchBox() {
  const input = h('input', {
    type: 'search',
    name: 'q',
    placeholder: 'Find a test',
    'aria-label': 'Find a test by name',
    autocomplete: 'off',
    spellcheck: 'false',
    enterkeyhint: 'search',
  });
  return h(
    'form',
    {
      class: 'find',
      role: 'search',
      on: {
        submit: (e) => {
          e.preventDefault();
          if (input.value.trim()) go(page.tests({ text: input.value.trim() }));
        },
      },
    },
    icon('search'),
    input,
  );
}

let help = null;
function commonKeys() {
  onKey('?', '?', 'these keys', () => help());
  onKey('s', 's', 'find a test', () => document.querySelector('#top input[type=search]').focus());
  onKey('g', 'g', 'all runs', () => go(page.runs()));
}

function frame() {
  const links = [
    ['Runs', page.runs()],
    ['Tests', page.tests()],
    ['Flaky', page.flaky()],
    ['Slowest', page.slowest()],
    ['Compare', page.compare()],
  ];
  replace(
    document.getElementById('top'),
    h(
      'a',
      { class: 'logo', href: page.runs(), 'aria-label': 'nxtrace, all runs' },
      h('span', { class: 'bars', 'aria-hidden': 'true' }, h('i', {}), h('i', {}), h('i', {})),
      'nxtrace',
    ),
    h(
      'nav',
      { 'aria-label': 'Pages' },
      links.map(([text, href]) => h('a', { href, 'data-nav': text }, text)),
    ),
    searchBox(),
    liveMark(),
    themeButton(),
    h(
      'button',
      { type: 'button', class: 'quiet', title: 'Keys (?)', 'aria-label': 'Keys', on: { click: () => help() } },
      h('kbd', {}, '?'),
    ),
  );
  help = helpDialog();
}

frame();
document.addEventListener('click', followLinks);
addEventListener('popstate', () => draw({ keep: true }));
setInterval(refreshTimes, 15000);
startEvents();
draw();
