/* What held a run up: slots without a test, the end of it when few were busy, setup scripts, pauses, and its
 * longest tests. */
import { h } from './dom.js';
import * as format from './format.js';
import { shareBar } from './parts.js';

const secs = (micros) => format.duration(micros / 1e6);

function figure(value, word, title) {
  return h('div', { class: 'figure', title }, h('b', {}, value), h('span', {}, word));
}

/* A button for an execution: shows it on the timeline. */
function execution(lanes, i, most, pick) {
  const t = lanes.tests[lanes.test[i]],
    took = lanes.took[i];
  return h(
    'li',
    {},
    h(
      'button',
      { type: 'button', class: 'quiet bar', title: 'Show on the timeline', on: { click: () => pick(i) } },
      h('span', {
        class: `fill ${lanes.look[i] === 0 ? 'pass' : 'flaky'}`,
        css: { width: `${most ? (100 * took) / most : 0}%` },
        'aria-hidden': 'true',
      }),
      h(
        'span',
        { class: 'test' },
        h('bdi', { class: 'binary' }, format.visible(t.binary)),
        ' ',
        h('bdi', { class: 'name' }, format.visible(t.test)),
        lanes.attempt[i] > 1 ? h('span', { class: 'dim' }, ` attempt ${lanes.attempt[i]}`) : null,
      ),
      h('span', { class: 'n' }, secs(took)),
    ),
  );
}

/* The verdict in a sentence: the most that could be won, and from what. */
function verdict(doc, lanes) {
  const s = doc.summary,
    all = s.busy + s.idle,
    ideal = doc.slots ? s.busy / doc.slots : 0;
  const longest = s.longest.length ? lanes.took[s.longest[0]] : 0;
  if (!all) return null;
  const least = Math.max(ideal, longest);
  if (s.scripts > 0.5 * s.active)
    return `Setup scripts took ${secs(s.scripts)} of ${secs(s.active)}, while no test could run.`;
  if (doc.slots > 1 && longest > ideal && longest > 0.5 * s.active) {
    return `Its longest test alone took ${secs(longest)} of ${secs(s.active)}: however its slots are filled, it cannot be shorter than that.`;
  }
  if (s.idle < 0.05 * all)
    return 'Its slots were busy nearly all of the time: only quicker tests, or more slots, would make it shorter.';
  return `With its ${format.many(doc.slots, 'slot')} busy all the time it would have taken ${secs(least)} instead of ${secs(s.active)}.`;
}

/* A moment at the end is no news. */
function longTail({ slots, summary }) {
  return slots > 1 && summary.tail.duration > 0.01 * summary.active;
}

function tailPart(doc, lanes, pick) {
  const { tail } = doc.summary;
  if (!longTail(doc) || !tail.last.length) return null;
  return h(
    'div',
    {},
    h('h3', {}, 'The end of it'),
    h(
      'p',
      { class: 'dim' },
      `For the last ${secs(tail.duration)} at most half of the slots had a test; ${secs(tail.idle)} of slot time went unused. What ran then:`,
    ),
    h(
      'ol',
      { class: 'bars' },
      tail.last.map((i) => execution(lanes, i, lanes.wall, pick)),
    ),
  );
}

/* doc: the answer; pick(execution) */
export function heldUp(doc, lanes, pick) {
  const s = doc.summary,
    all = s.busy + s.idle;
  if (!lanes.n || !all) return null;
  const inTail = Math.min(s.tail.idle, s.idle);
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'held-title' },
    h('h2', { id: 'held-title' }, 'What held it up'),
    h('p', { class: 'lead' }, verdict(doc, lanes)),
    h(
      'div',
      { class: 'figures' },
      figure(format.percent(s.busy, all), 'of slot time busy', `${secs(s.busy)} of ${secs(all)}`),
      figure(secs(s.idle), 'idle slot time'),
      longTail(doc) ? figure(secs(s.tail.duration), 'tail') : null,
      s.scripts ? figure(secs(s.scripts), 'in setup scripts') : null,
      s.paused ? figure(secs(s.paused), 'paused') : null,
    ),
    shareBar(
      [
        ['pass', s.busy],
        ['flaky', inTail],
        ['skip', s.idle - inTail],
      ],
      `Slot time: ${secs(s.busy)} busy, ${secs(inTail)} idle at the end, ${secs(s.idle - inTail)} idle before`,
    ),
    h(
      'p',
      { class: 'legend' },
      h('span', {}, h('i', { class: 'swatch plain-pass' }), ' busy'),
      h('span', {}, h('i', { class: 'swatch plain-flaky' }), ' idle at the end'),
      h('span', {}, h('i', { class: 'swatch plain-skip' }), ' idle before'),
    ),
    h(
      'div',
      { class: 'columns' },
      h(
        'div',
        {},
        h('h3', {}, 'Longest'),
        h(
          'ol',
          { class: 'bars' },
          s.longest.map((i) => execution(lanes, i, lanes.wall, pick)),
        ),
      ),
      tailPart(doc, lanes, pick),
    ),
  );
}
