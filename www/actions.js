/* What can be done with a run: open it in Perfetto, download it, copy its link or command, run a query on it. */
import { h } from './dom.js';
import { shellWord } from './format.js';
import { handOver, linkTo, perfettoUrl, traceAddress } from './handover.js';
import { copyButton, copyText, icon } from './parts.js';
import { queries } from './queries.js';

/* A menu that closes when something else is clicked, or by Escape. */
function menu(label, signal, ...inside) {
  const box = h(
    'details',
    { class: 'menu' },
    h('summary', { class: 'button' }, label, icon('chevron')),
    h('div', { class: 'pop' }, inside),
  );
  document.addEventListener(
    'click',
    (e) => {
      if (!box.contains(e.target)) box.open = false;
    },
    { signal },
  );
  box.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || !box.open) return;
    box.open = false;
    box.firstChild.focus();
    e.stopPropagation();
  });
  return box;
}

function linkPart(run, how, text) {
  const { href, works } = linkTo(run, how);
  return works ? h('a', { href, target: '_blank', rel: 'noopener' }, text) : h('span', { class: 'dim' }, text);
}

function linkMenu(run, signal) {
  const { href, works } = linkTo(run, {}),
    name = new URL(perfettoUrl()).host;
  return menu(
    'Link',
    signal,
    h(
      'p',
      {},
      h('b', {}, 'By link'),
      ` ${name} reads the trace from this server itself. It may only from http://127.0.0.1:9001 or over https, and newer browsers ask first: click Allow.`,
      works ? '' : ' This page is at another address, so the link would not work.',
    ),
    h(
      'p',
      { class: 'row' },
      linkPart(run, {}, 'Open, by binary'),
      linkPart(run, { slot: true }, 'Open, by slot'),
      works ? copyButton(href, 'the link', 'Copy the link') : null,
    ),
    h(
      'p',
      {},
      h('b', {}, 'By hand-over'),
      ' is what the buttons do: this page fetches the trace and gives it to Perfetto. It works at any address, and asks for nothing.',
    ),
    h(
      'p',
      { class: 'row' },
      h('a', { href: traceAddress(run, {}), download: true }, icon('down'), ' Download'),
      h('a', { href: traceAddress(run, { slot: true }), download: true }, icon('down'), ' Download, by slot'),
      h(
        'a',
        { href: traceAddress(run, { plain: true }), download: true, title: 'byte for byte what cargo nextest writes' },
        icon('down'),
        ' nextest’s own',
      ),
    ),
  );
}

function queryMenu(run, signal) {
  return menu(
    'SQL',
    signal,
    h('p', { class: 'dim' }, 'The queries of nextest’s documentation. A click opens Perfetto with the result.'),
    h(
      'ul',
      { class: 'queries' },
      queries.map(([name, sql]) =>
        h(
          'li',
          {},
          h(
            'button',
            { type: 'button', class: 'quiet', on: { click: () => handOver(run, {}, { query: sql }) } },
            icon('out'),
            name,
          ),
          h(
            'button',
            {
              type: 'button',
              class: 'quiet',
              'aria-label': `Copy the query: ${name}`,
              title: 'Copy the query',
              on: { click: () => copyText(sql, 'the query') },
            },
            icon('copy'),
          ),
          queryLink(run, name, sql),
        ),
      ),
    ),
  );
}

/* The same by link, where the UI can read from here. */
function queryLink(run, name, sql) {
  const { href, works } = linkTo(run, {}, { query: sql });
  if (!works) return null;
  return h('a', { class: 'bylink', href, target: '_blank', rel: 'noopener', 'aria-label': `By link: ${name}` }, 'link');
}

export function actions(run, signal) {
  const id = run.prefix && run.prefix.length < 36 ? run.id.slice(0, Math.max(8, run.prefix.length)) : run.id;
  const command = `nxctl export ${shellWord(id)} -o trace.json`;
  if (!run.files?.log || run.on_disk === false)
    return h('p', { class: 'dim' }, 'No trace: nextest has pruned its recording.');
  return h(
    'div',
    { class: 'actions', role: 'group', 'aria-label': 'Open and share' },
    h(
      'button',
      { type: 'button', class: 'primary', on: { click: () => handOver(run, {}) } },
      icon('perfetto'),
      'Open in Perfetto',
    ),
    h(
      'button',
      {
        type: 'button',
        title: 'Open in Perfetto, a row for each slot',
        on: { click: () => handOver(run, { slot: true }) },
      },
      'by slot',
    ),
    linkMenu(run, signal),
    queryMenu(run, signal),
    h(
      'button',
      { type: 'button', title: command, on: { click: () => copyText(command, command) } },
      icon('copy'),
      'nxctl',
    ),
  );
}
