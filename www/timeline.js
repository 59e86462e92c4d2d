/*
 * The timeline of a run: slots over time. Zoom by wheel (with Ctrl, or once the timeline has the focus), + and -;
 * pan by dragging, Shift and arrows; a drag over the ruler zooms to it. Arrows go from execution to execution, so
 * a keyboard reaches each of them.
 */
import { h, replace, say } from './dom.js';
import * as format from './format.js';
import { GUTTER, LOAD, Painter, RULER } from './paint.js';
import { outcomeWord } from './parts.js';

const LEAST = 20; /* microseconds across, at the deepest zoom */

export class Timeline {
  /* onSelect(execution or -1) */
  constructor({ onSelect, signal }) {
    this.onSelect = onSelect;
    this.state = { selected: -1, hovered: -1 };
    this.canvas = h('canvas', { 'aria-hidden': 'true' });
    this.tip = h('div', { class: 'tip', hidden: true });
    this.brush = h('div', { class: 'brush', hidden: true });
    this.box = h(
      'div',
      {
        class: 'timeline',
        tabindex: '0',
        role: 'application',
        'aria-roledescription': 'timeline',
        'aria-describedby': 'timeline-keys',
      },
      this.canvas,
      this.brush,
      this.tip,
    );
    this.element = h(
      'div',
      {},
      this.box,
      h(
        'p',
        { class: 'hint dim', id: 'timeline-keys' },
        h('kbd', {}, '←'),
        h('kbd', {}, '→'),
        h('kbd', {}, '↑'),
        h('kbd', {}, '↓'),
        ' from test to test · ',
        h('kbd', {}, '+'),
        h('kbd', {}, '−'),
        ' or Ctrl and wheel to zoom · ',
        h('kbd', {}, '0'),
        ' all · drag to pan, over the ruler to zoom there',
      ),
    );
    const button = (text, label, f) =>
      h(
        'button',
        { type: 'button', class: 'quiet', title: label, 'aria-label': label, on: { click: () => this.lanes && f() } },
        text,
      );
    this.buttons = h(
      'span',
      { class: 'zoom' },
      button('+', 'Zoom in', () => this.zoom(0.5)),
      button('−', 'Zoom out', () => this.zoom(2)),
      button('all', 'Show the whole run', () => this.show(0, this.lanes.wall)),
    );
    this.painter = new Painter(this.canvas);
    this.listen(signal);
  }

  set(lanes) {
    const all = !this.lanes || (this.view.from === 0 && this.view.to === this.lanes.wall);
    this.lanes = lanes;
    if (all) this.view = { from: 0, to: lanes.wall };
    if (this.state.selected >= lanes.n) this.state.selected = -1;
    this.state.hovered = -1;
    this.box.setAttribute('aria-label', `Timeline: ${this.painter.describe(lanes)}`);
    this.prepare();
  }

  prepare() {
    const width = this.box.clientWidth;
    if (!width || !this.lanes) return;
    this.painter.prepare(this.lanes, width);
    this.later();
  }

