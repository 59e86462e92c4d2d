/* What a test wrote: fetched when it is asked for, folded where it is long, never as markup. */
import { api, get } from './api.js';
import { lines } from './ansi.js';
import { h, replace } from './dom.js';
import * as format from './format.js';
import { copyText, icon, into } from './parts.js';

const FOLDED = 60,
  PIECE = 2000,
  WIDEST = 4000;

function piece({ text, style }) {
  if (!style) return text;
  const fg = style.swap ? (style.bg ?? 'ground') : style.fg,
    bg = style.swap ? (style.fg ?? 'ink') : style.bg;
  const classes = ['bold', 'dim', 'italic', 'under', 'strike'].filter((k) => style[k]).map((k) => `t-${k}`),
    css = {};
  for (const [kind, value] of [
    ['f', fg],
    ['b', bg],
  ]) {
    if (value === null) continue;
    if (typeof value === 'string' && value.startsWith('rgb')) css[kind === 'f' ? 'color' : 'background-color'] = value;
    else classes.push(`t-${kind}${value}`);
  }
  return h('span', { class: classes.join(' ') || null, css }, text);
}

function lineOf(pieces) {
  let left = WIDEST;
  const shown = [];
  for (const p of pieces) {
    if (left <= 0) break;
    shown.push(piece({ ...p, text: p.text.slice(0, left) }));
    left -= p.text.length;
  }
  const first = pieces
    .map((p) => p.text)
    .join('')
    .slice(0, 300);
  const loud = /panicked at|^error(\[|:)|assertion .*failed|^\s*(left|right): /.test(first);
  return h(
    'span',
    { class: loud ? 'line loud' : 'line' },
    shown,
    left < 0 ? h('span', { class: 'dim' }, ' … this line goes on') : null,
    '\n',
  );
}

/* All lines are kept; the first and the last are shown, and more on demand. */
function folding(all) {
  const pre = h('pre', { class: 'output', tabindex: '0', role: 'region', 'aria-label': 'Output' });
  const draw = (shown) => {
    const hidden = all.length - shown;
    if (hidden <= 0) return replace(pre, all.map(lineOf));
    const head = Math.min(12, shown >> 2),
      more = h(
        'button',
        { type: 'button', class: 'unfold', on: { click: () => draw(shown + PIECE) } },
        `… ${format.many(hidden, 'line')} more: show ${hidden > PIECE ? format.number(PIECE) : 'them'}`,
      );
    return replace(pre, all.slice(0, head).map(lineOf), more, '\n', all.slice(head + hidden).map(lineOf));
  };
  draw(FOLDED);
  return pre;
}

function show(answer, raw) {
  const head = h(
    'p',
    { class: 'outhead dim' },
    answer.bytes ? `${format.bytes(answer.bytes)}, ` : '',
    answer.truncated
      ? `cut by nextest${answer.original_size ? ` from ${format.bytes(answer.original_size)}` : ''}, `
      : '',
    answer.utf8 ? '' : 'not all of it UTF-8, ',
    `attempt ${answer.attempt} `,
    answer.bytes
      ? [
          h(
            'button',
            { type: 'button', class: 'quiet', on: { click: () => copyText(answer.text, 'the output') } },
            icon('copy'),
            'Copy',
          ),
          h('a', { href: raw, target: '_blank', rel: 'noopener' }, 'as a file'),
        ]
      : null,
  );
  if (!answer.bytes) return [head, h('p', { class: 'dim' }, 'It wrote nothing.')];
  const all = lines(answer.text);
  while (all.length && all[0].length === 0) all.shift();
  return [head, folding(all)];
}

/* A box that holds what a test wrote. which: {attempt, stress} */
export function outputBox(scope, run, binary, test, which = {}, { signal } = {}) {
  const box = h('div', { class: 'outbox' });
  const at = ['runs', run, 'tests', binary, test, 'output'],
    parameters = { attempt: which.attempt, stress: which.stress };
  const read = (stream) =>
    into(
      part,
      async () =>
        show(
          await get(api(scope, at, { ...parameters, stream, as: 'json' }), { signal }),
          api(scope, at, { ...parameters, stream, as: 'text' }),
        ),
      { signal, wait: 'Reading the output…' },
    );
  const part = h('div', {});
  const streams = [
    ['combined', 'both'],
    ['stdout', 'stdout'],
    ['stderr', 'stderr'],
  ];
  const tabs = h(
    'span',
    { class: 'chips', role: 'group', 'aria-label': 'Which stream' },
    streams.map(([name, text], i) =>
      h(
        'button',
        {
          type: 'button',
          'aria-pressed': i === 0 ? 'true' : 'false',
          on: {
            click: (e) => {
              for (const b of tabs.children) b.setAttribute('aria-pressed', b === e.currentTarget ? 'true' : 'false');
              read(name);
            },
          },
        },
        text,
      ),
    ),
  );
  replace(box, tabs, part);
  read('combined');
  return box;
}
