/* Durations of a test over its runs: a dot a run, oldest at the left, with lines at the median and the 95th
 * percentile. */
import { h, svg } from './dom.js';
import * as format from './format.js';
import { testState } from './parts.js';

const W = 900,
  H = 190,
  LEFT = 64,
  RIGHT = 12,
  TOP = 10,
  BOTTOM = 24;

/* Every outcome has a shape of its own. */
function dot(kind, x, y) {
  if (kind === 'fail')
    return svg('path', { class: 'dot fail', d: `M${x - 4} ${y - 4}l8 8m0-8l-8 8`, fill: 'none', 'stroke-width': 2.4 });
  if (kind === 'flaky') return svg('path', { class: 'dot flaky', d: `M${x} ${y - 5.5}l5 9h-10z` });
  return svg('circle', { class: `dot ${kind}`, cx: x, cy: y, r: 4 });
}

/* Even steps that a person would choose. */
function steps(most) {
  const rough = most / 4,
    power = 10 ** Math.floor(Math.log10(rough)),
    step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

export function chart(runs, summary, go) {
  const shown = runs.filter((r) => r.duration_secs !== null).reverse();
  if (!shown.length) return h('p', { class: 'dim' }, 'No durations yet.');
  const ticks = steps(Math.max(...shown.map((r) => r.duration_secs), 1e-6)),
    most = ticks.at(-1);
  const x = (i) => LEFT + (W - LEFT - RIGHT) * (shown.length > 1 ? i / (shown.length - 1) : 0.5),
    y = (s) => H - BOTTOM - ((H - TOP - BOTTOM) * s) / most;
  const line = (secs, name, below) =>
    secs === null
      ? null
      : svg(
          'g',
          { class: 'level' },
          svg('line', { x1: LEFT, x2: W - RIGHT, y1: y(secs), y2: y(secs), 'stroke-dasharray': '4 4' }),
          svg(
            'text',
            { x: W - RIGHT, y: y(secs) + (below ? 13 : -4), 'text-anchor': 'end' },
            `${name} ${format.duration(secs)}`,
          ),
        );
  const dots = shown.map((r, i) => {
    const [kind, word] = testState(r);
    return svg(
      'g',
      { class: 'run', 'data-i': i },
      svg('title', {}, `${word}, ${format.duration(r.duration_secs)}, ${format.moment(new Date(r.started_at))}`),
      svg('rect', {
        class: 'hit',
        x: x(i) - Math.max(4, (W - LEFT) / shown.length / 2),
        y: TOP,
        width: Math.max(8, (W - LEFT) / shown.length),
        height: H - TOP - BOTTOM,
      }),
      dot(kind, x(i), y(r.duration_secs)),
    );
  });
  const far =
    summary.p95_secs !== null &&
    Math.abs(y(summary.p95_secs) - y(summary.p50_secs)) > 6; /* else one line would hide the other */
  const picture = svg(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${W} ${H}`,
      role: 'img',
      'aria-label': `Durations over ${shown.length} runs; median ${format.duration(summary.p50_secs)}, 95th percentile ${format.duration(summary.p95_secs)}`,
    },
    ticks.map((t) =>
      svg(
        'g',
        { class: 'grid' },
        svg('line', { x1: LEFT, x2: W - RIGHT, y1: y(t), y2: y(t) }),
        svg('text', { x: LEFT - 8, y: y(t) + 4, 'text-anchor': 'end' }, format.duration(t)),
      ),
    ),
    svg('text', { class: 'when', x: LEFT, y: H - 6 }, format.moment(new Date(shown[0].started_at))),
    svg(
      'text',
      { class: 'when', x: W - RIGHT, y: H - 6, 'text-anchor': 'end' },
      format.moment(new Date(shown.at(-1).started_at)),
    ),
    svg('polyline', {
      class: 'path',
      points: shown.map((r, i) => `${x(i)},${y(r.duration_secs)}`).join(' '),
      fill: 'none',
    }),
    far ? line(summary.p95_secs, 'p95') : null,
    line(summary.p50_secs, 'median', far),
    dots,
  );
  picture.addEventListener('click', (e) => {
    const g = e.target.closest('g.run');
    if (g) go(shown[Number(g.dataset.i)]);
  });
  return h('div', { class: 'chartbox' }, picture);
}