  /* At most one frame is drawn for a frame of the screen. */
  later() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.painter.place) return;
      this.painter.paint(this.lanes, this.view, this.state);
      this.box.dataset.calls = this.painter.calls;
      this.box.dataset.view = `${Math.round(this.view.from)} ${Math.round(this.view.to)}`;
    });
  }

  listen(signal) {
    const { box } = this,
      on = (type, f, options) => box.addEventListener(type, f, { signal, ...options });
    on('wheel', (e) => this.wheel(e), { passive: false });
    on('pointerdown', (e) => this.down(e));
    on('pointermove', (e) => this.move(e));
    on('pointerup', (e) => this.up(e));
    on('pointercancel', () => {
      this.drag = null;
    });
    on('pointerleave', () => this.hover(-1));
    on('dblclick', () => this.state.selected >= 0 && this.showExecution(this.state.selected));
    on('keydown', (e) => this.key(e));
    const sized = new ResizeObserver(() => this.prepare());
    sized.observe(box);
    signal.addEventListener('abort', () => sized.disconnect(), { once: true });
    addEventListener('themechange', () => this.prepare(), { signal });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.prepare(), { signal });
  }

  point(e) {
    const r = this.box.getBoundingClientRect();
    return [e.clientX - r.left, e.clientY - r.top];
  }

  show(from, to) {
    const wall = this.lanes.wall,
      span = Math.min(wall, Math.max(LEAST, to - from));
    const begin = Math.min(Math.max(0, from), wall - span);
    this.view = { from: begin, to: begin + span };
    this.later();
  }

  zoom(factor, around = (this.view.from + this.view.to) / 2) {
    const { from, to } = this.view;
    this.show(around - (around - from) * factor, around + (to - around) * factor);
  }

  pan(share) {
    const by = (this.view.to - this.view.from) * share;
    this.show(this.view.from + by, this.view.to + by);
  }

  wheel(e) {
    const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey;
    if (!this.lanes || !this.painter.view) return;
    if (sideways) {
      e.preventDefault();
      this.pan((e.deltaX || e.deltaY) / this.painter.place.plot);
    } else if (e.ctrlKey || e.metaKey || document.activeElement === this.box) {
      e.preventDefault();
      this.zoom(Math.exp(Math.max(-60, Math.min(60, e.deltaY)) * 0.006), this.painter.time(this.point(e)[0]));
    }
  }

  down(e) {
    if (e.button !== 0 || !this.lanes) return;
    const [x, y] = this.point(e);
    this.drag = { x, from: this.view.from, to: this.view.to, moved: false, brush: y < RULER + LOAD };
    this.box.setPointerCapture(e.pointerId);
  }

  move(e) {
    const [x, y] = this.point(e);
    if (!this.drag) {
      this.hover(this.lanes ? this.painter.hit(this.lanes, x, y) : -1, x, y);
      return;
    }
    if (Math.abs(x - this.drag.x) > 3) this.drag.moved = true;
    if (!this.drag.moved) return;
    this.hover(-1);
    if (this.drag.brush) {
      const [a, b] = [Math.max(GUTTER, Math.min(x, this.drag.x)), Math.max(x, this.drag.x)];
      this.brush.hidden = false;
      this.brush.style.left = `${a}px`;
      this.brush.style.width = `${Math.max(0, b - a)}px`;
    } else {
      const by = (this.drag.x - x) / this.painter.perMicro;
      this.show(this.drag.from + by, this.drag.to + by);
    }
  }

  up(e) {
    const drag = this.drag,
      [x, y] = this.point(e);
    this.drag = null;
    this.brush.hidden = true;
    if (!drag) return;
    if (!drag.moved) this.select(this.painter.hit(this.lanes, x, y));
    else if (drag.brush)
      this.show(this.painter.time(Math.max(GUTTER, Math.min(x, drag.x))), this.painter.time(Math.max(x, drag.x)));
  }

  hover(i, x = 0, y = 0) {
    const script = i < 0 && this.lanes && this.painter.view ? this.painter.scriptAt(this.lanes, x, y) : null;
    if (i !== this.state.hovered) {
      this.state.hovered = i;
      this.later();
    }
    this.box.classList.toggle('over', i >= 0);
    this.tip.hidden = i < 0 && !script;
    if (this.tip.hidden) return;
    replace(
      this.tip,
      i >= 0
        ? this.words(i)
        : [
            h('b', {}, format.visible(script.name)),
            h('div', {}, `setup script, ${script.outcome}, ${format.duration((script.end - script.start) / 1e6)}`),
          ],
    );
    const wide = this.tip.offsetWidth;
    this.tip.style.left = `${Math.max(4, Math.min(x + 12, this.box.clientWidth - wide - 4))}px`;
    this.tip.style.top = `${y + 16}px`;
  }

  words(i) {
    const l = this.lanes,
      t = l.tests[l.test[i]],
      several = l.next[i] >= 0 || l.before[i] >= 0;
    return [
      h('b', {}, format.visible(t.test)),
      h('div', { class: 'dim' }, format.visible(t.binary)),
      h(
        'div',
        {},
        `${outcomeWord(l.outcome[i])}, ${format.duration(l.took[i] / 1e6)}${l.slow[i] ? ', slow' : ''}${several ? `, attempt ${l.attempt[i]}` : ''}`,
      ),
      h('div', { class: 'dim' }, `slot ${l.slot[i]}, from ${format.duration(l.start[i] / 1e6)}`),
    ];
  }

  select(i, { tell = true } = {}) {
    this.state.selected = i;
    this.later();
    if (i >= 0 && document.activeElement === this.box) {
      const l = this.lanes,
        t = l.tests[l.test[i]];
      say(`${t.test}, ${outcomeWord(l.outcome[i])}, ${format.duration(l.took[i] / 1e6)}, slot ${l.slot[i]}`);
    }
    if (tell) this.onSelect(i);
  }

  /* Brings an execution into view, and near enough to be seen. */
  showExecution(i) {
    const { start, end } = this.lanes,
      took = Math.max(end[i] - start[i], 50);
    this.show(start[i] - took * 1.5, end[i] + took * 1.5);
  }

  into(i) {
    const { from, to } = this.view,
      { start, end } = this.lanes;
    if (start[i] < from || end[i] > to) {
      const span = Math.max(to - from, (end[i] - start[i]) * 1.2),
        middle = (start[i] + end[i]) / 2;
      this.show(middle - span / 2, middle + span / 2);
    }
  }

  key(e) {
    if (!this.lanes?.n || e.ctrlKey || e.metaKey || e.altKey) return;
    const i = this.state.selected,
      l = this.lanes,
      first = () => l.bySlot.find((list) => list.length)[0];
    const to = {
      ArrowRight: () => (i < 0 ? first() : l.beside(i, 1)),
      ArrowLeft: () => (i < 0 ? first() : l.beside(i, -1)),
      ArrowDown: () => (i < 0 ? first() : l.across(i, 1)),
      ArrowUp: () => (i < 0 ? first() : l.across(i, -1)),
      Home: () => l.bySlot[i < 0 ? 0 : l.slot[i]][0],
      End: () => l.bySlot[i < 0 ? 0 : l.slot[i]].at(-1),
    };
    const other = {
      '+': () => this.zoom(0.6),
      '=': () => this.zoom(0.6),
      '-': () => this.zoom(1 / 0.6),
      0: () => this.show(0, l.wall),
      Escape: () => this.select(-1),
      Enter: () => i >= 0 && this.showExecution(i),
    };
    if (e.shiftKey && (e.key === 'ArrowRight' || e.key === 'ArrowLeft'))
      this.pan(e.key === 'ArrowRight' ? 0.25 : -0.25);
    else if (to[e.key]) {
      const next = to[e.key]();
      if (next !== undefined) {
        this.select(next);
        this.into(next);
      }
    } else if (other[e.key]) other[e.key]();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}
