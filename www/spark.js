/* The shown runs as a strip of columns, oldest at the left: height is the time they took (logarithmic), colour and
 * mark the outcome. */
import { h, svg } from './dom.js';
import * as format from './format.js';
import { runState } from './parts.js';

const HEIGHT = 44,
  STEP = 12,
  BAR = 8;

function heights(runs) {
  const known = runs.map((r) => r.duration_secs).filter((d) => d > 0);
  const low = Math.log(Math.min(...known)),
    high = Math.log(Math.max(...known));
  return runs.map((r) =>
    r.duration_secs > 0 ? 8 + (HEIGHT - 12) * (high > low ? (Math.log(r.duration_secs) - low) / (high - low) : 0.6) : 6,
  );
}

/* go(run) when one is clicked. Only for the eye: the list below says the same. */
export function spark(runs, progress, go) {
  const shown = runs.slice(0, 80).reverse();
  if (shown.length < 8) return null;
  const tall = heights(shown);
  const columns = shown.map((run, i) => {
    const [kind, word] = runState(run, progress.aliveOf(run)),
      x = i * STEP,
      y = HEIGHT - tall[i];
    return svg(
      'g',
      { class: `column ${kind}`, 'data-run': run.id },
      svg(
        'title',
        {},
        `${format.visible(run.workspace?.path || '')}: ${word}, ${format.duration(run.duration_secs)}, ${format.moment(new Date(run.started_at))}`,
      ),
      svg('rect', { class: 'hit', x, y: 0, width: STEP, height: HEIGHT }),
      svg('rect', { class: 'bar', x: x + 2, y, width: BAR, height: tall[i], rx: 2 }),
      kind === 'fail'
        ? svg('path', { class: 'cross', d: `M${x + 4} ${HEIGHT - 6}l4 4m0-4l-4 4`, 'stroke-width': 1.4 })
        : null,
    );
  });
  const picture = svg(
    'svg',
    {
      class: 'spark',
      viewBox: `0 0 ${shown.length * STEP} ${HEIGHT}`,
      width: shown.length * STEP,
      height: HEIGHT,
      role: 'img',
      'aria-label': `The last ${shown.length} runs, how they ended and how long they took`,
    },
    columns,
  );
  picture.addEventListener('click', (e) => {
    const run = shown.find((r) => r.id === e.target.closest('g')?.dataset.run);
    if (run) go(run);
  });
  return h('div', { class: 'sparkbox' }, picture);
}
