/* What is known of the execution that was chosen on the timeline, and what can be done with it. */
import { page } from './api.js';
import { h, replace } from './dom.js';
import * as format from './format.js';
import { handOver, linkTo, micros } from './handover.js';
import { copyText, icon, mark, outcomeWord, testName } from './parts.js';
import { LOOKS } from './lanes.js';
import { outputBox } from './output.js';

function attempts(lanes, i) {
  let first = i;
  while (lanes.before[first] >= 0) first = lanes.before[first];
  const all = [];
  for (let k = first; k >= 0; k = lanes.next[k]) all.push(k);
  return all;
}

const KINDS = { pass: 'pass', flaky: 'flaky', retried: 'fail', running: 'running', fail: 'fail' };

export function selection(box, chosen) {
  if (!chosen) return replace(box);
  const { lanes, i, run, scope, signal, select } = chosen,
    t = lanes.tests[lanes.test[i]],
    all = attempts(lanes, i);
  const secs = lanes.took[i] / 1e6,
    out = h('div', {});
  const began = new Date(Date.parse(run.started_at) + lanes.start[i] / 1000);
  const slice = {
      binary: t.binary,
      test: t.test,
      from: micros(run.started_at) + Math.round(lanes.start[i]),
      took: Math.round(lanes.end[i] - lanes.start[i]),
    },
    link = linkTo(run, {}, { slice });
  const running = LOOKS[lanes.look[i]] === 'running';
  return replace(
    box,
    h(
      'div',
      { class: 'card' },
      h(
        'div',
        { class: 'cardhead' },
        mark(KINDS[LOOKS[lanes.look[i]]], outcomeWord(lanes.outcome[i])),
        testName(t.binary, t.test),
      ),
      h(
        'p',
        { class: 'dim' },
        `${outcomeWord(lanes.outcome[i])} in ${format.duration(secs)}${lanes.slow[i] ? ', slow' : ''} · slot ${lanes.slot[i]} · began ${format.duration(lanes.start[i] / 1e6)} into the run, at ${format.moment(began)}`,
        lanes.stress[i] >= 0 ? ` · iteration ${lanes.stress[i] + 1}` : '',
      ),
      all.length > 1
        ? h(
            'p',
            { class: 'chips', role: 'group', 'aria-label': 'Attempts' },
            all.map((k) =>
              h(
                'button',
                { type: 'button', 'aria-pressed': k === i ? 'true' : 'false', on: { click: () => select(k) } },
                mark(KINDS[LOOKS[lanes.look[k]]]),
                `attempt ${lanes.attempt[k]}`,
              ),
            ),
          )
        : null,
      h(
        'p',
        { class: 'row' },
        h(
          'button',
          { type: 'button', on: { click: () => handOver(run, {}, { slice }) } },
          icon('perfetto'),
          'Open Perfetto here',
        ),
        running
          ? null
          : h(
              'button',
              {
                type: 'button',
                on: {
                  click: () =>
                    replace(
                      out,
                      outputBox(
                        scope,
                        run.id,
                        t.binary,
                        t.test,
                        { attempt: lanes.attempt[i], stress: lanes.stress[i] < 0 ? null : lanes.stress[i] },
                        { signal },
                      ),
                    ),
                },
              },
              'Output',
            ),
        h('a', { class: 'button', href: page.test(t.binary, t.test) }, 'History'),
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            title: 'A link that opens Perfetto at this test',
            on: {
              click: () =>
                copyText(
                  new URL(page.open(run.id, scope, { binary: t.binary, test: t.test }), location.href).href,
                  'the link',
                ),
            },
          },
          icon('copy'),
          'Copy the link',
        ),
        link.works
          ? h(
              'a',
              {
                class: 'quiet',
                href: link.href,
                target: '_blank',
                rel: 'noopener',
                title: 'Perfetto reads the trace itself, and shows this part of it',
              },
              'By link',
            )
          : null,
      ),
      out,
    ),
  );
}
