/* The colours and patterns that the timeline is drawn with. */
import { h } from './dom.js';

/* Colours as the sheet has them for the theme of now. */
export function coloursOf(host) {
  const probe = h('span', {});
  host.append(probe);
  const take = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(
    [
      'sheet',
      'raised',
      'line',
      'edge',
      'ink',
      'dim',
      'script',
      'pause',
      'act',
      'running',
      'bar-pass',
      'bar-fail',
      'bar-flaky',
      'bar-skip',
      'fail',
      'running-soft',
      'focus',
    ].map((n) => [n, take(n)]),
  );
  probe.remove();
  colours.looks = {
    pass: colours['bar-pass'],
    flaky: colours['bar-flaky'],
    retried: colours['bar-skip'],
    running: colours.running,
    fail: colours['bar-fail'],
  };
  return colours;
}

/* Beside its colour each outcome has a pattern: failed ones are hatched, failed attempts hatched the other way,
 * flaky ones dotted. */
export function patternsOf(ctx, colours) {
  const make = (draw) => {
    const tile = new OffscreenCanvas(6, 6),
      t = tile.getContext('2d');
    t.lineWidth = 1.6;
    draw(t);
    return ctx.createPattern(tile, 'repeat');
  };
  const stroke = (t, style, lines) => {
    t.strokeStyle = style;
    t.beginPath();
    for (const [x, y, u, v] of lines) {
      t.moveTo(x, y);
      t.lineTo(u, v);
    }
    t.stroke();
  };
  return {
    fail: make((t) =>
      stroke(t, 'rgb(0 0 0 / .38)', [
        [-1, 7, 7, -1],
        [-4, 4, 4, -4],
        [2, 10, 10, 2],
      ]),
    ),
    retried: make((t) =>
      stroke(t, colours['bar-fail'], [
        [-1, -1, 7, 7],
        [2, -4, 10, 4],
        [-4, 2, 4, 10],
      ]),
    ),
    flaky: make((t) => {
      t.fillStyle = 'rgb(0 0 0 / .35)';
      t.fillRect(2, 2, 2, 2);
    }),
    running: make((t) => {
      t.fillStyle = 'rgb(255 255 255 / .28)';
      t.fillRect(0, 0, 3, 6);
    }),
    pause: make((t) =>
      stroke(t, colours.pause, [
        [-1, 7, 7, -1],
        [-4, 4, 4, -4],
        [2, 10, 10, 2],
      ]),
    ),
  };
}
